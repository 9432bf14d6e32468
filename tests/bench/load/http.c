/* HTTP/1.1, as far as handshakes and long-polling need it. */
#include "http.h"

#include "fail.h"

#include <string.h>

/* The longest head of a response. */
#define HEAD_LIMIT ((size_t)16 * 1024)

/* A key, and what RFC 6455 (section 4.2.2) makes of it. Its randomness protects browsers' proxies; there are none here. */
#define WEBSOCKET_KEY "AAAAAAAAAAAAAAAAAAAAAA=="
#define WEBSOCKET_ACCEPT "ICX+Yqv66kxgM0FcWaLWlFLwTAI="

void http_upgrade_request(struct bytes *out, const char *path, uint16_t port) {
    bytes_print(out,
                "GET %s?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " WEBSOCKET_KEY "\r\n\r\n",
                path, port);
}

/* The length of status line and header fields with the empty line, or 0 if they aren't all there. */
static size_t head_length(const unsigned char *data, size_t length) {
    const unsigned char *end = memmem(data, length < HEAD_LIMIT ? length : HEAD_LIMIT, "\r\n\r\n", 4);
    if (end)
        return (size_t)(end - data) + 4;
    if (length >= HEAD_LIMIT)
        fail("the server sent no HTTP response, or one with a very long head");
    return 0;
}

size_t http_read_upgrade(const unsigned char *data, size_t length) {
    size_t head = head_length(data, length);
    if (!head)
        return 0;
    if (!memmem(data, 13, "HTTP/1.1 101 ", 13))
        fail("the server refused the WebSocket: %.*s", (int)strcspn((const char *)data, "\r"), (const char *)data);
    if (!memmem(data, head, ": " WEBSOCKET_ACCEPT "\r\n", strlen(WEBSOCKET_ACCEPT) + 4))
        fail("the server didn't confirm the WebSocket's key");
    return head;
}

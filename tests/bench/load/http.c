/* HTTP/1.1, as far as handshakes and long-polling need it. */
#include "http.h"

#include "fail.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    if (head < 13 || memcmp(data, "HTTP/1.1 101 ", 13) != 0)
        fail("the server refused the WebSocket: %.*s", (int)strcspn((const char *)data, "\r"), (const char *)data);
    if (!memmem(data, head, ": " WEBSOCKET_ACCEPT "\r\n", strlen(WEBSOCKET_ACCEPT) + 4))
        fail("the server didn't confirm the WebSocket's key");
    return head;
}

void http_request(struct bytes *out, const char *path, const char *query, uint16_t port, const char *body) {
    bytes_print(out, "%s %s?%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", body ? "POST" : "GET", path, query, port);
    if (body)
        bytes_print(out, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    else
        bytes_print(out, "\r\n");
}

/* The value of a header field, or NULL; `head` ends with an empty line, so that every line ends. */
static const char *field_value(const char *head, size_t length, const char *name) {
    size_t name_length = strlen(name);
    const char *end = head + length;
    for (const char *line = memchr(head, '\n', length); line && ++line + name_length < end;
         line = memchr(line, '\n', (size_t)(end - line))) {
        if (strncasecmp(line, name, name_length) == 0 && line[name_length] == ':') {
            const char *value = line + name_length + 1;
            return value + strspn(value, " \t");
        }
    }
    return NULL;
}

/* A number at the start of a line that ends; more than BODY_LIMIT is too much. */
static size_t read_size(const char *text, int base) {
    char *end = NULL;
    unsigned long size = strtoul(text, &end, base);
    if (end == text || size > BODY_LIMIT)
        fail("the server sent a body of %.*s bytes", (int)strcspn(text, "\r\n"), text);
    return size;
}

/* RFC 9112, section 7.1, without extensions and trailers, which none of the servers sends. Chunks are joined in a buffer that all responses
 * share. */
static size_t read_chunks(const unsigned char *data, size_t length, struct response *response) {
    static unsigned char body[BODY_LIMIT];
    size_t at = 0;
    response->body = body;
    response->length = 0;
    for (;;) {
        const unsigned char *line_end = memmem(data + at, length - at, "\r\n", 2);
        if (!line_end)
            return 0;
        size_t size = read_size((const char *)data + at, 16);
        at = (size_t)(line_end - data) + 2;
        if (length - at < size + 2)
            return 0;
        if (memcmp(data + at + size, "\r\n", 2) != 0 || size > BODY_LIMIT - response->length)
            fail("the server sent malformed chunks");
        memcpy(body + response->length, data + at, size);
        response->length += size;
        at += size + 2;
        if (!size)
            return at;
    }
}

size_t http_read_response(const unsigned char *data, size_t length, struct response *response) {
    size_t head = head_length(data, length);
    if (!head)
        return 0;
    const char *text = (const char *)data;
    if (head < 16 || memcmp(text, "HTTP/1.1 ", 9) != 0)
        fail("the server sent no HTTP/1.1 response");
    response->status = (unsigned)strtoul(text + 9, NULL, 10);
    const char *coding = field_value(text, head, "transfer-encoding");
    if (coding && strncasecmp(coding, "chunked", 7) == 0) {
        size_t used = read_chunks(data + head, length - head, response);
        return used ? head + used : 0;
    }
    const char *size = field_value(text, head, "content-length");
    if (!size)
        fail("the server sent a response without a length");
    response->body = data + head;
    response->length = read_size(size, 10);
    return length - head < response->length ? 0 : head + response->length;
}

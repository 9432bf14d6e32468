/* HTTP/1.1, as far as handshakes and long-polling need it. */
#include "http.h"

#include "fail.h"

#include <stdbool.h>
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

/* What the head of a response says about its body. */
struct head {
    size_t length; /* of the head itself, with the empty line */
    bool has_size;
    bool is_chunked;
    size_t size;
};

/* A number at the start of a line that ends; more than BODY_LIMIT is too much. */
static size_t read_size(const char *text, int base) {
    char *end = NULL;
    unsigned long size = strtoul(text, &end, base);
    if (end == text || size > BODY_LIMIT)
        fail("the server sent a body of %.*s bytes", (int)strcspn(text, "\r\n"), text);
    return size;
}

/* The value of the field that `line` is, if its name is `name`; else NULL. The line ends with a line feed. */
static const char *field_value(const char *line, const char *name) {
    size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 ? line + length + strspn(line + length, " \t") : NULL;
}

static void read_field(struct head *head, const char *line) {
    const char *value = NULL;
    if ((value = field_value(line, "content-length:"))) {
        head->has_size = true;
        head->size = read_size(value, 10);
    } else if ((value = field_value(line, "transfer-encoding:"))) {
        head->is_chunked = strncasecmp(value, "chunked", strlen("chunked")) == 0;
    }
}

/* Read status line and header fields; return whether they are all there. */
static bool read_head(const unsigned char *data, size_t length, struct head *head) {
    const char *end = (const char *)data + (length < HEAD_LIMIT ? length : HEAD_LIMIT);
    const char *line = (const char *)data;
    *head = (struct head){0};
    for (const char *feed = NULL; (feed = memchr(line, '\n', (size_t)(end - line))); line = feed + 1) {
        if (feed - line <= 1) {
            head->length = (size_t)(feed + 1 - (const char *)data);
            return true;
        }
        if ((*line | 0x20) == 'c' || (*line | 0x20) == 't')
            read_field(head, line);
    }
    if (length >= HEAD_LIMIT)
        fail("the server sent no HTTP response, or one with a very long head");
    return false;
}

size_t http_read_upgrade(const unsigned char *data, size_t length) {
    struct head head;
    if (!read_head(data, length, &head))
        return 0;
    if (head.length < 13 || memcmp(data, "HTTP/1.1 101 ", 13) != 0)
        fail("the server refused the WebSocket: %.*s", (int)strcspn((const char *)data, "\r\n"), (const char *)data);
    if (!memmem(data, head.length, ": " WEBSOCKET_ACCEPT "\r\n", strlen(WEBSOCKET_ACCEPT) + 4))
        fail("the server didn't confirm the WebSocket's key");
    return head.length;
}

void http_request(struct bytes *out, const char *path, const char *query, uint16_t port, const char *body) {
    bytes_print(out, "%s %s?%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", body ? "POST" : "GET", path, query, port);
    if (body)
        bytes_print(out, "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
    else
        bytes_print(out, "\r\n");
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
    struct head head;
    if (!read_head(data, length, &head))
        return 0;
    if (head.length < 16 || memcmp(data, "HTTP/1.1 ", 9) != 0)
        fail("the server sent no HTTP/1.1 response");
    response->status = (unsigned)strtoul((const char *)data + 9, NULL, 10);
    if (head.is_chunked) {
        size_t used = read_chunks(data + head.length, length - head.length, response);
        return used ? head.length + used : 0;
    }
    if (!head.has_size)
        fail("the server sent a response without a length");
    response->body = data + head.length;
    response->length = head.size;
    return length - head.length < head.size ? 0 : head.length + head.size;
}

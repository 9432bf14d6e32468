/* HTTP/1.1, as far as handshakes and long-polling need it. */
#ifndef HTTP_H
#define HTTP_H

#include "bytes.h"

#include <stddef.h>
#include <stdint.h>

/* The longest body of a response. */
#define BODY_LIMIT ((size_t)128 * 1024)

struct response {
    unsigned status;
    const unsigned char *body; /* valid until the next response is read */
    size_t length;
};

/* Append the request that makes a connection a WebSocket. */
void http_upgrade_request(struct bytes *out, const char *path, uint16_t port);

/* Read the answer to it; return its length, or 0 if it isn't all there. A refusal ends the run. */
size_t http_read_upgrade(const unsigned char *data, size_t length);

/* Append a request for `path` with `query`: a POST of `body`, or a GET where that is NULL. */
void http_request(struct bytes *out, const char *path, const char *query, uint16_t port, const char *body);

/* Read a response; return its length, or 0 if it isn't all there. What is no HTTP ends the run. */
size_t http_read_response(const unsigned char *data, size_t length, struct response *response);

#endif

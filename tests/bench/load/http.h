/* HTTP/1.1, as far as handshakes and long-polling need it. */
#ifndef HTTP_H
#define HTTP_H

#include "bytes.h"

#include <stddef.h>
#include <stdint.h>

/* Append the request that makes a connection a WebSocket. */
void http_upgrade_request(struct bytes *out, const char *path, uint16_t port);

/* Read the answer to it; return its length, or 0 if it isn't all there. A refusal ends the run. */
size_t http_read_upgrade(const unsigned char *data, size_t length);

#endif

/* WebSocket frames (RFC 6455, section 5.2), as a client builds and reads them. */
#ifndef FRAME_H
#define FRAME_H

#include "bytes.h"

#include <stddef.h>

enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

/* The longest payload that a server may send here; its answers are far shorter. */
#define FRAME_LIMIT ((size_t)256 * 1024)

/* The longest payload of a control frame (section 5.5). */
#define CONTROL_LIMIT 125

/* Header and mask of the longest frame. */
#define FRAME_HEADER 14

struct frame {
    enum opcode opcode;
    const unsigned char *payload;
    size_t length;
};

/* Append a final frame, masked with the next of a sequence of masks. */
void frame_append(struct bytes *out, enum opcode opcode, const void *payload, size_t length);

/* Write a frame of at most CONTROL_LIMIT bytes of payload to `out`, which has room for FRAME_HEADER more; return its length. */
size_t frame_write_short(unsigned char *out, enum opcode opcode, const void *payload, size_t length);

/* Read the frame that `data` begins with; return its length, or 0 if it isn't all there. What no server may send ends the run. */
size_t frame_read(const unsigned char *data, size_t length, struct frame *frame);

#endif

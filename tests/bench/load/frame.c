/* WebSocket frames, as a client builds and reads them. */
#include "frame.h"

#include "fail.h"

#include <stdint.h>
#include <string.h>

enum { FINAL = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f, LENGTH_16 = 126, LENGTH_64 = 127 };

/* xorshift32: masks that look random and are never zero, the same in every run. */
static uint32_t next_mask(void) {
    static uint32_t state = 0x9e3779b9;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static size_t write_header(unsigned char *out, enum opcode opcode, size_t length, uint32_t mask) {
    size_t at = 0;
    out[at++] = (unsigned char)(FINAL | opcode);
    if (length < LENGTH_16) {
        out[at++] = (unsigned char)(MASKED | length);
    } else {
        int width = length <= UINT16_MAX ? 2 : 8;
        out[at++] = MASKED | (width == 2 ? LENGTH_16 : LENGTH_64);
        while (width-- > 0)
            out[at++] = (unsigned char)((uint64_t)length >> (8 * width));
    }
    memcpy(out + at, &mask, sizeof mask);
    return at + sizeof mask;
}

static void apply_mask(unsigned char *payload, size_t length, uint32_t mask) {
    unsigned char key[sizeof mask];
    memcpy(key, &mask, sizeof mask);
    for (size_t index = 0; index < length; index++)
        payload[index] ^= key[index % sizeof mask];
}

void frame_append(struct bytes *out, enum opcode opcode, const void *payload, size_t length) {
    unsigned char header[FRAME_HEADER];
    uint32_t mask = next_mask();
    bytes_append(out, header, write_header(header, opcode, length, mask));
    bytes_append(out, payload, length);
    apply_mask(out->data + out->length - length, length, mask);
}

size_t frame_write_short(unsigned char *out, enum opcode opcode, const void *payload, size_t length) {
    if (length > CONTROL_LIMIT)
        fail("a short frame can't hold %zu bytes", length);
    uint32_t mask = next_mask();
    size_t header = write_header(out, opcode, length, mask);
    if (length)
        memcpy(out + header, payload, length);
    apply_mask(out + header, length, mask);
    return header + length;
}

/* Fragments are refused as well: no server has a reason to cut answers that are this short. */
static void check_header(const unsigned char *data) {
    if (data[0] & RESERVED)
        fail("the server sent a frame with reserved bits: 0x%02x", data[0]);
    if (!(data[0] & FINAL))
        fail("the server sent a fragmented message");
    if (data[1] & MASKED)
        fail("the server sent a masked frame");
    enum opcode opcode = data[0] & OPCODE;
    if (opcode != TEXT && opcode != BINARY && opcode != CLOSE && opcode != PING && opcode != PONG)
        fail("the server sent a frame of opcode %d", opcode);
    if (opcode >= CLOSE && (data[1] & LENGTH) > CONTROL_LIMIT)
        fail("the server sent a long control frame");
}

size_t frame_read(const unsigned char *data, size_t length, struct frame *frame) {
    if (length < 2)
        return 0;
    check_header(data);
    size_t start = 2;
    uint64_t size = data[1] & LENGTH;
    if (size >= LENGTH_16) {
        size_t width = size == LENGTH_16 ? 2 : 8;
        if (length < start + width)
            return 0;
        for (size = 0; width > 0; width--)
            size = size << 8 | data[start++];
        if (size > FRAME_LIMIT)
            fail("the server sent a frame of %llu bytes", (unsigned long long)size);
    }
    if (length - start < size)
        return 0;
    *frame = (struct frame){data[0] & OPCODE, data + start, (size_t)size};
    return start + (size_t)size;
}

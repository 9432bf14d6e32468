/* A growing buffer, for what is prepared before the load begins. */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

struct bytes {
    unsigned char *data;
    size_t length;
    size_t capacity;
};

void bytes_append(struct bytes *bytes, const void *data, size_t length);

/* Append formatted text, without its terminating zero. */
void bytes_print(struct bytes *bytes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Free the memory, and be empty again. */
void bytes_clear(struct bytes *bytes);

#endif

/* A growing buffer. */
#include "bytes.h"

#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct bytes *bytes, size_t more) {
    size_t needed = bytes->length + more;
    if (needed <= bytes->capacity)
        return;
    bytes->capacity = needed > 2 * bytes->capacity ? needed : 2 * bytes->capacity;
    bytes->data = resize(bytes->data, bytes->capacity);
}

void bytes_append(struct bytes *bytes, const void *data, size_t length) {
    if (!length)
        return;
    reserve(bytes, length);
    memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

void bytes_print(struct bytes *bytes, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        fail("a text can't be formatted");
    reserve(bytes, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf((char *)bytes->data + bytes->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    bytes->length += (size_t)length;
}

void bytes_clear(struct bytes *bytes) {
    free(bytes->data);
    *bytes = (struct bytes){0};
}

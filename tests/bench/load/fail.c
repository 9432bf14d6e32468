/* How the generator gives up. */
#include "fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void give_up(const char *format, va_list arguments, const char *reason) {
    fputs("load: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "%s%s\n", reason ? ": " : "", reason ? reason : "");
    exit(EXIT_FAILURE);
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    give_up(format, arguments, NULL);
}

void fail_errno(const char *format, ...) {
    const char *reason = strerror(errno);
    va_list arguments;
    va_start(arguments, format);
    give_up(format, arguments, reason);
}

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        fail("out of memory");
    return memory;
}

void *resize(void *memory, size_t size) {
    void *resized = realloc(memory, size ? size : 1);
    if (!resized)
        fail("out of memory");
    return resized;
}

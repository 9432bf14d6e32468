/* How the generator gives up: one line on stderr and exit status 1. There is nothing to recover from in a benchmark. */
#ifndef FAIL_H
#define FAIL_H

#include <stddef.h>

/* Print "load: " and the message, and exit. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, followed by what errno says. */
_Noreturn void fail_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed memory for `count` things of `size` bytes; never NULL. */
void *allocate(size_t count, size_t size);

/* `memory`, now `size` bytes long; never NULL. */
void *resize(void *memory, size_t size);

#endif

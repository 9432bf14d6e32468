/* The monotonic clock, in nanoseconds. */
#include "clock.h"

#include "fail.h"

#include <time.h>

int64_t clock_now(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        fail_errno("clock_gettime");
    return now.tv_sec * SECOND + now.tv_nsec;
}

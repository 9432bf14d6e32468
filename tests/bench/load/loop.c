/* epoll: which connections can be read or written. */
#include "loop.h"

#include "clock.h"
#include "fail.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

#define BATCH 1024

static int epoll = -1;

void loop_start(void) {
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        fail_errno("epoll_create1");
    /* The kernel lets timers be 50 us late to save wake-ups; the open loop has intended times to keep. */
    if (prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) != 0)
        fail_errno("prctl");
}

static void control(int operation, int descriptor, uint32_t events, void *owner) {
    struct epoll_event event = {.events = events, .data.ptr = owner};
    if (epoll_ctl(epoll, operation, descriptor, &event) != 0)
        fail_errno("epoll_ctl");
}

void loop_add(int descriptor, uint32_t events, void *owner) {
    control(EPOLL_CTL_ADD, descriptor, events, owner);
}

void loop_modify(int descriptor, uint32_t events, void *owner) {
    control(EPOLL_CTL_MOD, descriptor, events, owner);
}

void loop_wait(int64_t deadline, void (*handle)(void *owner, uint32_t events)) {
    static struct epoll_event ready[BATCH];
    int64_t left = deadline - clock_now();
    if (left < 0)
        left = 0;
    struct timespec timeout = {left / SECOND, left % SECOND};
    int count = epoll_pwait2(epoll, ready, BATCH, &timeout, NULL);
    /* Linux before 5.11, and valgrind, know milliseconds only. */
    if (count < 0 && errno == ENOSYS)
        count = epoll_wait(epoll, ready, BATCH, (int)((left + MILLISECOND - 1) / MILLISECOND));
    if (count < 0 && errno != EINTR)
        fail_errno("epoll_pwait2");
    for (int index = 0; index < count; index++)
        handle(ready[index].data.ptr, ready[index].events);
}

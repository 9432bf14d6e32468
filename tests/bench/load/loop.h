/* epoll: which connections can be read or written. */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

void loop_start(void);

/* Report `events` of `descriptor`, level-triggered, with `owner`. */
void loop_add(int descriptor, uint32_t events, void *owner);
void loop_modify(int descriptor, uint32_t events, void *owner);

/* Wait until `deadline` at the latest, and call `handle` for each descriptor that is ready. */
void loop_wait(int64_t deadline, void (*handle)(void *owner, uint32_t events));

#endif

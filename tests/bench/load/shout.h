/* Events that the server sends on to everybody, and that each client must hear once, in order. */
#ifndef SHOUT_H
#define SHOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct run;

/* Build the event and what becomes of it, for the first `listeners` clients. */
void shout_prepare(struct run *run, unsigned listeners);

/* Let `shouters` clients from `client` on shout, whom each listener hears one of. */
void shout_send(struct client *client, unsigned shouters);

/* Whether `text` is the shout that `client` hears next. */
bool shout_is_heard(const struct client *client, const unsigned char *text, size_t length);

#endif

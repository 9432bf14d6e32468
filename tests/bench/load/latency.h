/* The open loop: messages that are sent by the clock, whether or not the server keeps up. `mixed` stands on it, too. */
#ifndef LATENCY_H
#define LATENCY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct client;
struct run;

/* These fit into `struct workload`; latency_prepare needs the clients to be prepared with room for LATENCY_WINDOW pieces. */
void latency_prepare(struct run *run);
void latency_start(struct run *run);
void latency_message(struct client *client, const unsigned char *text, size_t length);
int64_t latency_tick(struct run *run, int64_t now);
void latency_begin(struct run *run);
void latency_report(struct run *run, int64_t now, FILE *out);

/* Messages that a client has in flight at most; the others wait, and their waiting counts. */
enum { LATENCY_WINDOW = 64 };

#endif

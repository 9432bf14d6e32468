/* What the clients do once they are connected. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct client;
struct run;

struct workload {
    const char *name;
    unsigned takes; /* a sum of TAKES_... */

    /* Build the messages; called before anything is connected. */
    void (*prepare)(struct run *run);

    /* Begin to open client `number`. */
    void (*open)(struct run *run, unsigned number);

    /* Send the first messages: every client is ready. NULL: there are none. */
    void (*start)(struct run *run);

    /* An event or an acknowledgement has arrived; anything unexpected ends the run. */
    void (*message)(struct client *client, const unsigned char *text, size_t length);

    /* Do what is due by the clock, and return when something is due next. NULL: nothing ever is. */
    int64_t (*tick)(struct run *run, int64_t now);

    /* The measured time begins. NULL: that changes nothing. */
    void (*begin)(struct run *run);

    /* Print what this workload adds to the result, as `, "key": value`. NULL: nothing. */
    void (*report)(struct run *run, int64_t now, FILE *out);

    /* Say goodbye to the server for client `number`. */
    void (*leave)(struct run *run, unsigned number);
};

extern const struct workload echo_workload, binary_workload, oneway_workload, broadcast_workload, accept_workload, latency_workload,
    mixed_workload, polling_workload, listen_workload;

/* The workload of that name; an unknown name ends the program. */
const struct workload *workload_named(const char *name);

#endif

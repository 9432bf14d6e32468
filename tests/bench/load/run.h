/* One run: connect, warm up, measure, settle, leave. */
#ifndef RUN_H
#define RUN_H

#include "options.h"
#include "packet.h"

#include <stdbool.h>
#include <stdint.h>

struct client;

struct run {
    struct options options;
    struct namespace namespace; /* where the traffic is */
    struct client *clients;     /* those over WebSocket */
    unsigned total;             /* clients in all */
    unsigned opened;
    unsigned ready;
    unsigned gone;
    uint64_t count;       /* what the workload has completed */
    uint64_t outstanding; /* what it still waits for */
    bool stopping;        /* send nothing new */
};

/* Do all of it. */
void run_workload(struct run *run);

/* A client has joined, and can be used. */
void run_client_is_ready(struct run *run);

/* A client's connections are closed. */
void run_client_is_gone(struct run *run);

#endif

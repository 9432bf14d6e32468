/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>
#include <stdint.h>

struct workload;

/* Options that only some workloads take. */
enum {
    TAKES_INFLIGHT = 1,
    TAKES_RATE = 2,
    TAKES_BYTES = 4,
    TAKES_SLOW = 8,
    TAKES_EVENT = 16,
    TAKES_ROOMS = 32,
    TAKES_NAMESPACES = 64,
    TAKES_OTHER = 128,
};

#define INFLIGHT_LIMIT 256

struct options {
    const struct workload *workload;
    uint16_t port;
    uint16_t other; /* the port of another server, which the clients with odd numbers have; 0 is none */
    const char *path;
    unsigned clients;
    unsigned inflight;   /* events that a client has in flight */
    unsigned parallel;   /* connections that are being opened at a time */
    unsigned slow;       /* clients that read nothing */
    unsigned rooms;      /* rooms that each client joins */
    unsigned shouters;   /* clients that shout at the same time, each to its share of all */
    unsigned namespaces; /* namespaces that each client joins; 0 is the root alone */
    size_t bytes;        /* length of a payload */
    double rate;         /* messages a second of all clients together */
    double warmup;       /* seconds before `begin` */
    double seconds;      /* from `begin` to `end` */
    double patience;     /* seconds without any progress that are too many */
    unsigned least;      /* what has to be completed before `end`: for tests, on machines that may stand still for a while */
    const char *event;   /* what is sent instead of the workload's own event */
};

/* Read the command line; a mistake ends the program. */
struct options options_read(int count, char **arguments);

#endif

/* A Socket.IO client over WebSocket. */
#ifndef CLIENT_H
#define CLIENT_H

#include "connection.h"
#include "frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

enum client_state { UPGRADING, OPENING, CONNECTING, JOINING, READY, LEAVING };

struct client {
    struct connection connection; /* first: a pointer to it is a pointer to the client */
    struct run *run;
    unsigned number;
    enum client_state state;
    unsigned awaited; /* answers to CONNECT that are still to come */
    bool is_slow;     /* reads nothing once it is ready, and may be closed by the server */
    uint8_t pong[FRAME_HEADER + CONTROL_LIMIT];
};

/* Build what all clients send while they connect, and the clients; `queue` pieces wait to be sent at most. */
void clients_prepare(struct run *run, unsigned queue);

/* These two fit into `struct workload`. */
void client_open(struct run *run, unsigned number);
void client_leave(struct run *run, unsigned number);

/* End the run: this client got what it doesn't expect. */
_Noreturn void client_refuse(const struct client *client, const unsigned char *text, size_t length);

#endif

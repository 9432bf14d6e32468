/* listen: the clients send nothing; the server sends events by itself, which are counted. */
#include "client.h"
#include "run.h"
#include "workload.h"

#include <string.h>

static const char event[] = "42[\"token\",";

static void prepare(struct run *run) {
    clients_prepare(run, 0);
}

static void start(struct run *run) {
    (void)run; /* the server does not wait for anything */
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    if (length < sizeof event || memcmp(text, event, sizeof event - 1) != 0)
        client_refuse(client, text, length);
    client->run->count++;
}

const struct workload listen_workload = {
    .name = "listen",
    .prepare = prepare,
    .open = client_open,
    .start = start,
    .message = message,
    .leave = client_leave,
};

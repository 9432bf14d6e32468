/* accept: clients join and stay; nothing else is sent. */
#include "client.h"
#include "run.h"
#include "workload.h"

static void prepare(struct run *run) {
    clients_prepare(run, 0);
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    client_refuse(client, text, length);
}

const struct workload accept_workload = {
    .name = "accept",
    .prepare = prepare,
    .open = client_open,
    .message = message,
    .leave = client_leave,
};

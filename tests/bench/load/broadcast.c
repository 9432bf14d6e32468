/* broadcast: the first client shouts; when all have heard it, it shouts again. With two shouters the second client does the same, and each
 * client hears one of them. */
#include "client.h"
#include "run.h"
#include "shout.h"
#include "workload.h"

static void prepare(struct run *run) {
    clients_prepare(run, 1);
    shout_prepare(run, run->total);
}

static void start(struct run *run) {
    shout_send(run->clients, run->options.shouters);
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    struct run *run = client->run;
    if (!shout_is_heard(client, text, length))
        client_refuse(client, text, length);
    run->count++;
    if (!run->outstanding && !run->stopping)
        start(run);
}

const struct workload broadcast_workload = {
    .name = "broadcast",
    .takes = TAKES_EVENT | TAKES_ROOMS | TAKES_NAMESPACES | TAKES_OTHER,
    .prepare = prepare,
    .open = client_open,
    .start = start,
    .message = message,
    .leave = client_leave,
};

/* broadcast: the first client shouts; when all have heard it, it shouts again. */
#include "client.h"
#include "fail.h"
#include "packet.h"
#include "run.h"
#include "workload.h"

#include <string.h>

enum { VARIANTS = 8 };

static struct bytes shouts[VARIANTS];
static struct bytes shouted;
static uint64_t *heard; /* shouts that each client has heard */
static uint64_t shout;  /* shouts so far */

static void prepare(struct run *run) {
    struct bytes packet = {0};
    clients_prepare(run, 1);
    heard = allocate(run->total, sizeof *heard);
    packet_event(&packet, &run->namespace, NO_ACK, run->options.event ? run->options.event : "shout", ITEM);
    for (unsigned variant = 0; variant < VARIANTS; variant++)
        frame_append(shouts + variant, TEXT, packet.data, packet.length);
    bytes_clear(&packet);
    packet_event(&shouted, &run->namespace, NO_ACK, "shouted", ITEM);
}

static void start(struct run *run) {
    const struct bytes *frame = shouts + shout++ % VARIANTS;
    run->outstanding = run->total;
    connection_queue(&run->clients[0].connection, frame->data, frame->length);
    connection_flush(&run->clients[0].connection);
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    struct run *run = client->run;
    if (length != shouted.length || memcmp(text, shouted.data, length) != 0 || ++heard[client->number] != shout)
        client_refuse(client, text, length);
    run->count++;
    if (--run->outstanding == 0 && !run->stopping)
        start(run);
}

const struct workload broadcast_workload = {
    .name = "broadcast",
    .takes = TAKES_EVENT | TAKES_ROOMS | TAKES_NAMESPACES,
    .prepare = prepare,
    .open = client_open,
    .start = start,
    .message = message,
    .leave = client_leave,
};

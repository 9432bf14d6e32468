/* oneway: events without acknowledgement as fast as TCP takes them; one in 64 asks whether the server keeps up. */
#include "client.h"
#include "fail.h"
#include "packet.h"
#include "run.h"
#include "workload.h"

#include <stdlib.h>

/* A client's batches in flight, and events in each: more than their product are never unconfirmed. */
enum { BATCHES = 2, BATCH = 64 };

#define DEFAULT_ITEM ((size_t)100)

/* Each batch is one piece of memory: its events, and the sync with the batch's number as its id. */
static struct bytes batches[BATCHES];
static unsigned *next_answer; /* the batch of each client that is confirmed next */

static void prepare_batch(struct run *run, unsigned number, const char *item) {
    struct bytes packet = {0};
    packet_event(&packet, &run->namespace, NO_ACK, "note", item);
    for (unsigned event = 0; event < BATCH; event++)
        frame_append(batches + number, TEXT, packet.data, packet.length);
    bytes_clear(&packet);
    packet_event(&packet, &run->namespace, number, "sync", NULL);
    frame_append(batches + number, TEXT, packet.data, packet.length);
    bytes_clear(&packet);
}

static void prepare(struct run *run) {
    struct bytes item = {0};
    packet_item(&item, run->options.bytes ? run->options.bytes : DEFAULT_ITEM);
    bytes_append(&item, "", 1);
    clients_prepare(run, BATCHES);
    next_answer = allocate(run->total, sizeof *next_answer);
    for (unsigned number = 0; number < BATCHES; number++)
        prepare_batch(run, number, (const char *)item.data);
    bytes_clear(&item);
}

static void send_batch(struct client *client, unsigned number) {
    client->run->outstanding++;
    connection_queue(&client->connection, batches[number].data, batches[number].length);
}

static void start(struct run *run) {
    for (unsigned number = 0; number < run->total; number++) {
        for (unsigned batch = 0; batch < BATCHES; batch++)
            send_batch(run->clients + number, batch);
        connection_flush(&run->clients[number].connection);
    }
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    unsigned batch = next_answer[client->number];
    if (packet_ack_id(&client->run->namespace, text, length) != (long)batch)
        client_refuse(client, text, length);
    next_answer[client->number] = (batch + 1) % BATCHES;
    client->run->outstanding--;
    client->run->count += BATCH;
    if (!client->run->stopping)
        send_batch(client, batch);
}

const struct workload oneway_workload = {
    .name = "oneway",
    .takes = TAKES_BYTES,
    .prepare = prepare,
    .open = client_open,
    .start = start,
    .message = message,
    .leave = client_leave,
};

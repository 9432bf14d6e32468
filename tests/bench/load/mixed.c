/* mixed: the open loop, a shout ten times a second, and slow clients: they go on asking, and read no answer. */
#include "asked.h"
#include "client.h"
#include "clock.h"
#include "fail.h"
#include "latency.h"
#include "run.h"
#include "shout.h"
#include "workload.h"

/* A shout, and a burst of each slow client, come once in this time. */
#define BEAT (100 * MILLISECOND)

/* Events of a burst: with long items they fill the buffers of kernel and server soon. */
enum { BURST = 16 };

/* The length of a slow client's item, if nothing else is wanted. */
#define SLOW_ITEM ((size_t)10000)

static struct asked burst;
static int64_t next_beat;
static unsigned beats;

static void prepare(struct run *run) {
    struct bytes item = {0};
    packet_item(&item, run->options.bytes ? run->options.bytes : SLOW_ITEM);
    bytes_append(&item, "", 1);
    clients_prepare(run, LATENCY_WINDOW);
    latency_prepare(run);
    shout_prepare(run, run->options.clients);
    asked_prepare(&burst, &run->namespace, BURST, "echo", (const char *)item.data, NULL, (const char *)item.data);
    bytes_clear(&item);
}

static void start(struct run *run) {
    latency_start(run);
    next_beat = clock_now();
}

/* One whose last burst isn't sent yet is held back by the server: it waits. */
static void send_burst(struct client *client) {
    if (client->connection.descriptor < 0 || !connection_is_flushed(&client->connection))
        return;
    for (unsigned id = 0; id < BURST; id++)
        asked_queue(&burst, client, id);
    connection_flush(&client->connection);
}

static int64_t tick(struct run *run, int64_t now) {
    if (now >= next_beat) {
        next_beat += BEAT;
        shout_send(run->clients + beats++ % run->options.clients, 1);
        for (unsigned number = run->options.clients; number < run->total; number++)
            send_burst(run->clients + number);
    }
    int64_t due = latency_tick(run, now);
    return due < next_beat ? due : next_beat;
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    if (!shout_is_heard(client, text, length))
        latency_message(client, text, length);
}

static void report(struct run *run, int64_t now, FILE *out) {
    latency_report(run, now, out);
    unsigned closed = 0;
    for (unsigned number = run->options.clients; number < run->total; number++)
        closed += run->clients[number].connection.descriptor < 0;
    fprintf(out, ", \"slow_closed\": %u", closed);
}

const struct workload mixed_workload = {
    .name = "mixed",
    .takes = TAKES_RATE | TAKES_SLOW | TAKES_BYTES,
    .prepare = prepare,
    .open = client_open,
    .start = start,
    .message = message,
    .tick = tick,
    .begin = latency_begin,
    .report = report,
    .leave = client_leave,
};

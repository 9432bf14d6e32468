/* echo and binary: every client keeps some events in flight, and sends the next when an acknowledgement comes. */
#include "asked.h"
#include "client.h"
#include "fail.h"
#include "run.h"
#include "workload.h"

#define DEFAULT_ATTACHMENT ((size_t)64 * 1024)

static struct asked asked;
static bool *in_flight; /* by client, then by id */

/* Twice as many ids as are in flight: one that was just answered isn't used again at once, so that a second answer is noticed. */
static unsigned next_id(unsigned id) {
    return (id + asked.ids / 2) % asked.ids;
}

static void prepare(struct run *run, const char *event, const char *argument, const struct bytes *attachment, const char *answer) {
    clients_prepare(run, (attachment ? 2 : 1) * run->options.inflight);
    asked_prepare(&asked, &run->namespace, 2 * run->options.inflight, event, argument, attachment, answer);
    in_flight = allocate((size_t)run->total * asked.ids, sizeof *in_flight);
}

static void prepare_echo(struct run *run) {
    prepare(run, run->options.event ? run->options.event : "echo", ITEM, NULL, ITEM);
}

static void prepare_binary(struct run *run) {
    struct bytes attachment = {0};
    size_t length = run->options.bytes ? run->options.bytes : DEFAULT_ATTACHMENT;
    uint32_t state = 1; /* what is sent doesn't repeat, so that nothing can shorten it */
    for (size_t index = 0; index < length; index++) {
        state = state * 1664525 + 1013904223; /* Numerical Recipes' generator */
        bytes_append(&attachment, &(unsigned char){(unsigned char)(state >> 24)}, 1);
    }
    char answer[24];
    snprintf(answer, sizeof answer, "%zu", length);
    prepare(run, "upload", "{\"_placeholder\":true,\"num\":0}", &attachment, answer);
    bytes_clear(&attachment);
}

static void send_event(struct client *client, unsigned id) {
    in_flight[client->number * asked.ids + id] = true;
    client->run->outstanding++;
    asked_queue(&asked, client, id);
}

static void start(struct run *run) {
    for (unsigned number = 0; number < run->total; number++) {
        for (unsigned id = 0; id < run->options.inflight; id++)
            send_event(run->clients + number, id);
        connection_flush(&run->clients[number].connection);
    }
}

static void message(struct client *client, const unsigned char *text, size_t length) {
    unsigned id = 0;
    if (!asked_is_answer(&asked, text, length, &id) || !in_flight[client->number * asked.ids + id])
        client_refuse(client, text, length);
    in_flight[client->number * asked.ids + id] = false;
    client->run->outstanding--;
    client->run->count++;
    if (!client->run->stopping)
        send_event(client, next_id(id));
}

const struct workload echo_workload = {
    .name = "echo",
    .takes = TAKES_INFLIGHT | TAKES_EVENT | TAKES_ROOMS | TAKES_NAMESPACES,
    .prepare = prepare_echo,
    .open = client_open,
    .start = start,
    .message = message,
    .leave = client_leave,
};

const struct workload binary_workload = {
    .name = "binary",
    .takes = TAKES_INFLIGHT | TAKES_BYTES,
    .prepare = prepare_binary,
    .open = client_open,
    .start = start,
    .message = message,
    .leave = client_leave,
};

/* latency: echoes by the clock, and how long each took.
 *
 * Message m of all is meant to be sent at the start plus m intervals, by client m modulo the clients. Its latency counts from then, not
 * from when it was really sent: a server that stands still delays all that should have been sent meanwhile, and each of them shows it (no
 * coordinated omission).
 */
#include "latency.h"

#include "asked.h"
#include "client.h"
#include "clock.h"
#include "fail.h"
#include "histogram.h"
#include "run.h"
#include "workload.h"

/* What a client has to send, and what it waits for. */
struct pace {
    uint64_t due;                     /* messages that should have been sent by now */
    uint64_t sent;                    /* those that were */
    int64_t intended[LATENCY_WINDOW]; /* by id: when the message in flight should have been sent; 0 if there is none */
};

static struct asked asked;
static struct pace *paces;
static unsigned clients;
static double interval; /* nanoseconds from one message to the next, of all clients */
static int64_t started;
static uint64_t next; /* the message of all that is due next */
static struct histogram latencies;
static struct histogram lags; /* how late the generator itself was */

static int64_t intended_time(uint64_t message) {
    return started + (int64_t)((double)message * interval);
}

/* When message `sequence` of a client is meant to be sent. */
static int64_t client_time(const struct client *client, uint64_t sequence) {
    return intended_time(sequence * clients + client->number);
}

void latency_prepare(struct run *run) {
    clients = run->options.clients;
    interval = (double)SECOND / run->options.rate;
    paces = allocate(clients, sizeof *paces);
    asked_prepare(&asked, &run->namespace, LATENCY_WINDOW, "echo", ITEM, NULL, ITEM);
}

static void prepare(struct run *run) {
    clients_prepare(run, LATENCY_WINDOW);
    latency_prepare(run);
}

void latency_start(struct run *run) {
    (void)run;
    started = clock_now();
}

/* Queue what is due, as long as there are ids. */
static void queue_due(struct client *client) {
    struct pace *pace = paces + client->number;
    while (pace->sent < pace->due && !pace->intended[pace->sent % LATENCY_WINDOW]) {
        unsigned id = (unsigned)(pace->sent % LATENCY_WINDOW);
        pace->intended[id] = client_time(client, pace->sent);
        client->run->outstanding++;
        asked_queue(&asked, client, id);
        pace->sent++;
    }
}

int64_t latency_tick(struct run *run, int64_t now) {
    for (int64_t due = intended_time(next); due <= now; due = intended_time(next)) {
        struct client *client = run->clients + next++ % clients;
        histogram_add(&lags, clock_now() - due);
        paces[client->number].due++;
        queue_due(client);
        connection_flush(&client->connection);
    }
    return intended_time(next);
}

void latency_message(struct client *client, const unsigned char *text, size_t length) {
    struct pace *pace = paces + client->number;
    unsigned id = 0;
    if (!asked_is_answer(&asked, text, length, &id) || !pace->intended[id])
        client_refuse(client, text, length);
    histogram_add(&latencies, clock_now() - pace->intended[id]);
    pace->intended[id] = 0;
    client->run->outstanding--;
    client->run->count++;
    if (!client->run->stopping)
        queue_due(client);
}

void latency_begin(struct run *run) {
    (void)run;
    histogram_clear(&latencies);
    histogram_clear(&lags);
}

/* What has no answer yet counts with its age, the least that it will take; leaving it out would hide the slowest. */
static uint64_t count_unanswered(struct run *run, int64_t now) {
    uint64_t unanswered = 0;
    for (unsigned number = 0; number < clients; number++) {
        const struct pace *pace = paces + number;
        for (unsigned id = 0; id < LATENCY_WINDOW; id++) {
            if (pace->intended[id]) {
                histogram_add(&latencies, now - pace->intended[id]);
                unanswered++;
            }
        }
        for (uint64_t sequence = pace->sent; sequence < pace->due; sequence++, unanswered++)
            histogram_add(&latencies, now - client_time(run->clients + number, sequence));
    }
    return unanswered;
}

static double microseconds(uint64_t nanoseconds) {
    return (double)nanoseconds / 1000;
}

void latency_report(struct run *run, int64_t now, FILE *out) {
    uint64_t unanswered = count_unanswered(run, now);
    fprintf(out, ", \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f",
            microseconds(histogram_quantile(&latencies, 0.5)), microseconds(histogram_quantile(&latencies, 0.9)),
            microseconds(histogram_quantile(&latencies, 0.99)), microseconds(latencies.greatest));
    fprintf(out, ", \"lag_p99_us\": %.1f, \"unanswered\": %llu", microseconds(histogram_quantile(&lags, 0.99)),
            (unsigned long long)unanswered);
}

const struct workload latency_workload = {
    .name = "latency",
    .takes = TAKES_RATE,
    .prepare = prepare,
    .open = client_open,
    .start = latency_start,
    .message = latency_message,
    .tick = latency_tick,
    .begin = latency_begin,
    .report = latency_report,
    .leave = client_leave,
};

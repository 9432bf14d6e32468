/* polling: echo over HTTP long-polling, one event in flight; a poll always waits, events go by a second connection. */
#include "client.h"
#include "fail.h"
#include "http.h"
#include "packet.h"
#include "run.h"
#include "workload.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Between the packets of one body (Engine.IO revision 4). */
#define SEPARATOR 0x1e

/* The longest session id. */
#define SESSION_LIMIT 64

/* What a client may have queued on one of its connections. */
#define QUEUE 4

/* Ids that take turns, so that a second answer is noticed. */
enum { IDS = 2 };

struct poller {
    struct connection get; /* first: a pointer to it is a pointer to the poller */
    struct connection post;
    struct run *run;
    unsigned number;
    enum client_state state;
    bool is_posting;   /* a POST has no response yet */
    bool is_asking;    /* the event has no acknowledgement yet */
    bool is_event_due; /* these three wait until nothing is being posted */
    bool is_pong_due;
    bool is_goodbye_due;
    unsigned id;       /* of the latest event */
    struct bytes poll; /* the requests, all for this session */
    struct bytes connect;
    struct bytes events[IDS];
    struct bytes pong;
    struct bytes goodbye;
};

static struct poller *pollers;
static struct bytes handshake; /* the first request */
static struct bytes events[IDS], answers[IDS];

static struct poller *poller_of_post(struct connection *post) {
    return (struct poller *)((char *)post - offsetof(struct poller, post));
}

static void prepare(struct run *run) {
    pollers = allocate(run->total, sizeof *pollers);
    http_request(&handshake, run->options.path, "EIO=4&transport=polling", run->options.port, NULL);
    for (unsigned id = 0; id < IDS; id++) {
        packet_event(events + id, &run->namespace, id, "echo", ITEM);
        bytes_append(events + id, "", 1);
        packet_ack(answers + id, &run->namespace, id, ITEM);
    }
}

static void start_post(struct poller *poller, const struct bytes *request) {
    poller->is_posting = true;
    connection_queue(&poller->post, request->data, request->length);
    connection_flush(&poller->post);
}

/* A connection carries one request at a time. */
static void post_next(struct poller *poller) {
    if (poller->is_posting)
        return;
    if (poller->is_pong_due) {
        poller->is_pong_due = false;
        start_post(poller, &poller->pong);
    } else if (poller->is_event_due) {
        poller->is_event_due = false;
        start_post(poller, poller->events + poller->id);
    } else if (poller->is_goodbye_due) {
        poller->is_goodbye_due = false;
        start_post(poller, &poller->goodbye);
    }
}

static void ask(struct poller *poller) {
    poller->id = (poller->id + 1) % IDS;
    poller->is_asking = poller->is_event_due = true;
    poller->run->outstanding++;
    post_next(poller);
}

static void start(struct run *run) {
    for (unsigned number = 0; number < run->total; number++)
        ask(pollers + number);
}

static _Noreturn void refuse(const struct poller *poller, const unsigned char *text, size_t length) {
    fail("client %u got what it doesn't expect: %.*s", poller->number, length < 300 ? (int)length : 300, (const char *)text);
}

static void prepare_requests(struct poller *poller, const char *session) {
    const struct options *options = &poller->run->options;
    char query[SESSION_LIMIT + 64];
    snprintf(query, sizeof query, "EIO=4&transport=polling&sid=%s", session);
    http_request(&poller->poll, options->path, query, options->port, NULL);
    http_request(&poller->connect, options->path, query, options->port, "40");
    for (unsigned id = 0; id < IDS; id++)
        http_request(poller->events + id, options->path, query, options->port, (const char *)events[id].data);
    http_request(&poller->pong, options->path, query, options->port, "3");
    http_request(&poller->goodbye, options->path, query, options->port, "1");
}

static void receive_open(struct poller *poller, const unsigned char *text, size_t length) {
    static const char key[] = "\"sid\":\"";
    const unsigned char *found = memmem(text, length, key, strlen(key));
    const unsigned char *begin = found ? found + strlen(key) : NULL;
    const unsigned char *end = begin ? memchr(begin, '"', length - (size_t)(begin - text)) : NULL;
    if (text[0] != '0' || !end || end - begin > SESSION_LIMIT)
        refuse(poller, text, length);
    char session[SESSION_LIMIT + 1] = {0};
    memcpy(session, begin, (size_t)(end - begin));
    prepare_requests(poller, session);
    poller->state = CONNECTING;
    start_post(poller, &poller->connect);
}

static bool is_answer(const struct poller *poller, const unsigned char *text, size_t length) {
    const struct bytes *answer = answers + poller->id;
    return poller->is_asking && length == answer->length && memcmp(text, answer->data, length) == 0;
}

static void receive_answer(struct poller *poller) {
    poller->is_asking = false;
    poller->run->outstanding--;
    poller->run->count++;
    if (!poller->run->stopping)
        ask(poller);
}

static void receive_packet(struct poller *poller, const unsigned char *text, size_t length) {
    if (poller->state == LEAVING) {
        return;
    } else if (length == 1 && text[0] == '2') {
        poller->is_pong_due = true;
        post_next(poller);
    } else if (length == 1 && text[0] == '6') {
        return; /* NOOP: the server ends a poll without anything to say */
    } else if (poller->state == OPENING && length) {
        receive_open(poller, text, length);
    } else if (poller->state == CONNECTING && length > 3 && memcmp(text, "40{", 3) == 0) {
        poller->state = READY;
        run_client_is_ready(poller->run);
    } else if (is_answer(poller, text, length)) {
        receive_answer(poller);
    } else {
        refuse(poller, text, length);
    }
}

static void receive_payload(struct poller *poller, const unsigned char *body, size_t length) {
    const unsigned char *end = body + length;
    for (;;) {
        const unsigned char *separator = memchr(body, SEPARATOR, (size_t)(end - body));
        const unsigned char *packet_end = separator ? separator : end;
        receive_packet(poller, body, (size_t)(packet_end - body));
        if (!separator)
            return;
        body = separator + 1;
    }
}

static size_t get_received(struct connection *connection, const unsigned char *data, size_t length) {
    struct poller *poller = (struct poller *)connection;
    struct response response;
    size_t used = http_read_response(data, length, &response);
    if (!used || poller->state == LEAVING)
        return used;
    if (response.status != 200)
        fail("client %u: status %u for a poll: %.*s", poller->number, response.status, (int)response.length, (const char *)response.body);
    receive_payload(poller, response.body, response.length);
    connection_queue(connection, poller->poll.data, poller->poll.length);
    return used;
}

static void close_both(struct poller *poller) {
    connection_close(&poller->get);
    connection_close(&poller->post);
    run_client_is_gone(poller->run);
}

static size_t post_received(struct connection *connection, const unsigned char *data, size_t length) {
    struct poller *poller = poller_of_post(connection);
    struct response response;
    size_t used = http_read_response(data, length, &response);
    if (!used)
        return 0;
    /* python-socketio says OK. */
    if (!poller->is_posting || response.status != 200 || response.length != 2 || strncasecmp((const char *)response.body, "ok", 2) != 0)
        fail("client %u: status %u for a POST: %.*s", poller->number, response.status, (int)response.length, (const char *)response.body);
    poller->is_posting = false;
    if (poller->state == LEAVING && !poller->is_goodbye_due)
        close_both(poller);
    else
        post_next(poller);
    return used;
}

static void lost(struct poller *poller, const char *reason) {
    if (poller->state != LEAVING)
        fail("client %u: %s", poller->number, reason);
    if (poller->get.descriptor >= 0 || poller->post.descriptor >= 0)
        close_both(poller);
}

static void get_lost(struct connection *connection, const char *reason) {
    lost((struct poller *)connection, reason);
}

static void post_lost(struct connection *connection, const char *reason) {
    lost(poller_of_post(connection), reason);
}

static void open_poller(struct run *run, unsigned number) {
    struct poller *poller = pollers + number;
    poller->run = run;
    poller->number = number;
    poller->state = OPENING;
    poller->get.received = get_received;
    poller->get.lost = get_lost;
    poller->post.received = post_received;
    poller->post.lost = post_lost;
    connection_open(&poller->get, run->options.port, QUEUE, 0);
    connection_open(&poller->post, run->options.port, QUEUE, 0);
    connection_queue(&poller->get, handshake.data, handshake.length);
}

static void leave(struct run *run, unsigned number) {
    (void)run;
    pollers[number].state = LEAVING;
    pollers[number].is_goodbye_due = true;
    post_next(pollers + number);
}

const struct workload polling_workload = {
    .name = "polling",
    .prepare = prepare,
    .open = open_poller,
    .start = start,
    .leave = leave,
};

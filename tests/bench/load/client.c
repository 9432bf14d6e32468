/* A Socket.IO client over WebSocket: handshake, heartbeat, and messages for the workload. */
#include "client.h"

#include "fail.h"
#include "http.h"
#include "packet.h"
#include "run.h"
#include "workload.h"

#include <stdlib.h>
#include <string.h>

/* The id with which rooms are joined. */
#define JOIN_ID 1

/* Room in the queue for what isn't the workload's: heartbeats, pongs, goodbye. */
#define QUEUE_RESERVE 8

/* The kernel's buffer of a client that doesn't read; Linux takes no smaller one. */
#define SLOW_RECEIVE_BUFFER 2304

/* What every client sends while it connects. */
static struct bytes upgrade_request, connect_packets, join_event, join_ack, pong_packet, close_frame;
static unsigned queue_capacity;

static void prepare_connect(const struct run *run) {
    if (!run->options.namespaces)
        frame_append(&connect_packets, TEXT, "40", 2);
    for (unsigned number = 1; number <= run->options.namespaces; number++) {
        struct bytes packet = {0};
        bytes_print(&packet, "40%s", namespace_last(number).prefix);
        frame_append(&connect_packets, TEXT, packet.data, packet.length);
        bytes_clear(&packet);
    }
}

static void prepare_join(const struct run *run) {
    char rooms[16];
    struct bytes packet = {0};
    snprintf(rooms, sizeof rooms, "%u", run->options.rooms);
    packet_event(&packet, &run->namespace, JOIN_ID, "join", rooms);
    frame_append(&join_event, TEXT, packet.data, packet.length);
    bytes_clear(&packet);
    bytes_print(&join_ack, "43%s%d[", run->namespace.prefix, JOIN_ID);
}

void clients_prepare(struct run *run, unsigned queue) {
    static const unsigned char normal_closure[] = {1000 >> 8, 1000 & 0xff};
    run->clients = allocate(run->total, sizeof *run->clients);
    queue_capacity = queue + QUEUE_RESERVE;
    http_upgrade_request(&upgrade_request, run->options.path, run->options.port);
    prepare_connect(run);
    prepare_join(run);
    frame_append(&pong_packet, TEXT, "3", 1);
    frame_append(&close_frame, CLOSE, normal_closure, sizeof normal_closure);
}

void client_refuse(const struct client *client, const unsigned char *text, size_t length) {
    fail("client %u got what it doesn't expect: %.*s", client->number, length < 300 ? (int)length : 300, (const char *)text);
}

static void become_ready(struct client *client) {
    client->state = READY;
    if (client->is_slow)
        connection_stop_reading(&client->connection);
    run_client_is_ready(client->run);
}

static bool begins_with(const unsigned char *text, size_t length, const void *start, size_t start_length) {
    return length >= start_length && memcmp(text, start, start_length) == 0;
}

static void namespace_joined(struct client *client) {
    if (--client->awaited > 0)
        return;
    if (client->run->options.rooms) {
        connection_queue(&client->connection, join_event.data, join_event.length);
        client->state = JOINING;
    } else {
        become_ready(client);
    }
}

static void receive_handshake(struct client *client, const unsigned char *text, size_t length) {
    unsigned namespaces = client->run->options.namespaces;
    if (client->state == OPENING && begins_with(text, length, "0{", 2)) {
        client->awaited = namespaces ? namespaces : 1;
        client->state = CONNECTING;
        connection_queue(&client->connection, connect_packets.data, connect_packets.length);
    } else if (client->state == CONNECTING && begins_with(text, length, namespaces ? "40/n" : "40{", namespaces ? 4 : 3)) {
        namespace_joined(client);
    } else if (client->state == JOINING && begins_with(text, length, join_ack.data, join_ack.length)) {
        become_ready(client);
    } else {
        client_refuse(client, text, length);
    }
}

static void receive_text(struct client *client, const unsigned char *text, size_t length) {
    if (client->state == LEAVING)
        return;
    if (length == 1 && text[0] == '2')
        connection_queue(&client->connection, pong_packet.data, pong_packet.length);
    else if (client->state == READY)
        client->run->options.workload->message(client, text, length);
    else
        receive_handshake(client, text, length);
}

/* Not every ping needs an answer of its own (RFC 6455, section 5.5.3): while one waits to be sent there is room for no other. */
static void answer_ping(struct client *client, const struct frame *frame) {
    if (!connection_has_queued(&client->connection, client->pong, sizeof client->pong))
        connection_queue(&client->connection, client->pong, frame_write_short(client->pong, PONG, frame->payload, frame->length));
}

static void receive_close(struct client *client, const struct frame *frame) {
    if (client->state != LEAVING) {
        unsigned code = frame->length >= 2 ? (unsigned)frame->payload[0] << 8 | frame->payload[1] : 1005;
        fail("client %u: the server closed the WebSocket with code %u", client->number, code);
    }
    connection_close(&client->connection);
    run_client_is_gone(client->run);
}

static void receive_frame(struct client *client, const struct frame *frame) {
    switch (frame->opcode) {
    case TEXT:
        receive_text(client, frame->payload, frame->length);
        break;
    case PING:
        answer_ping(client, frame);
        break;
    case PONG:
        break;
    case CLOSE:
        receive_close(client, frame);
        break;
    case BINARY:
    case CONTINUATION:
        fail("client %u got a binary message", client->number);
    }
}

static size_t receive_upgrade(struct client *client, const unsigned char *data, size_t length) {
    size_t used = http_read_upgrade(data, length);
    if (used)
        client->state = OPENING;
    return used;
}

static size_t client_received(struct connection *connection, const unsigned char *data, size_t length) {
    struct client *client = (struct client *)connection;
    size_t used = client->state == UPGRADING ? receive_upgrade(client, data, length) : 0;
    if (client->state == UPGRADING)
        return 0;
    while (connection->descriptor >= 0) {
        struct frame frame;
        size_t taken = frame_read(data + used, length - used, &frame);
        if (!taken)
            break;
        used += taken;
        receive_frame(client, &frame);
    }
    return used;
}

static void client_lost(struct connection *connection, const char *reason) {
    struct client *client = (struct client *)connection;
    if (client->state != LEAVING && !(client->is_slow && client->state == READY))
        fail("client %u: %s", client->number, reason);
    run_client_is_gone(client->run);
}

void client_open(struct run *run, unsigned number) {
    struct client *client = run->clients + number;
    client->run = run;
    client->number = number;
    client->is_slow = number >= run->options.clients;
    client->connection.received = client_received;
    client->connection.lost = client_lost;
    uint16_t port = number % 2 && run->options.other ? run->options.other : run->options.port;
    connection_open(&client->connection, port, queue_capacity, client->is_slow ? SLOW_RECEIVE_BUFFER : 0);
    connection_queue(&client->connection, upgrade_request.data, upgrade_request.length);
}

void client_leave(struct run *run, unsigned number) {
    struct client *client = run->clients + number;
    if (client->connection.descriptor < 0)
        return;
    client->state = LEAVING;
    if (client->is_slow) { /* what it never read is in the way of a goodbye */
        connection_close(&client->connection);
        run_client_is_gone(run);
        return;
    }
    connection_queue(&client->connection, close_frame.data, close_frame.length);
    connection_flush(&client->connection);
}

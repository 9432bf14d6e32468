/* A TCP connection to the server. */
#include "connection.h"

#include "fail.h"
#include "frame.h"
#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* What one recv takes at most. */
#define RECEIVE_SIZE ((size_t)256 * 1024)

/* What may be kept from earlier: less than one frame, or one HTTP response. */
#define KEEP_LIMIT (FRAME_LIMIT + FRAME_HEADER)

/* Pieces that go out in one sendmsg. */
#define GATHER 256U

/* All connections receive into this: an idle one holds no buffer. */
static unsigned char arena[KEEP_LIMIT + RECEIVE_SIZE];

static void set_option(int descriptor, int level, int name, int value) {
    if (setsockopt(descriptor, level, name, &value, sizeof value) != 0)
        fail_errno("setsockopt");
}

void connection_open(struct connection *connection, uint16_t port, unsigned queue_capacity, int receive_buffer) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
        fail_errno("socket");
    set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    if (receive_buffer)
        set_option(descriptor, SOL_SOCKET, SO_RCVBUF, receive_buffer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        fail_errno("can't connect to port %u", port);
    connection->descriptor = descriptor;
    connection->queue = allocate(queue_capacity, sizeof *connection->queue);
    connection->queue_capacity = queue_capacity;
    connection->queue_head = connection->queue_tail = 0;
    connection->events = EPOLLIN | EPOLLOUT; /* connected when it can be written to */
    loop_add(descriptor, connection->events, connection);
}

void connection_close(struct connection *connection) {
    if (connection->descriptor < 0)
        return;
    if (close(connection->descriptor) != 0)
        fail_errno("close");
    connection->descriptor = -1;
    free(connection->kept);
    free(connection->queue);
    connection->kept = NULL;
    connection->queue = NULL;
    connection->kept_length = connection->kept_capacity = 0;
    connection->queue_head = connection->queue_tail = connection->queue_capacity = 0;
}

static void lose(struct connection *connection, const char *reason) {
    connection_close(connection);
    connection->lost(connection, reason);
}

static void ask_for(struct connection *connection, uint32_t events) {
    if (connection->events == events)
        return;
    connection->events = events;
    loop_modify(connection->descriptor, events, connection);
}

void connection_queue(struct connection *connection, const void *data, size_t length) {
    if (connection->descriptor < 0)
        return;
    if (connection->queue_tail == connection->queue_capacity) {
        unsigned waiting = connection->queue_tail - connection->queue_head;
        if (waiting == connection->queue_capacity)
            fail("more than %u pieces wait to be sent to the server", waiting);
        memmove(connection->queue, connection->queue + connection->queue_head, waiting * sizeof *connection->queue);
        connection->queue_head = 0;
        connection->queue_tail = waiting;
    }
    connection->queue[connection->queue_tail++] = (struct iovec){(void *)data, length};
}

bool connection_is_flushed(const struct connection *connection) {
    return connection->queue_head == connection->queue_tail;
}

bool connection_has_queued(const struct connection *connection, const void *data, size_t length) {
    uintptr_t begin = (uintptr_t)data;
    for (unsigned at = connection->queue_head; at < connection->queue_tail; at++) {
        uintptr_t piece = (uintptr_t)connection->queue[at].iov_base;
        if (piece >= begin && piece < begin + length)
            return true;
    }
    return false;
}

/* send() where one piece waits is cheaper than a sendmsg() of one. */
static ssize_t send_some(const struct connection *connection) {
    unsigned pieces = connection->queue_tail - connection->queue_head;
    struct iovec *first = connection->queue + connection->queue_head;
    if (pieces == 1)
        return send(connection->descriptor, first->iov_base, first->iov_len, MSG_NOSIGNAL);
    struct msghdr message = {.msg_iov = first, .msg_iovlen = pieces < GATHER ? pieces : GATHER};
    return sendmsg(connection->descriptor, &message, MSG_NOSIGNAL);
}

static void forget_sent(struct connection *connection, size_t sent) {
    while (sent > 0) {
        struct iovec *first = connection->queue + connection->queue_head;
        if (sent < first->iov_len) {
            first->iov_base = (unsigned char *)first->iov_base + sent;
            first->iov_len -= sent;
            return;
        }
        sent -= first->iov_len;
        connection->queue_head++;
    }
    if (connection_is_flushed(connection))
        connection->queue_head = connection->queue_tail = 0;
}

void connection_flush(struct connection *connection) {
    while (connection->descriptor >= 0 && !connection_is_flushed(connection)) {
        ssize_t sent = send_some(connection);
        if (sent >= 0) {
            forget_sent(connection, (size_t)sent);
        } else if (errno == EAGAIN) {
            ask_for(connection, connection->events | EPOLLOUT);
            return;
        } else if (errno != EINTR) {
            lose(connection, errno == EPIPE || errno == ECONNRESET ? "the server closed the connection" : strerror(errno));
            return;
        }
    }
    if (connection->descriptor >= 0)
        ask_for(connection, connection->events & ~(uint32_t)EPOLLOUT);
}

void connection_stop_reading(struct connection *connection) {
    ask_for(connection, connection->events & ~(uint32_t)EPOLLIN);
}

static void keep(struct connection *connection, const unsigned char *data, size_t length) {
    if (length > KEEP_LIMIT)
        fail("the server sent %zu bytes that aren't a message yet", length);
    if (length > connection->kept_capacity) {
        connection->kept = resize(connection->kept, length);
        connection->kept_capacity = length;
    }
    if (length)
        memcpy(connection->kept, data, length);
    connection->kept_length = length;
}

static void receive(struct connection *connection) {
    size_t length = connection->kept_length;
    if (length)
        memcpy(arena, connection->kept, length);
    ssize_t received = recv(connection->descriptor, arena + length, RECEIVE_SIZE, 0);
    if (received < 0) {
        if (errno != EAGAIN && errno != EINTR)
            lose(connection, errno == ECONNRESET ? "the server reset the connection" : strerror(errno));
        return;
    }
    if (received == 0) {
        lose(connection, "the server closed the connection");
        return;
    }
    length += (size_t)received;
    size_t used = connection->received(connection, arena, length);
    if (connection->descriptor < 0)
        return;
    keep(connection, arena + used, length - used);
    if (!connection_is_flushed(connection))
        connection_flush(connection);
}

void connection_handle(struct connection *connection, uint32_t events) {
    if (connection->descriptor >= 0 && events & EPOLLOUT)
        connection_flush(connection);
    if (connection->descriptor >= 0 && events & EPOLLIN)
        receive(connection);
    else if (connection->descriptor >= 0 && events & (EPOLLERR | EPOLLHUP))
        lose(connection, "the connection broke");
}

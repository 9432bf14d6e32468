/* A TCP connection to the server: what waits to be sent, and what arrived too early to be read. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct connection;

/* Read messages off `data`, and return how many bytes they took; the rest is kept until more arrives. */
typedef size_t received_fn(struct connection *connection, const unsigned char *data, size_t length);

/* The connection is gone; `reason` says why. */
typedef void lost_fn(struct connection *connection, const char *reason);

/* What is queued isn't copied: it must stay where it is until it is sent. */
struct connection {
    int descriptor; /* -1 if closed */
    uint32_t events;
    received_fn *received;
    lost_fn *lost;
    unsigned char *kept;
    size_t kept_length;
    size_t kept_capacity;
    struct iovec *queue;
    unsigned queue_head;
    unsigned queue_tail;
    unsigned queue_capacity;
};

/* Connect to `port` of 127.0.0.1; at most `queue_capacity` pieces wait at a time; `receive_buffer` bytes for the kernel, or 0. */
void connection_open(struct connection *connection, uint16_t port, unsigned queue_capacity, int receive_buffer);

/* Close it and free what it holds; it is no error to do so again. */
void connection_close(struct connection *connection);

/* Queue `length` bytes; `connection_flush` sends them, after each reading at the latest. */
void connection_queue(struct connection *connection, const void *data, size_t length);

/* Send what is queued in one write; what the kernel doesn't take is sent as soon as it does. */
void connection_flush(struct connection *connection);

/* Whether all that was queued is with the kernel. */
bool connection_is_flushed(const struct connection *connection);

/* Whether a piece that begins in these `length` bytes isn't sent completely. */
bool connection_has_queued(const struct connection *connection, const void *data, size_t length);

/* Read nothing any more. */
void connection_stop_reading(struct connection *connection);

/* Handle what epoll reports. */
void connection_handle(struct connection *connection, uint32_t events);

#endif

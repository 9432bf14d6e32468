/* Texts of Engine.IO and Socket.IO packets (protocol revision 5), and the payload that all workloads share. */
#ifndef PACKET_H
#define PACKET_H

#include "bytes.h"

/* The item of the benchmark's contract: about a hundred bytes of JSON. */
#define ITEM "{\"id\":123456,\"text\":\"the quick brown fox jumps over the lazy dog, twice a day\",\"tags\":[\"alpha\",\"beta\"]}"

/* No acknowledgement is asked for. */
#define NO_ACK (-1)

/* A namespace as it stands in a packet: "" for the root, else "/name,". */
struct namespace {
    char prefix[16];
};

/* The last of `count` namespaces /n0, /n1 ...; the root if there are none. */
struct namespace namespace_last(unsigned count);

/* Append an EVENT; `argument` is JSON, or NULL for none. */
void packet_event(struct bytes *out, const struct namespace *namespace, long id, const char *event, const char *argument);

/* Append the ACK of `id` with `argument`, as a server answers. */
void packet_ack(struct bytes *out, const struct namespace *namespace, long id, const char *argument);

/* The id of the ACK that `text` is, or NO_ACK if it is something else. */
long packet_ack_id(const struct namespace *namespace, const unsigned char *text, size_t length);

/* Append an item of exactly `length` bytes of JSON. */
void packet_item(struct bytes *out, size_t length);

#endif

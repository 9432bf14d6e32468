/* Texts of Engine.IO and Socket.IO packets, and the payload that all workloads share. */
#include "packet.h"

#include "fail.h"

#include <stdio.h>
#include <string.h>

#define ITEM_START "{\"id\":123456,\"text\":\""
#define ITEM_END "\",\"tags\":[\"alpha\",\"beta\"]}"

struct namespace namespace_last(unsigned count) {
    struct namespace namespace = {""};
    if (count)
        snprintf(namespace.prefix, sizeof namespace.prefix, "/n%u,", count - 1);
    return namespace;
}

void packet_event(struct bytes *out, const struct namespace *namespace, long id, const char *event, const char *argument) {
    bytes_print(out, "42%s", namespace->prefix);
    if (id != NO_ACK)
        bytes_print(out, "%ld", id);
    bytes_print(out, "[\"%s\"%s%s]", event, argument ? "," : "", argument ? argument : "");
}

void packet_ack(struct bytes *out, const struct namespace *namespace, long id, const char *argument) {
    bytes_print(out, "43%s%ld[%s]", namespace->prefix, id, argument);
}

long packet_ack_id(const struct namespace *namespace, const unsigned char *text, size_t length) {
    size_t prefix = strlen(namespace->prefix);
    size_t at = 2 + prefix;
    if (length < at || text[0] != '4' || text[1] != '3' || memcmp(text + 2, namespace->prefix, prefix) != 0)
        return NO_ACK;
    size_t digits = at;
    long id = 0;
    while (at < length && at - digits < 9 && text[at] >= '0' && text[at] <= '9')
        id = id * 10 + (text[at++] - '0');
    return at > digits && at < length && text[at] == '[' ? id : NO_ACK;
}

void packet_item(struct bytes *out, size_t length) {
    static const char words[] = "the quick brown fox jumps over the lazy dog, ";
    size_t shell = strlen(ITEM_START) + strlen(ITEM_END);
    if (length < shell)
        fail("an item has at least %zu bytes", shell);
    bytes_append(out, ITEM_START, strlen(ITEM_START));
    for (size_t rest = length - shell; rest > 0;) {
        size_t part = rest < strlen(words) ? rest : strlen(words);
        bytes_append(out, words, part);
        rest -= part;
    }
    bytes_append(out, ITEM_END, strlen(ITEM_END));
}

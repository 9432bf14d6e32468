/* Events that ask for an acknowledgement. */
#include "asked.h"

#include "fail.h"

#include <string.h>

/* How many masks each message has: a server that caches what it unmasked would gain nothing. */
enum { VARIANTS = 8 };

/* An EVENT becomes a BINARY_EVENT with one attachment by its second digit: 42... -> 451-... */
static void prepare_packet(struct bytes *out, const struct asked *asked, long id, const char *event, const char *argument, bool is_binary) {
    struct bytes text = {0};
    packet_event(&text, asked->namespace, id, event, argument);
    if (is_binary)
        bytes_print(out, "451-%.*s", (int)text.length - 2, (const char *)text.data + 2);
    else
        bytes_append(out, text.data, text.length);
    bytes_clear(&text);
}

void asked_prepare(struct asked *asked, const struct namespace *namespace, unsigned ids, const char *event, const char *argument,
                   const struct bytes *attachment, const char *answer) {
    *asked = (struct asked){.namespace = namespace, .ids = ids};
    asked->frames = allocate((size_t)ids * VARIANTS, sizeof *asked->frames);
    asked->answers = allocate(ids, sizeof *asked->answers);
    if (attachment) {
        asked->attachments = allocate(VARIANTS, sizeof *asked->attachments);
        for (unsigned variant = 0; variant < VARIANTS; variant++)
            frame_append(asked->attachments + variant, BINARY, attachment->data, attachment->length);
    }
    for (unsigned id = 0; id < ids; id++) {
        struct bytes packet = {0};
        prepare_packet(&packet, asked, id, event, argument, attachment != NULL);
        for (unsigned variant = 0; variant < VARIANTS; variant++)
            frame_append(asked->frames + id * VARIANTS + variant, TEXT, packet.data, packet.length);
        bytes_clear(&packet);
        packet_ack(asked->answers + id, namespace, id, answer);
    }
}

void asked_queue(struct asked *asked, struct client *client, unsigned id) {
    unsigned variant = asked->turn++ % VARIANTS;
    const struct bytes *frame = asked->frames + id * VARIANTS + variant;
    connection_queue(&client->connection, frame->data, frame->length);
    if (asked->attachments)
        connection_queue(&client->connection, asked->attachments[variant].data, asked->attachments[variant].length);
}

bool asked_is_answer(const struct asked *asked, const unsigned char *text, size_t length, unsigned *id) {
    long found = packet_ack_id(asked->namespace, text, length);
    if (found < 0 || found >= asked->ids)
        return false;
    *id = (unsigned)found;
    return length == asked->answers[*id].length && memcmp(text, asked->answers[*id].data, length) == 0;
}

/* Events that the server sends on to everybody. */
#include "shout.h"

#include "bytes.h"
#include "client.h"
#include "fail.h"
#include "frame.h"
#include "packet.h"
#include "run.h"

#include <string.h>

enum { VARIANTS = 8 };

static struct bytes frames[VARIANTS];
static struct bytes shouted;
static uint64_t *heard; /* shouts that each client has heard */
static uint64_t sent;
static unsigned listeners;

void shout_prepare(struct run *run, unsigned number) {
    struct bytes packet = {0};
    listeners = number;
    heard = allocate(listeners, sizeof *heard);
    packet_event(&packet, &run->namespace, NO_ACK, run->options.event ? run->options.event : "shout", ITEM);
    for (unsigned variant = 0; variant < VARIANTS; variant++)
        frame_append(frames + variant, TEXT, packet.data, packet.length);
    bytes_clear(&packet);
    packet_event(&shouted, &run->namespace, NO_ACK, "shouted", ITEM);
}

void shout_send(struct client *client, unsigned shouters) {
    const struct bytes *frame = frames + sent++ % VARIANTS;
    client->run->outstanding += listeners;
    for (unsigned number = 0; number < shouters; number++) {
        connection_queue(&client[number].connection, frame->data, frame->length);
        connection_flush(&client[number].connection);
    }
}

bool shout_is_heard(const struct client *client, const unsigned char *text, size_t length) {
    if (length != shouted.length || memcmp(text, shouted.data, length) != 0 || heard[client->number] == sent)
        return false;
    heard[client->number]++;
    client->run->outstanding--;
    return true;
}

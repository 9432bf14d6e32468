/* Events that ask for an acknowledgement: the same request with many ids and masks, and the one right answer to each. */
#ifndef ASKED_H
#define ASKED_H

#include "bytes.h"
#include "client.h"
#include "packet.h"

#include <stdbool.h>

struct asked {
    const struct namespace *namespace;
    unsigned ids;
    struct bytes *frames;      /* VARIANTS of each id, one after the other */
    struct bytes *attachments; /* VARIANTS of what follows each event; NULL if nothing does */
    struct bytes *answers;     /* by id */
    unsigned turn;
};

/* Build `event` with `argument` for the ids from 0 to `ids` - 1, each followed by `attachment` unless that is NULL; all are answered by
 * `answer`. */
void asked_prepare(struct asked *asked, const struct namespace *namespace, unsigned ids, const char *event, const char *argument,
                   const struct bytes *attachment, const char *answer);

/* Queue the event with `id`: one piece, or two with an attachment. */
void asked_queue(struct asked *asked, struct client *client, unsigned id);

/* Whether `text` is an answer, and to which id. */
bool asked_is_answer(const struct asked *asked, const unsigned char *text, size_t length, unsigned *id);

#endif

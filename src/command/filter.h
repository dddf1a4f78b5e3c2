/* A condition on the rows of a result file: the columns it looks at join a frame. */
#ifndef DUFM_COMMAND_FILTER_H
#define DUFM_COMMAND_FILTER_H

#include <stdbool.h>

#include "dufm/condition.h"
#include "frame.h"

struct filter {
    struct frame *frame; /* not owned */
    const char **known;  /* names to suggest; owned */
    char *why;           /* what is wrong with a column that exists, or ""; owned */
    struct condition *condition; /* NULL: every row passes; owned */
};

/* Parse `text` (NULL: no condition) and add what it needs to the frame, before
 * frame_prepare. ERROR_USAGE; filter_release in any case. */
enum error filter_create(struct filter *filter, const char *text, struct frame *frame);
void filter_release(struct filter *filter);

/* Whether the row in that slot passes. */
bool filter_passes(const struct filter *filter, uint64_t slot);

#endif

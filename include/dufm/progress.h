/* Progress on a stream: a bar on a terminal, plain lines in a log. */
#ifndef DUFM_PROGRESS_H
#define DUFM_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "dufm/policy.h"
#include "dufm/tally.h"

enum progress_mode {
    PROGRESS_OFF,
    PROGRESS_LINES, /* a line after 2 s, 4 s, 8 s, ... up to one a minute */
    PROGRESS_BAR,   /* one line redrawn, at most five times a second */
};

struct progress {
    enum progress_mode mode;
    FILE *stream;    /* not owned */
    double next;     /* no output before that time */
    double interval; /* seconds to the output after it */
    bool drawn;      /* a bar stands on the line */
};

/* What is shown. */
struct progress_facts {
    uint64_t total;              /* points of the sweep */
    uint64_t before;             /* finished by earlier launches, failed ones included */
    struct tally tally;          /* of this launch */
    double elapsed;              /* seconds of this launch */
    struct policy_estimate left; /* seconds; negative: unknown; low, high may be NaN */
};

/* The mode that suits the stream: a bar on a terminal, else lines. */
enum progress_mode progress_mode_of(FILE *stream);

/* Start a report on `stream` (kept, not closed) at the clock's `now`. */
void progress_begin(struct progress *progress, enum progress_mode mode, FILE *stream,
                    double now);

/* Time to show? Facts need not be collected before. */
bool progress_due(const struct progress *progress, double now);

/* Show the facts; call when progress_due. */
void progress_show(struct progress *progress, const struct progress_facts *facts,
                   double now);

/* Take the bar away, so that other lines can follow; it comes back with the next
 * progress_show. */
void progress_clear(struct progress *progress);

/* The text of a line:
 * "120 of 400 points (30 %), 12.5/s, 22 s left (19 to 26); 80 dnc, 40 trivial". */
void progress_format(const struct progress_facts *facts, char *text, size_t size);

/* "12 min left (9 to 17)" with the word " left"; the range only where it is known and not
 * all one. */
void progress_format_left(const struct policy_estimate *left, const char *word,
                          char *text, size_t size);

/* "80 dnc, 40 trivial, 1 failed", most frequent first; "" when nothing was counted. */
void progress_format_tally(const struct tally *tally, char *text, size_t size);

#endif

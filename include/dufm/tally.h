/* Counts of what came out, kept by a worker for a batch and by rank 0 for the launch. */
#ifndef DUFM_TALLY_H
#define DUFM_TALLY_H

#include <stdint.h>

#include "dufm/kind.h"

enum { TALLY_OUTCOMES = OUTCOME_OTHER + 1 };

struct tally {
    uint32_t done;                     /* rows with STATUS_DONE */
    uint32_t failed;                   /* rows that could not be run */
    uint32_t outcomes[TALLY_OUTCOMES]; /* of the done rows, by enum outcome */
};

/* Count one more row. */
void tally_count(struct tally *tally, enum status status, enum outcome outcome);

/* total += part */
void tally_add(struct tally *total, const struct tally *part);

#endif

/* Who runs what next: a pure decision, state + event -> action. It knows no clock, no
 * message and no file; time comes with the events, so that a test can simulate it.
 *
 * Pending rows are ordered once by predicted cost, longest first, because a long point
 * that starts last keeps every other worker waiting. Points far below
 * POLICY_BATCH_SECONDS travel in batches. Predictions are corrected by what the workers
 * report, apart for each power of two of the predicted cost: the overhead of a tiny point
 * says nothing about a long one.
 */
#ifndef DUFM_POLICY_H
#define DUFM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/error.h"

struct policy;

/* Predicted seconds of a row, above zero; 0 for a row that is not to be run. */
typedef double policy_cost(const void *context, uint32_t row);

struct policy_input {
    uint32_t rows;       /* rows 0 .. rows-1 are asked for their cost, once each */
    policy_cost *cost;   /* called during policy_create only */
    const void *context; /* handed to `cost` */
    int workers;         /* numbered 0 .. workers-1, at least one */
    int batch_limit;     /* rows an assignment may have at most, at least one */
};

/* Work an assignment aims at, in corrected seconds, while there is plenty of it. */
#define POLICY_BATCH_SECONDS 0.25

/* Rows an assignment has at most while nothing was reported for points of that cost. */
enum { POLICY_PROBE_ROWS = 16 };

/* Order the pending rows; needs 4 bytes a row, and 2 more while it runs. *out is owned by
 * the caller (policy_destroy). ERROR_SYSTEM. */
enum error policy_create(const struct policy_input *input, struct policy **out);
void policy_destroy(struct policy **policy);

/* A worker is ready for work: it has just come, or has finished what it was assigned. */
struct policy_event {
    int worker;
    double time;    /* now, on any clock that does not go back */
    int done;       /* rows finished of the last assignment; fewer only after a stop */
    double seconds; /* that the worker took for them */
};

enum policy_kind {
    POLICY_ASSIGN, /* run these rows, then ask again */
    POLICY_WAIT,   /* nothing left to hand out; others are still at work */
    POLICY_FINISH, /* nothing left to hand out, nobody is at work */
};

struct policy_action {
    enum policy_kind kind;
    const uint32_t *rows; /* size count; owned by the policy, valid until it ends */
    int count;
};

/* Answer an event. */
struct policy_action policy_step(struct policy *policy, const struct policy_event *event);

/* Assign nothing from now on. */
void policy_stop(struct policy *policy);

/* Nobody is at work, and nothing will be assigned any more. */
bool policy_finished(const struct policy *policy);

/* Rows that were never assigned. */
uint32_t policy_pending(const struct policy *policy);

/* Estimated seconds from `time` until the last worker is done. */
double policy_left(const struct policy *policy, double time);

#endif

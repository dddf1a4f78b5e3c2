/* Who runs what next: a pure decision, state + event -> action. It knows no clock, no
 * message and no file; time comes with the events, so that a test can simulate it.
 *
 * Pending rows are put into cost classes (order.h). The dearest class comes first, because
 * a long point that starts last keeps every other worker waiting; what is dearest is
 * learned from what workers report (outlook.h). Points far below POLICY_BATCH_SECONDS
 * travel in batches, of one class each. The same events bring the same actions.
 *
 * A worker may be lost: what it had not finished is handed out again. Suspects are rows
 * that brought a worker down: they come last, one at a time, while nobody else is at
 * work.
 *
 * A run may have a deadline. A point that would outlast it is started only while so much
 * time is left that saving it under way is worth while; later only what can end in time
 * is.
 */
#ifndef DUFM_POLICY_H
#define DUFM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/effort.h"
#include "dufm/error.h"

struct policy;

struct policy_cost {
    double seconds; /* predicted, above zero; 0 for a row that is not to be run */
    uint32_t shape; /* the same in rows whose steps take the same time; any number */
};

/* What is predicted of a row. */
typedef struct policy_cost policy_cost_of(const void *context, uint32_t row);

struct policy_input {
    uint32_t rows;        /* rows 0 .. rows-1 are asked for their cost, once each */
    policy_cost_of *cost; /* called during policy_create only */
    const void *context;  /* handed to `cost` */
    int workers;          /* numbered 0 .. workers-1, at least one */
    int batch_limit;      /* rows an assignment may have at most, at least one */
};

/* Work an assignment aims at, in expected seconds, while there is plenty of it. */
#define POLICY_BATCH_SECONDS 0.25

/* Seconds that the coordinator is given for each assignment. Batches are at least that
 * long for every worker, so that all of them together ask no faster than it can answer.
 * Several times what a request was measured to cost it (tests/bench/README.md). */
#define POLICY_SERVICE_SECONDS 20e-6

/* Rows an assignment has at most while nothing was reported for points of that cost. */
enum { POLICY_PROBE_ROWS = 16 };

/* Put the pending rows in order; needs a byte a row. *out is owned by the caller
 * (policy_destroy). ERROR_SYSTEM. */
enum error policy_create(const struct policy_input *input, struct policy **out);
void policy_destroy(struct policy **policy);

/* A worker is ready for work: it has just come, or has finished what it was assigned. */
struct policy_event {
    int worker;
    double time;          /* now, on any clock that does not go back */
    int done;             /* rows finished of the last assignment; fewer after a stop */
    struct effort effort; /* what they took */
};

enum policy_kind {
    POLICY_ASSIGN, /* run these rows, then ask again */
    POLICY_RETRY,  /* run this one suspect in a child, then ask again */
    POLICY_WAIT,   /* nothing to hand out as long as others are at work */
    POLICY_FINISH, /* nothing left to hand out, nobody is at work */
};

struct policy_action {
    enum policy_kind kind;
    const uint32_t *rows; /* size count; owned by the policy, valid until it is asked for
                             an action again, by policy_step or policy_held */
    int count;
};

/* Answer an event. */
struct policy_action policy_step(struct policy *policy, const struct policy_event *event);

/* Row `row`, not to be assigned otherwise, is a suspect. ERROR_SYSTEM. */
enum error policy_suspect(struct policy *policy, uint32_t row);

/* What a worker was assigned last and has not reported: POLICY_ASSIGN or POLICY_RETRY;
 * POLICY_WAIT when there is nothing. */
struct policy_action policy_held(struct policy *policy, int worker);

/* A worker is gone, once for each worker. Of what it held these `count` rows are handed
 * out again; the others are done, or suspects. Workers that were told to wait are to ask
 * again. ERROR_SYSTEM. */
enum error policy_lose(struct policy *policy, int worker, const uint32_t *rows,
                       int count);

/* The run ends at the time `deadline` of the events' clock: from `patience` seconds before
 * it on, assign no row that would outlast it. */
void policy_deadline(struct policy *policy, double deadline, double patience);

/* Assign nothing from now on. */
void policy_stop(struct policy *policy);

/* Nobody is at work, and nothing will be assigned any more. */
bool policy_finished(const struct policy *policy);

/* Rows that wait to be assigned, suspects included. */
uint32_t policy_pending(const struct policy *policy);

/* Rows that are not assigned any more because they would outlast the deadline. */
uint32_t policy_late(const struct policy *policy);

/* Seconds until the last worker is done, and where they will lie in about nine of ten runs
 * by what rows differed so far; low and high are NaN before the first report. */
struct policy_estimate {
    double seconds, low, high;
};

/* The estimate at that time of the events' clock. */
struct policy_estimate policy_left(const struct policy *policy, double time);

/* Seconds that assignments under way have taken by `time`, all workers together. */
double policy_underway(const struct policy *policy, double time);

#endif

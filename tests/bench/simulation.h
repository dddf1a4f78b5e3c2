/* Runs of the scheduler's policy in virtual time: the real decisions, a modelled
 * coordinator and modelled workers. For tests and for `simulate`.
 *
 *     worker  --latency-->  coordinator: one request after the other, `service` each
 *             <--latency--  rows, or nothing more
 *     worker: the rows' seconds, then `overhead` of the batch (commits), then asks again
 */
#ifndef DUFM_TESTS_SIMULATION_H
#define DUFM_TESTS_SIMULATION_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "dufm/policy.h"

/* What a row really takes; `share` of the steps it was allowed. */
struct simulated_row {
    double seconds, share;
};

struct simulated_setup {
    struct policy_input input; /* predictions, workers, rows a batch may have */
    struct simulated_row (*actual)(const void *context, uint32_t row);
    double service, latency, overhead; /* seconds */
    unsigned char *seen; /* size rows: times each row was run; NULL: not counted */
    void (*watch)(void *context, struct policy *policy, double time); /* or NULL */
    void *watcher; /* handed to `watch`, which is called after each assignment */
};

struct simulated_run {
    double span;        /* from the first request to the end of the last row */
    double work;        /* seconds of all rows */
    double efficiency;  /* work over workers times span */
    double load;        /* share of the span that the coordinator served requests */
    double assignments; /* how many */
};

/* A worker, by the time its next request arrives at the coordinator. */
struct simulated_worker {
    double arrival;
    int number, done;
    struct effort effort; /* of its last batch */
};

static inline bool comes_before(const struct simulated_worker *one,
                                const struct simulated_worker *other) {
    return one->arrival != other->arrival ? one->arrival < other->arrival
                                          : one->number < other->number;
}

/* A heap: the first one comes next. The entry at `place` has become later. */
static inline void sift_down(struct simulated_worker *heap, int count, int place) {
    struct simulated_worker moved = heap[place];
    for (int child; (child = 2 * place + 1) < count; place = child) {
        if (child + 1 < count && comes_before(&heap[child + 1], &heap[child])) child++;
        if (!comes_before(&heap[child], &moved)) break;
        heap[place] = heap[child];
    }
    heap[place] = moved;
}

/* Seconds that the worker takes for what it was assigned. */
static inline double run_rows(const struct simulated_setup *setup,
                              const struct policy_action *action,
                              struct simulated_worker *worker,
                              struct simulated_run *run) {
    worker->effort = (struct effort){.committing = setup->overhead};
    worker->done = action->count;
    for (int i = 0; i < action->count; i++) {
        struct simulated_row row = setup->actual(setup->input.context, action->rows[i]);
        worker->effort.seconds += row.seconds;
        worker->effort.squares += row.seconds * row.seconds;
        worker->effort.share += row.share;
        if (setup->seen != NULL) setup->seen[action->rows[i]]++;
    }
    run->work += worker->effort.seconds;
    worker->effort.seconds += setup->overhead;
    return worker->effort.seconds;
}

static inline void run_policy(const struct simulated_setup *setup, struct policy *policy,
                              struct simulated_worker *heap, struct simulated_run *run) {
    int count = setup->input.workers;
    double free_at = 0, served = 0;
    while (count > 0) {
        struct simulated_worker *worker = &heap[0];
        double begin = fmax(worker->arrival, free_at);
        struct policy_event event = {worker->number, begin, worker->done, worker->effort};
        struct policy_action action = policy_step(policy, &event);
        free_at = begin + setup->service;
        served += setup->service;
        if (action.count > 0) {
            double end = free_at + setup->latency + run_rows(setup, &action, worker, run);
            run->assignments++;
            run->span = fmax(run->span, end);
            worker->arrival = end + setup->latency;
        } else {
            heap[0] = heap[--count]; /* nothing is left for it */
        }
        sift_down(heap, count, 0);
        if (setup->watch != NULL) setup->watch(setup->watcher, policy, begin);
    }
    run->efficiency = run->work / (run->span * setup->input.workers);
    run->load = served / run->span;
}

/* All workers ask at time 0. Ends the process where there is no memory. */
static inline struct simulated_run simulate(const struct simulated_setup *setup) {
    struct simulated_run run = {0};
    struct policy *policy = NULL;
    struct simulated_worker *heap = calloc((size_t)setup->input.workers, sizeof *heap);
    if (heap == NULL || policy_create(&setup->input, &policy) != ERROR_NONE) {
        fprintf(stderr, "no memory for %d workers and %u rows\n", setup->input.workers,
                setup->input.rows);
        exit(EXIT_FAILURE);
    }
    for (int w = 0; w < setup->input.workers; w++)
        heap[w] = (struct simulated_worker){.arrival = setup->latency, .number = w};
    run_policy(setup, policy, heap, &run);
    policy_destroy(&policy);
    free(heap);
    return run;
}

#endif

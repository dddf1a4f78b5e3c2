/* The scheduler's decisions: dearest class first, batches that shrink toward the end. The
 * rows are in order.c, what they are expected to take in outlook.c. */
#include "dufm/policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "seats.h"

enum error policy_create(const struct policy_input *input, struct policy **out) {
    void *memory;
    enum error error;
    TRY(memory_allocate(1, sizeof(struct policy), &memory));
    struct policy *policy = memory;
    policy->workers = policy->living = input->workers;
    policy->batch_limit = input->batch_limit;
    policy->deadline = INFINITY;
    TRY_OR(cleanup, error,
           memory_allocate((size_t)input->workers, sizeof *policy->seats, &memory));
    policy->seats = memory;
    TRY_OR(cleanup, error,
           memory_allocate((size_t)input->batch_limit, sizeof *policy->rows, &memory));
    policy->rows = memory;
    TRY_OR(cleanup, error, order_create(input, &policy->order));
    outlook_begin(&policy->outlook, &policy->order);
    *out = policy;
    return ERROR_NONE;
cleanup:
    policy_destroy(&policy);
    return error;
}

void policy_destroy(struct policy **policy) {
    if (*policy == NULL) return;
    order_release(&(*policy)->order);
    free((*policy)->returned.rows);
    free((*policy)->suspects.rows);
    free((*policy)->seats);
    free((*policy)->rows);
    free(*policy);
    *policy = NULL;
}

/* ---- lists ---- */

static enum error append(struct list *list, const uint32_t *rows, int count) {
    if (count == 0) return ERROR_NONE;
    size_t size = list->count + (size_t)count;
    uint32_t *grown = realloc(list->rows, size * sizeof *grown);
    if (grown == NULL)
        return RAISE(ERROR_SYSTEM, "no memory for a list of %zu rows", size);
    memcpy(grown + list->count, rows, (size_t)count * sizeof *rows);
    list->rows = grown;
    list->count = (uint32_t)size;
    return ERROR_NONE;
}

static uint32_t waiting(const struct list *list) {
    return list->count - list->next;
}

/* ---- taking rows ---- */

/* Below this many times its commit a batch is not worth sharing out: to wait for it costs
 * less than the commits of its parts. */
static const double commits_worth = 4;

/* Expected seconds an assignment should have at least: what its commit is worth, and what
 * keeps the coordinator from being asked faster than it can answer. */
static double least_seconds(const struct policy *policy, double living) {
    double commit = policy->reports > 0 ? policy->committing / policy->reports : 0;
    return fmax(fmin(commits_worth * commit, POLICY_BATCH_SECONDS),
                living * POLICY_SERVICE_SECONDS);
}

/* Expected seconds the next assignment should have: guided self-scheduling, half of an
 * equal share of what is left, but no more than a batch and no less than is worth it. */
static double target_seconds(const struct policy *policy) {
    double living = policy->living > 0 ? policy->living : 1;
    double share = outlook_pending(&policy->outlook) / (2 * living);
    return fmax(fmin(POLICY_BATCH_SECONDS, share), least_seconds(policy, living));
}

/* At least one, then as many as fit the target, should they take all their steps. */
static int batch_rows(const struct policy *policy, int class_) {
    uint32_t left = policy->order.classes[class_].left;
    int limit = policy->batch_limit;
    if (!outlook_knows(&policy->outlook, class_) && limit > POLICY_PROBE_ROWS)
        limit = POLICY_PROBE_ROWS;
    if (left < (uint32_t)limit) limit = (int)left;
    double fit = target_seconds(policy) / policy->outlook.bound[class_];
    return fit >= limit ? limit : fit > 1 ? (int)fit : 1;
}

/* The class that may take longest among those with rows left; -1 where there is none. */
static int dearest_class(const struct policy *policy) {
    const double *bound = policy->outlook.bound;
    int best = -1;
    for (int c = 0; c < policy->order.count; c++)
        if (policy->order.classes[c].left > 0 && (best < 0 || bound[c] > bound[best]))
            best = c;
    return best;
}

static void take_rows(struct policy *policy, struct seat *seat) {
    int class_ = dearest_class(policy), count = batch_rows(policy, class_);
    uint32_t first = order_take(&policy->order, class_, count);
    *seat = (struct seat){SEAT_ORDER, first, count, class_, 0};
}

/* Returned rows of one class that come one after the other, a batch at most. */
static void take_returned(struct policy *policy, struct seat *seat) {
    struct list *list = &policy->returned;
    const uint8_t *member = policy->order.member;
    int class_ = member[list->rows[list->next]];
    *seat = (struct seat){SEAT_RETURNED, list->next, 0, class_, 0};
    while (list->next < list->count && member[list->rows[list->next]] == class_ &&
           seat->count < policy->batch_limit) {
        list->next++;
        seat->count++;
    }
}

static void take_suspect(struct policy *policy, struct seat *seat) {
    *seat = (struct seat){SEAT_SUSPECTS, policy->suspects.next++, 1, 0, 0};
}

/* Near the deadline: pass over the classes whose rows would outlast it. */
static void skip_late(struct policy *policy, double time) {
    double left = policy->deadline - time;
    if (left >= policy->patience) return;
    for (int c = 0; c < policy->order.count; c++)
        if (policy->outlook.expected[c] > left)
            policy->late += order_drop(&policy->order, c);
}

/* What a suspect takes, deaths included, says nothing about others. */
static void learn(struct policy *policy, const struct policy_event *event) {
    struct seat *seat = &policy->seats[event->worker];
    if (seat->count == 0) return;
    if (event->done > 0 && seat->source != SEAT_SUSPECTS)
        outlook_learn(&policy->outlook, seat->class_, event->done, &event->effort);
    policy->committing += event->effort.committing;
    policy->reports++;
    seat->count = 0;
    policy->busy--;
}

/* The next rows there are for a seat; false when it has to wait. */
static bool take(struct policy *policy, struct seat *seat) {
    if (policy->stopped) return false;
    if (waiting(&policy->returned) > 0)
        take_returned(policy, seat);
    else if (policy->order.left > 0)
        take_rows(policy, seat);
    else if (waiting(&policy->suspects) > 0 && policy->busy == 0)
        take_suspect(policy, seat);
    else
        return false;
    return true;
}

struct policy_action policy_step(struct policy *policy,
                                 const struct policy_event *event) {
    struct seat *seat = &policy->seats[event->worker];
    learn(policy, event);
    skip_late(policy, event->time);
    if (policy_finished(policy)) return (struct policy_action){.kind = POLICY_FINISH};
    if (!take(policy, seat)) return (struct policy_action){.kind = POLICY_WAIT};
    seat->since = event->time;
    policy->busy++;
    return policy_held(policy, event->worker);
}

struct policy_action policy_held(struct policy *policy, int worker) {
    const struct seat *seat = &policy->seats[worker];
    const uint32_t *rows = policy->rows;
    if (seat->count == 0) return (struct policy_action){.kind = POLICY_WAIT};
    if (seat->source == SEAT_ORDER)
        order_list(&policy->order, seat->first, seat->count, policy->rows);
    else if (seat->source == SEAT_RETURNED)
        rows = policy->returned.rows + seat->first;
    else
        rows = policy->suspects.rows + seat->first;
    bool suspect = seat->source == SEAT_SUSPECTS;
    return (struct policy_action){suspect ? POLICY_RETRY : POLICY_ASSIGN, rows,
                                  seat->count};
}

/* ---- what happens to a run ---- */

enum error policy_suspect(struct policy *policy, uint32_t row) {
    return append(&policy->suspects, &row, 1);
}

enum error policy_lose(struct policy *policy, int worker, const uint32_t *rows,
                       int count) {
    struct seat *seat = &policy->seats[worker];
    if (seat->count > 0) policy->busy--;
    policy->living--;
    *seat = (struct seat){0};
    return append(&policy->returned, rows, count);
}

void policy_deadline(struct policy *policy, double deadline, double patience) {
    policy->deadline = deadline;
    policy->patience = patience;
}

void policy_stop(struct policy *policy) {
    policy->stopped = true;
}

/* ---- what is left ---- */

bool policy_finished(const struct policy *policy) {
    return policy->busy == 0 && (policy->stopped || policy_pending(policy) == 0);
}

uint32_t policy_pending(const struct policy *policy) {
    return policy->order.left + waiting(&policy->returned) + waiting(&policy->suspects);
}

uint32_t policy_late(const struct policy *policy) {
    return policy->late;
}

/* The scheduler's decisions: longest first, batches that shrink toward the end. The order
 * itself is built in order.c. */
#include "dufm/policy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "dufm/order.h"

/* What one worker is doing. */
struct seat {
    int count;        /* rows it was assigned; 0: idle */
    int octave;       /* of their cost */
    double predicted; /* seconds for all of them, uncorrected */
    double since;     /* time of the assignment */
};

/* What is known about the points whose predicted cost lies within a factor of two. */
struct octave {
    double pending;   /* predicted seconds not handed out yet */
    double predicted; /* of finished points */
    double actual;    /* seconds these took */
};

struct policy {
    struct order order;
    uint32_t next; /* first position of the order not handed out */
    int group;     /* of the order that holds it */
    struct octave octaves[ORDER_OCTAVES];
    struct seat *seats; /* size workers; owned */
    int workers, batch_limit, busy;
    bool stopped;
};

enum error policy_create(const struct policy_input *input, struct policy **out) {
    void *memory;
    enum error error;
    TRY(memory_allocate(1, sizeof(struct policy), &memory));
    struct policy *policy = memory;
    policy->workers = input->workers;
    policy->batch_limit = input->batch_limit;
    TRY_OR(cleanup, error,
           memory_allocate((size_t)input->workers, sizeof *policy->seats, &memory));
    policy->seats = memory;
    TRY_OR(cleanup, error, order_create(input, &policy->order));
    for (int g = 0; g < policy->order.group_count; g++) {
        const struct order_group *group = &policy->order.groups[g];
        policy->octaves[group->octave].pending +=
            group->cost * (double)(group[1].first - group->first);
    }
    *out = policy;
    return ERROR_NONE;
cleanup:
    policy_destroy(&policy);
    return error;
}

void policy_destroy(struct policy **policy) {
    if (*policy == NULL) return;
    order_release(&(*policy)->order);
    free((*policy)->seats);
    free(*policy);
    *policy = NULL;
}

/* Actual over predicted seconds of an octave, from its own points. 1e-3 and 1e6 keep one
 * odd measurement from making a batch endless or a prediction infinite. */
static double octave_ratio(const struct octave *octave) {
    return fmin(fmax(octave->actual / octave->predicted, 1e-3), 1e6);
}

/* The ratio to expect in an octave: its own, else that of the next longer points, which
 * ran before; 1 when nothing has run. */
static double expected_ratio(const struct policy *policy, int octave) {
    for (int o = octave; o < ORDER_OCTAVES; o++)
        if (policy->octaves[o].predicted > 0) return octave_ratio(&policy->octaves[o]);
    return 1;
}

/* Corrected seconds of everything that was not handed out. */
static double pending_seconds(const struct policy *policy) {
    double sum = 0, ratio = 1;
    for (int o = ORDER_OCTAVES - 1; o >= 0; o--) {
        if (policy->octaves[o].predicted > 0) ratio = octave_ratio(&policy->octaves[o]);
        sum += ratio * policy->octaves[o].pending;
    }
    return sum;
}

/* Corrected seconds the next assignment should have: guided self-scheduling, half of an
 * equal share of what is left, but never more than a batch. */
static double target_seconds(const struct policy *policy) {
    return fmin(POLICY_BATCH_SECONDS, pending_seconds(policy) / (2.0 * policy->workers));
}

static int row_limit(const struct policy *policy, int octave) {
    bool known = policy->octaves[octave].predicted > 0;
    int limit = policy->batch_limit;
    return known || limit < POLICY_PROBE_ROWS ? limit : POLICY_PROBE_ROWS;
}

/* The next rows of the order, all of one octave: at least one, then as many as fit the
 * target. Moves the cursor past them and fills the seat. */
static void take_rows(struct policy *policy, struct seat *seat) {
    const struct order_group *group = &policy->order.groups[policy->group];
    int octave = group->octave, limit = row_limit(policy, octave);
    double target = target_seconds(policy) / expected_ratio(policy, octave);
    seat->count = 0;
    seat->octave = octave;
    seat->predicted = 0;
    while (policy->next < policy->order.count && group->octave == octave &&
           seat->count < limit &&
           (seat->count == 0 || seat->predicted + group->cost <= target)) {
        seat->count++;
        seat->predicted += group->cost;
        policy->next++;
        if (policy->next == group[1].first) group++;
    }
    policy->group = (int)(group - policy->order.groups);
    struct octave *books = &policy->octaves[octave];
    books->pending = fmax(books->pending - seat->predicted, 0);
}

static void learn(struct policy *policy, const struct policy_event *event) {
    struct seat *seat = &policy->seats[event->worker];
    if (seat->count == 0) return;
    if (event->done > 0) {
        struct octave *octave = &policy->octaves[seat->octave];
        octave->predicted += seat->predicted * event->done / seat->count;
        octave->actual += event->seconds;
    }
    seat->count = 0;
    policy->busy--;
}

struct policy_action policy_step(struct policy *policy,
                                 const struct policy_event *event) {
    learn(policy, event);
    if (policy_finished(policy)) return (struct policy_action){.kind = POLICY_FINISH};
    if (policy->stopped || policy_pending(policy) == 0)
        return (struct policy_action){.kind = POLICY_WAIT};
    struct seat *seat = &policy->seats[event->worker];
    const uint32_t *rows = policy->order.rows + policy->next;
    take_rows(policy, seat);
    seat->since = event->time;
    policy->busy++;
    return (struct policy_action){POLICY_ASSIGN, rows, seat->count};
}

void policy_stop(struct policy *policy) {
    policy->stopped = true;
}

bool policy_finished(const struct policy *policy) {
    return policy->busy == 0 && (policy->stopped || policy_pending(policy) == 0);
}

uint32_t policy_pending(const struct policy *policy) {
    return policy->order.count - policy->next;
}

double policy_left(const struct policy *policy, double time) {
    double sum = pending_seconds(policy), longest = 0;
    for (int w = 0; w < policy->workers; w++) {
        const struct seat *seat = &policy->seats[w];
        if (seat->count == 0) continue;
        double whole = seat->predicted * expected_ratio(policy, seat->octave);
        double left = fmax(whole - (time - seat->since), 0);
        sum += left;
        longest = fmax(longest, left);
    }
    return fmax(sum / policy->workers, longest);
}

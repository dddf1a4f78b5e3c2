/* Between the files of `dufm plan`: what was found out, and how it is shown. */
#ifndef DUFM_COMMAND_PLAN_H
#define DUFM_COMMAND_PLAN_H

#include "dufm/sweep.h"

/* Points of one cost: what their time and their size depend on. */
struct plan_kind {
    int depth, width, classes, samples, max_steps, decay_steps;
    int optimizer; /* enum optimizer_kind */
    double max_seconds;
    uint64_t points;
    double seconds; /* of one, descent and what is measured, at most */
};

struct plan {
    const struct sweep *sweep; /* not owned */
    uint64_t points;
    struct plan_kind *kinds; /* size kind_count: longest first; owned */
    uint64_t kind_count;
    double seconds; /* of all points on one core, if each runs to its end */
    size_t worker_bytes;
    uint64_t file_bytes;
    uint64_t shown; /* points shown from the beginning, and as many from the end */
};

/* Find out everything. ERROR_SYSTEM; plan_release in any case. */
enum error plan_make(const struct sweep *sweep, struct plan *out);
void plan_release(struct plan *plan);

/* Whether the sweep leaves the parameter to its default; lambda and lambdas have none. */
bool plan_defaults(const struct sweep *sweep, const struct parameter *parameter);

/* Numbers of the points to show, `list` holding 2 * plan->shown; returns how many: all
 * where there are no more, else the first and the last ones. */
uint64_t plan_shown(const struct plan *plan, uint64_t *list);

/* To stdout. ERROR_SYSTEM. */
enum error plan_print_text(const struct plan *plan);
enum error plan_print_json(const struct plan *plan);

#endif

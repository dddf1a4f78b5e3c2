/* What earlier launches left of failures: rows that failed, and points that brought
 * processes down, which are suspects. Rank 0's, but for the path. */
#ifndef DUFM_SCHED_FAILURES_H
#define DUFM_SCHED_FAILURES_H

#include <limits.h>
#include <stdbool.h>

#include "dufm/faults.h"
#include "dufm/policy.h"
#include "dufm/store.h"
#include "dufm/sweep.h"

struct failures {
    const struct sweep *sweep; /* not owned, as the store */
    struct store *store;
    char path[PATH_MAX];  /* of the file of deaths */
    struct faults deaths; /* before this launch; owned */
};

/* Rank 0, before the store is opened: where there is no result file `path` yet, deaths are
 * those of one that was removed, and are forgotten. */
enum error failures_begin(const char *path);

/* Of the open store of result file `path`; with `retry`, failed and quarantined rows are
 * pending from now on and their deaths forgotten. */
enum error failures_load(struct failures *failures, const char *path, bool retry);
void failures_release(struct failures *failures);

/* Whether a point has brought a process down before. */
bool failures_suspect(const struct failures *failures, const struct point *point);

/* Tell the policy which pending rows are suspects. */
enum error failures_hand_over(const struct failures *failures, struct policy *policy);

/* When every point is done: nobody needs the file of deaths any more. */
enum error failures_remove(const struct failures *failures);

#endif

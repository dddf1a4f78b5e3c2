/* The books and the voice of a run: one policy, one tally, the progress. With several
 * ranks rank 0 coordinates the others by messages; alone, a process runs the same policy
 * by itself.
 */
#ifndef DUFM_COORDINATOR_H
#define DUFM_COORDINATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/policy.h"
#include "dufm/progress.h"
#include "dufm/tally.h"
#include "dufm/work.h"

struct coordinator {
    struct policy *policy;     /* not owned */
    struct progress *progress; /* not owned */
    uint64_t total, before;    /* points of the sweep; finished by earlier launches */
    double start;              /* clock_seconds at the beginning */
    struct tally tally;        /* of this launch; the result */
};

/* Rank 0 of several: hand out rows until all are done or a stop was asked for (a signal
 * at any rank), then let every worker go. Sleeps while nothing comes. Every worker calls
 * worker_serve meanwhile. ERROR_INTERRUPTED: stopped with work left. An error of a worker
 * stops everybody and becomes this call's error, "rank 3: ..."; after ERROR_MPI the
 * workers may still be waiting. `launch`: of this rank; a worker of another kind is
 * warned of. */
enum error coordinator_run(struct coordinator *coordinator, const struct launch *launch);

/* The only rank: run the rows here. Errors as above. */
enum error coordinator_run_alone(struct coordinator *coordinator,
                                 const struct work *work);

/* Show progress when it is due. */
void coordinator_tick(struct coordinator *coordinator);

/* ERROR_NONE when every row is accounted for, else ERROR_INTERRUPTED saying how many are
 * left. */
enum error coordinator_ending(const struct coordinator *coordinator);

#endif

/* One launch of `dufm run`, from the sweep file to the closed result file, on every rank.
 */
#ifndef DUFM_SESSION_H
#define DUFM_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/checkpoints.h"
#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/progress.h"
#include "dufm/tally.h"

struct session_options {
    const char *sweep;  /* path of the sweep file, read by rank 0 only */
    const char *output; /* path of the result file */
    enum progress_mode progress;
    struct checkpoint_options checkpoint;
    bool retry_failed; /* failed and quarantined points are pending again */
    int max_failures;  /* stop when more points fail; -1: never */
    char **arguments;  /* of this program, closed by NULL, for beginning anew; they do not
                          ask for retry_failed */
    double deadline;   /* clock_seconds at which to stop, seen by rank 0; 0: none */
};

struct session_summary {
    uint64_t total;         /* points of the sweep */
    uint64_t before;        /* finished by earlier launches, failed ones included */
    uint64_t failed_before; /* of these, failed or quarantined */
    struct tally tally;     /* of this launch */
    int lost;               /* ranks that points brought down */
    double seconds;         /* from the first point to the last */
    int workers;            /* ranks that ran points ... */
    struct launch_use use;  /* ... and how they were used */
};

/* Run what is pending. Collective. The error is everybody's; ERROR_INTERRUPTED and errors
 * of workers are returned on rank 0 alone. After ERROR_MPI, and after ERROR_STORE on rank
 * 0, other ranks may be waiting and MPI must not be ended: comm_abort. So it is, whatever
 * the error, when a rank is lost; rank 0 alone returns then. *out is valid on rank 0 (with
 * ERROR_INTERRUPTED and ERROR_FAILURES, too).
 */
enum error session_run(const struct session_options *options,
                       struct session_summary *out);

/* The facts of this process as they are recorded with a launch: libraries of every layer,
 * fingerprint. Sets BLAS to one thread. ERROR_NUMERIC when that fails. Local. */
enum error session_describe(struct launch *launch);

#endif

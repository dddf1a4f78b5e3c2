/* A worker: takes rows, runs them, commits them, reports. */
#ifndef DUFM_WORKER_H
#define DUFM_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/launch.h"
#include "dufm/message.h"
#include "dufm/work.h"

/* Seconds between two looks at signals and messages while a row runs. */
#define WORKER_POLL_SECONDS 0.02

/* A batch that takes longer than foreseen is committed piece by piece. */
#define WORKER_COMMIT_SECONDS 1.0

/* One batch. The rows belong to the caller. */
struct worker_batch {
    const struct work *work;
    const uint32_t *rows;
    int count;
    work_poll *poll; /* asked every WORKER_POLL_SECONDS while rows run: stop? */
    void *poll_context;
};

/* Run the rows until the poll asks to stop and commit what was finished, at least every
 * WORKER_COMMIT_SECONDS; *report counts the rows. Local. An error of the work (the rows
 * since the last commit are lost then); an interruption is none. */
enum error worker_run_batch(const struct worker_batch *batch,
                            struct message_report *report);

/* Serve rank 0 until it says FINISH; does not return when it says LEAVE. A signal at this rank is passed on to rank 0; an
 * error of the work is sent there and is no error here. ERROR_MPI. Ranks >= 1 only. */
enum error worker_serve(const struct work *work, const struct launch *launch);

#endif

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
#include "dufm/message.h"
#include "dufm/policy.h"
#include "dufm/progress.h"
#include "dufm/tally.h"
#include "dufm/work.h"

struct coordinator {
    struct policy *policy;     /* not owned */
    struct progress *progress; /* not owned */
    uint64_t total, before;    /* points of the sweep; finished by earlier launches */
    double start;              /* clock_seconds at the beginning */
    double deadline;           /* ... at which to stop; 0: none */
    const char *faults;        /* file of deaths (faults.h); NULL: nobody looks */
    /* More rows than that given up in this launch stop it; -1: no bound. Rows that are to be
     * tried again do not count. */
    int max_failures;
    /* Told how workers are used every few seconds; may be NULL. */
    void (*note_use)(void *context, const struct launch_use *use);
    void *note_context;
    struct tally tally;   /* of this launch; the result, as is ... */
    struct effort effort; /* ... what its rows took */
    double first_report;  /* time of the first and the last request for work; 0: none */
    double last_report;
    double next_use;     /* no note before that time, ... */
    double noted_report; /* ... nor without a request for work later than this */
    int lost; /* workers that a point brought down; the result. Above 0 the job must not
                 end collectively: the others sleep until rank 0 aborts it. */
};

/* Rank 0 of several: hand out rows until all are done or a stop was asked for (a signal
 * at any rank), then let every worker go. Sleeps while nothing comes. Every worker calls
 * worker_serve meanwhile. ERROR_INTERRUPTED: stopped with work left. An error of a worker
 * stops everybody and becomes this call's error, "rank 3: ..."; after ERROR_MPI the
 * workers may still be waiting. ERROR_FAILURES: see max_failures. `launch`: of this rank;
 * a worker of another kind is warned of.
 *
 * A worker that a point brought down is done without: its rows go to others, the point
 * itself comes last. When all are lost rank 0 runs what is left, each row in a child, if
 * there was but one or if that takes about a minute at most; ERROR_INTERRUPTED else. `work`
 * is asked what became of rows, and is run in that case alone. */
enum error coordinator_run(struct coordinator *coordinator, const struct work *work,
                           const struct launch *launch);

/* The only rank: run the rows here. Errors as above. */
enum error coordinator_run_alone(struct coordinator *coordinator,
                                 const struct work *work);

/* What a worker reports, {0} when it comes: into the books, and the event that tells the
 * policy. */
struct policy_event coordinator_note(struct coordinator *coordinator, int worker,
                                     const struct message_report *report);

/* How the workers are used so far, rows under way included. */
struct launch_use coordinator_use(const struct coordinator *coordinator);

/* Ask for a stop at the deadline; show progress when it is due. */
void coordinator_tick(struct coordinator *coordinator);

/* Whether more rows have failed than is allowed. */
bool coordinator_gives_up(const struct coordinator *coordinator);

/* Nobody is at work any more: tell how workers were used. ERROR_NONE when every row is
 * accounted for, else ERROR_INTERRUPTED saying how many are left; ERROR_FAILURES when too
 * many failed. */
enum error coordinator_ending(struct coordinator *coordinator);

#endif

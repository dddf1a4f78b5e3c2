/* What Slurm says of the job that a launch ran in, asked from outside with squeue. */
#ifndef DUFM_JOB_H
#define DUFM_JOB_H

#include <stdbool.h>

#include "dufm/launch.h"

struct job {
    char id[LAUNCH_TEXT]; /* number; "": not a job of Slurm, or Slurm does not answer */
    char
        state[LAUNCH_TEXT]; /* as squeue has it, "RUNNING"; "GONE" when it is forgotten */
    char reason[LAUNCH_TEXT]; /* why it does not run; "" when it does */
    double seconds_left;      /* until its time limit; NaN: unknown, or no limit */
};

/* Seconds between two questions about one job; in between the last answer is repeated. */
#define JOB_ASK_SECONDS 20.0

/* Ask about `name`, a launch's job ("slurm 1234"). Returns after five seconds at the latest.
 */
void job_ask(const char *name, struct job *out);

/* It runs, or is ending. */
bool job_runs(const struct job *job);

/* It will run without anybody's doing. */
bool job_waits(const struct job *job);

/* Seconds of a text of squeue, "[[days-]hours:]minutes:seconds"; NaN for others, such as
 * "UNLIMITED". */
double job_seconds(const char *text);

#endif

/* A point that has brought its process down is tried again: in a child, until it has a
 * result or has brought down too many. */
#ifndef DUFM_SCHED_TRIAL_H
#define DUFM_SCHED_TRIAL_H

#include "dufm/result.h"
#include "dufm/work.h"

struct trial {
    /* Run the point, which has been begun, in the child; errors and result as those of
     * solver_run. What it saves on the way is its own doing. */
    enum error (*run)(void *context, const struct work_request *request,
                      const struct result **out);
    /* After a death, in this process: begin the point again. */
    enum error (*begin_again)(void *context);
    void *context;
    const struct output *output;
    const struct point *point;
    const struct work_request *request; /* of this process */
    const char *faults;                 /* file of deaths */
    int signal;   /* result: what the last death was; 0: there is a result */
    void *memory; /* shared with the child; trial_release */
    size_t bytes;
};

/* *out is the result, in the trial's memory; NULL when the point must not be tried any
 * more. Errors as solver_run and begin_again; ERROR_INTERRUPTED when asked to stop, which
 * the child has some seconds for, or when somebody killed the child. */
enum error trial_run(struct trial *trial, const struct result **out);
void trial_release(struct trial *trial);

/* What a fatal signal means for a row. */
enum failure trial_failure(int number);

#endif

/* The guard over points at work: when a point brings its process down by its own fault (a
 * bad access, an abort), a handler of the signal writes one record (faults.h) that says
 * which, so that the sweep can go on without it.
 *
 * A signal that another process sent never counts, nor one that comes while no point is
 * at work: they take the way they would have taken without the guard.
 */
#ifndef DUFM_GUARD_H
#define DUFM_GUARD_H

#include <stdint.h>

#include "dufm/error.h"

/* What becomes of the process after the record. It is never trusted again. */
enum guard_after {
    GUARD_STAY,    /* it sleeps: were it to end, the launcher would end the job */
    GUARD_RESTART, /* the program begins anew in its place */
    GUARD_EXIT,    /* it ends with GUARD_EXIT_CODE */
};

enum { GUARD_EXIT_CODE = 70 };

struct guard_options {
    const char *path; /* of the file of faults; the guard keeps a copy of its own */
    int rank;         /* of this process, for the record */
    enum guard_after after;
    /* GUARD_RESTART: of the program that begins anew, each closed by NULL; they must
     * outlive the guard. */
    char **arguments, **environment;
};

/* Handle SEGV, BUS, FPE, ILL and ABRT, on a stack of their own. Call after MPI_Init, whose
 * handlers are kept for what does not count. ERROR_SYSTEM, ERROR_INPUT. */
enum error guard_install(const struct guard_options *options);

/* In a forked child that runs a point alone: its deaths are recorded as a child's, and
 * end it. */
void guard_become_child(void);

/* A point is at work from here on, in this thread, ... */
void guard_enter(uint64_t point, uint32_t row);

/* ... until here. */
void guard_leave(void);

/* Around what is not the point's own, such as messages, while it is at work. */
void guard_pause(void);
void guard_resume(void);

#endif

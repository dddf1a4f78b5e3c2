/* Parts of one task, which child processes take one after the other: processes, not
 * threads, since the BLAS at hand may be one that threads must not share. What a part
 * computes is seen by its parent in shared memory alone (isolate.h, arena_share). */
#ifndef DUFM_TEAM_H
#define DUFM_TEAM_H

#include "dufm/error.h"

struct team {
    enum error (*run)(void *context, int part); /* in the child */
    void *context;
    int parts;
    int most; /* children */
};

/* Run all parts and wait for their end; in this process, one after the other, where `most`
 * is 1, where there is one part, and where the system grants no child. The error is that of
 * the first part that failed, in the order of their numbers, with its message, and
 * ERROR_SYSTEM where a child was killed; none begins once one has failed. A signal that
 * asks this process to stop (interrupt.h) is handed to the children, whose parts have to
 * look for it. */
enum error team_run(const struct team *team);

/* Cores that this process may use. */
int team_cores(void);

#endif

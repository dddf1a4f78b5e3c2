/* Run something in a forked child, so that its death is only the child's. What the child
 * writes is seen by its parent in shared memory alone. */
#ifndef DUFM_ISOLATE_H
#define DUFM_ISOLATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"

/* Memory, zeroed, that a child forked later shares with this process; *out: release with
 * the same size. ERROR_SYSTEM. */
enum error isolate_share(size_t bytes, void **out);
void isolate_release(void **memory, size_t bytes);

struct isolation {
    void (*run)(void *context);  /* in the child; returns, or does not */
    bool (*poll)(void *context); /* in the parent, every few milliseconds: stop? */
    void *context, *poll_context;
    /* Raised when the poll asks to stop, in shared memory, so that `run` can save what it has
     * and return; NULL: nobody tells it. */
    atomic_bool *stop;
    double patience; /* seconds from then on until the child is killed */
};

enum isolation_end {
    ISOLATION_DONE,    /* `run` returned */
    ISOLATION_FAULT,   /* a fatal signal that the guard recorded */
    ISOLATION_KILLED,  /* the child ended in any other way: killed from outside */
    ISOLATION_STOPPED, /* the poll asked to stop, and the child had to be killed */
};

/* Wait asleep for the child's end. It makes no MPI call, ends with this process and runs
 * no exit handlers. ERROR_SYSTEM when there can be no child. */
enum error isolate(const struct isolation *isolation, enum isolation_end *out);

#endif

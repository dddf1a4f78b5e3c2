/* Long passes over the rows of a file: how far they are, now and then. In shared memory,
 * several processes may take the steps of one pass. */
#ifndef DUFM_STORE_PACE_H
#define DUFM_STORE_PACE_H

#include <stdatomic.h>
#include <stdint.h>

#include "dufm/error.h"

struct pace {
    const char *what; /* "checking the rows of x.h5" */
    uint64_t total;
    _Atomic double next; /* when to tell again, by clock_seconds */
};

struct pace pace_begin(const char *what, uint64_t total);

/* `done` of the total are: tell it every few seconds. ERROR_INTERRUPTED once a signal
 * asked to stop. */
enum error pace_step(struct pace *pace, uint64_t done);

#endif

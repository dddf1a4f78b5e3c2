/* The store's state, shared by opening and committing. */
#ifndef DUFM_STORE_INTERNAL_H
#define DUFM_STORE_INTERNAL_H

#include "block.h"
#include "dufm/store.h"
#include "lock.h"
#include "table.h"

struct store {
    struct table table;   /* open on all ranks */
    struct output output; /* what the sweep stores */
    struct block stage;   /* finished rows, not yet written */
    int8_t *statuses;     /* (config); rank 0, else NULL */
    int32_t *places;      /* (config) grid_index; rank 0, else NULL */
    int launch_index;     /* row of this launch */
    int fd;               /* of the same file, for fsync: syncs what this rank wrote */
    struct lock lock;     /* rank 0 */
    struct lock fence;    /* every rank */
};

#endif

/* A row that held a result is to be run again. */
#ifndef DUFM_STORE_RESET_H
#define DUFM_STORE_RESET_H

#include "internal.h"

/* A row in memory whose creation values are overwritten, and where it lies. */
struct reset {
    struct block *block; /* holds the creation values */
    int slot;
    uint64_t row;
    int32_t grid_index; /* of the row; GRID_REMOVED: the row never runs */
};

/* Make a row pending and write what is known of it before a run anew: it may be damaged,
 * or say the same in the words of an earlier sweep (lambda, lambdas), which its next
 * checksum would not cover. Not synced. */
enum error reset_row(const struct store *store, const struct sweep *sweep,
                     const struct reset *reset);

#endif

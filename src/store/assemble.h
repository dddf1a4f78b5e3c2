/* A new result file, from points of a sweep and rows of other files: how files are
 * created, grown, joined and saved. Built under a temporary name, complete, then renamed:
 * a file of the final name is old or new, never in between. Serial. */
#ifndef DUFM_STORE_ASSEMBLE_H
#define DUFM_STORE_ASSEMBLE_H

#include "damage.h"
#include "dufm/sweep.h"
#include "origin.h"
#include "root.h"

/* Where a row of the new file comes from. */
struct place {
    int32_t origin; /* number of the file that has it; PLACE_NEW: none, it is to run */
    int32_t row;    /* its row there */
    int32_t grid_index; /* its place in the new sweep's grid, or GRID_REMOVED */
};

enum { PLACE_NEW = -1 };

struct assembly {
    const char *path;
    const struct sweep *sweep; /* the new file's */
    struct deed deed;          /* for its history */
    const struct origin *origins;
    int origin_count;
    const struct place *places; /* size rows; NULL: row i is the new point i */
    uint64_t rows;

    /* What came of it: */
    struct lengths lengths;   /* of the new file */
    uint64_t finished;        /* rows that were taken with their results */
    uint64_t finished_placed; /* ... and have a place in the grid */
    struct damage damage;     /* rows that lost theirs: whose sums do not hold */
};

/* Build `path` by way of "`path`.tmp", which is left behind only by a killed process.
 * Finished rows are checked and then keep every byte of theirs but the padding, and
 * launch_index where launches of several files meet; what does not pass is pending, as
 * all other rows are. The caller holds the lock. ERROR_INPUT when the file system lacks
 * the space, ERROR_INTERRUPTED when a signal asked to stop: nothing is changed then. */
enum error assemble_file(struct assembly *assembly);

#endif

/* Which row of a new file holds what: the rows of other files against the grid of a
 * sweep, joined by the identity of their points. */
#ifndef DUFM_STORE_PLACING_H
#define DUFM_STORE_PLACING_H

#include "assemble.h"
#include "dufm/reader.h"

/* A row that is there. */
struct candidate {
    uint64_t id;         /* identity of its point */
    uint64_t trail;      /* the same regardless of max_steps (point_trail) */
    uint64_t hash;       /* of its result */
    int32_t origin, row; /* file and place it has */
    int32_t grid_index;  /* in the new grid, once it is placed */
    int8_t status;       /* damaged rows: STATUS_PENDING */
    int8_t fault;        /* enum row_fault */
    bool placed;         /* it has a place in its file's grid */
};

/* Read the rows of file number `origin` as candidates, `origin->lengths` of them at
 * `out`. `whole`: check their results, too, not only what is known before a run. `sweep`:
 * the one whose grid their grid_index belongs to, or NULL not to check it. */
struct placing_request {
    const struct origin *origin;
    int number;
    bool whole;
    const struct sweep *sweep;
};
enum error placing_gather(const struct placing_request *request, struct candidate *out);

/* The rows of a new file. */
struct placing {
    struct place *places; /* size count; owned */
    uint64_t count;
    uint64_t finished; /* points of the grid with a finished row */
    uint64_t before;   /* rows that had a place in their file's grid */
    uint64_t fresh;    /* points of the grid that no row had */
    uint64_t removed;  /* rows that had a place in their file's grid and have none now */
};

/* Place `count` candidates, in their order, in the grid of `sweep`, and the points that
 * none of them has in the rows of lost identity first, then at the end. Of several rows
 * of one point the first finished one gets the place, the others stay as removed ones.
 * Rows of lost identity that are left go. Sets grid_index of the candidates. Takes
 * some 40 bytes a row and as many a point. */
enum error placing_create(const struct sweep *sweep, struct candidate *candidates,
                          uint64_t count, struct placing *out);
void placing_destroy(struct placing *placing);

/* Whether a point of the sweep goes on from a finished candidate under another limit
 * max_steps. */
enum error placing_continues(const struct sweep *sweep,
                             const struct candidate *candidates, uint64_t count,
                             bool *out);

#endif

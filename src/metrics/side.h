/* One side of a layer, its samples seen block by block, by several processes where it is
 * tall. */
#ifndef DUFM_METRICS_SIDE_H
#define DUFM_METRICS_SIDE_H

#include "dufm/features.h"

struct layer_side {
    const struct features_source *source;
    int layer; /* from 1 */
    enum side side;
    int width, samples; /* d, N */
    double *block;      /* d x columns: where a block lies while it is seen; not owned */
    int columns;        /* samples of a block at most */
};

/* What is done with a block: samples first .. first + count - 1. */
typedef enum error take_block(void *context, const struct layer_side *side, int first,
                              int count);

/* Samples first .. last - 1, in their order; errors of the source and of `take`. */
enum error side_each_block(const struct layer_side *side, int first, int last,
                           take_block *take, void *context);

/* Stripes of a side at most. */
enum { SIDE_STRIPES = 8 };

/* How many stripes of its samples are worth a process each: by the shape alone, so that a
 * result is the same bits however many processes take part. N >= 4 d where there are
 * several. */
int side_stripes(int width, int samples);

/* What is done before the first block of a stripe. */
typedef void begin_stripe(void *context, int stripe);

/* All samples, in `stripes` parts that `processes` processes share (1: this one alone, which
 * allocates nothing; else children, whose writes to shared memory alone are seen). Errors of
 * the source and of `take`; ERROR_SYSTEM where a process dies. */
struct side_round {
    const struct layer_side *side;
    int stripes, processes;
    begin_stripe *begin;
    take_block *take;
    void *context;
};
enum error side_each_stripe(const struct side_round *round);

#endif

/* What is measured while a point descends: NC1 and numerical rank of every layer, at each
 * record of its history. */
#ifndef DUFM_MONITOR_H
#define DUFM_MONITOR_H

#include "dufm/error.h"
#include "dufm/means.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/result.h"
#include "dufm/svd.h"

enum { MONITOR_TOLERANCE = 1 }; /* index in rank_tolerances: 1e-2 */

struct monitor {
    struct means means;
    struct svd svd;
    double *values;                   /* (min(d, K)) singular values of M_l */
    const struct model *model;        /* not owned, as the following */
    const struct factors *parameters; /* where model_forward was */
    struct result *result;            /* history_nc1, history_rank are filled */
    enum error error;                 /* the first one, ERROR_NONE until then */
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void monitor_carve(struct monitor *monitor, const struct shape *shape,
                   struct arena *arena);

/* Measure record number `record`, after model_forward at the parameters and after the
 * record's loss is in history_loss; a record whose loss is not finite keeps NaN and -1.
 * `context` is a struct monitor: the signature is history_observer of train.h. Allocates
 * nothing; costs for each layer one pass over s(H_l) and the eigenvalues of a Gram matrix
 * of size min(d, K): as much as 7 to 9 steps of descent at K = 10, L = 4, d = 30, n = 1, where
 * a step is cheapest. */
void monitor_observe(void *context, int record);

#endif

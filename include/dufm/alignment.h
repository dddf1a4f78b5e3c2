/* Alignment of weights with class means (NC3, DNC3 of MODEL.md), M = [m_1 .. m_K] the
 * class means of s(H_l). */
#ifndef DUFM_ALIGNMENT_H
#define DUFM_ALIGNMENT_H

#include "dufm/blas.h"
#include "dufm/means.h"
#include "dufm/memory.h"

/* Workspace of the measure by rows. */
struct alignment {
    double *products; /* max(d, K) x K: W M */
    double *squares;  /* (max(d, K)) squared norms of the rows of W */
};

/* Lay it out for one shape (memory.h: once to measure, once to take). */
void alignment_carve(struct alignment *alignment, const struct shape *shape,
                     struct arena *arena);

/* How well the rows w_i of W_l point along class means, long rows counting more:
 *     sum_i |w_i| max_k cos(w_i, m_k) / sum_i |w_i|,          -1 .. 1
 * 1 where every row is zero or a positive multiple of a class mean. Class means that are
 * zero have no direction and are left out; NaN where W or M is zero. `weight` has d
 * columns and at most max(d, K) rows. */
double alignment_rows(struct alignment *alignment, struct const_matrix weight,
                      const struct means *means);

/* Self-duality of the last layer, weight = W_L (K x d):
 *     | W_L/|W_L|_F - M^T/|M|_F |_F,                          0 .. 2
 * NaN where W_L or M is zero. */
double alignment_duality(struct const_matrix weight, const struct means *means);

#endif

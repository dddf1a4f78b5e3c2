/* How far two endings of one shape are from each other, however the features of either are
 * rotated or its neurons are ordered: the largest distance over the hidden layers l = 2..L
 * (l = 1 where L = 1) of the normalized Gram matrices of the class means of s(H_l),
 *
 *     | G/|G|_F - G'/|G'|_F |_F,    0 to sqrt 2.
 */
#ifndef DUFM_LIKENESS_H
#define DUFM_LIKENESS_H

#include "dufm/memory.h"
#include "dufm/model.h"

struct likeness {
    double *kept; /* G/|G|_F of each of these layers, K x K, one after the other */
    double *gram; /* of the other ending, K x K */
    double *mean; /* d x K */
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void likeness_carve(struct likeness *likeness, const struct shape *shape,
                    struct arena *arena);

/* Keep an ending, after model_forward there. */
void likeness_keep(struct likeness *likeness, const struct model *model,
                   const struct factors *parameters);

/* Distance of another one from it, after model_forward there; NaN where a layer of either is
 * zero or not finite. */
double likeness_distance(struct likeness *likeness, const struct model *model,
                         const struct factors *parameters);

#endif

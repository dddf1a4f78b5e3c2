/* Class means of one layer's features, with what the collapse metrics need of them:
 *
 *     M = [m_1 .. m_K]     m_k mean of the samples of class k
 *     mu = M 1/K           global mean: of the classes, however many samples each has
 *     M_c = M - mu 1^T     globally centred means
 *
 * Metrics of means that are nothing but rounding are undefined, not noise: M counts as
 * zero where no entry of it exceeds 1e-12 times the largest entry of H in
 * magnitude, and M_c likewise; both do where that largest entry is below means_least,
 * whose powers would leave the range of numbers.
 */
#ifndef DUFM_MEANS_H
#define DUFM_MEANS_H

#include <stdbool.h>

#include "dufm/memory.h"
#include "dufm/model.h"

extern const double means_least; /* 1e-130 */

struct means {
    struct shape shape;
    const double *samples; /* H or s(H), d x N; not owned; not read by means_finish */
    double *mean;          /* M, d x K */
    double *centred;       /* M_c, d x K */
    double *global;        /* mu, size d */
    double zero;           /* entries up to this are rounding: 1e-12 max |H_ij| */
    bool defined;          /* the samples are finite and M is not zero */
    bool spread;           /* ... and M_c is not zero: the classes differ */
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void means_carve(struct means *means, const struct shape *shape, struct arena *arena);

/* Compute everything that follows from `mean`: `most` is the largest magnitude of the
 * samples, infinite where one is not finite. `samples` is left alone. */
void means_finish(struct means *means, double most);

/* Compute everything for these samples, d x N column-major, which must outlive `means`.
 * Where the samples are not finite, `defined` and `spread` are false. */
void means_take(struct means *means, const double *samples);

#endif

/* What lies around the class means of one side of a layer, and a small matrix that has the
 * singular values of all its samples.
 *
 * The samples are divided into stripes, each of which may be taken by a process of its own:
 * sums and triangular factor (triangle.h) of a stripe lie in shared memory, and are put
 * together in the order of the stripes,
 *
 *     [R_1; R_2; ..] = Q R
 *
 * (TSQR: Demmel, Grigori, Hoemmen, Langou, SIAM J. Sci. Comput. 34 (2012) A206).
 *
 * How many there are depends on the shape alone, so that the result is the same bits
 * however many processes take part.
 */
#ifndef DUFM_SCATTER_H
#define DUFM_SCATTER_H

#include "dufm/blas.h"
#include "dufm/error.h"
#include "dufm/means.h"
#include "dufm/memory.h"
#include "dufm/triangle.h"
#include "dufm/variability.h"

struct layer_side;

/* Sums over samples. */
struct scatter_sums {
    double within; /* |h_j - m_k|^2 */
    double along;  /* of variability.h; 0 where that is not wanted */
};

struct scatter {
    struct triangle triangle;
    struct variability variability;
    double *whole;  /* d x N where N < d, which has no factor */
    double *factor; /* d x d for each stripe, shared; the first is that of all */
    struct scatter_sums *parts; /* of each stripe, shared */
};

/* Lengths of what is to be laid out for several layers. */
struct scatter_bounds {
    int classes;    /* K; to be set, as the next one */
    int columns;    /* samples of a block */
    int width;      /* largest d */
    int stripes;    /* of one layer at most */
    int triangular; /* largest d where N >= d */
    size_t whole;   /* values of the largest layer where N < d */
    size_t factors; /* values of the factors of all stripes of one layer, at most */
};

/* Let them enclose a layer of N samples of d features, too. */
void scatter_enclose(struct scatter_bounds *bounds, int width, int samples);

/* Lay out what each process has for itself (memory.h: once to measure, once to take) ... */
void scatter_carve(struct scatter *scatter, const struct scatter_bounds *bounds,
                   struct arena *arena);

/* ... and what they share (arena_share). */
void scatter_carve_shared(struct scatter *scatter, const struct scatter_bounds *bounds,
                          struct arena *shared);

/* Go through the samples, `processes` at work at a time (1: this one alone, which
 * allocates nothing); `means` are theirs. With `variability`, of means that differ, the
 * sums along their directions, too. *matrix: with the singular values of the samples; owned
 * by the scatter, until the next one is taken. ERROR_NUMERIC where LAPACK fails,
 * ERROR_SYSTEM where a process dies, and errors of the source. */
enum error scatter_take(struct scatter *scatter, const struct layer_side *side,
                        const struct means *means, bool variability, int processes,
                        struct scatter_sums *sums, struct const_matrix *matrix);

#endif

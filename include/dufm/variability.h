/* Within-class variability (NC1, DNC1 of MODEL.md): how far samples are from the means of
 * their classes, relative to how far these are from each other.
 *
 *     S_W = 1/N sum_ki (h_ki - m_k)(h_ki - m_k)^T      within classes
 *     S_B = 1/K sum_k (m_k - mu)(m_k - mu)^T           between them, globally centred
 *
 * Every sample counts the same in S_W, every class in S_B.
 *
 * Undefined (NaN) with one sample a class, and where the class means do not differ.
 */
#ifndef DUFM_VARIABILITY_H
#define DUFM_VARIABILITY_H

#include "dufm/error.h"
#include "dufm/means.h"
#include "dufm/memory.h"
#include "dufm/svd.h"

/* N tr(S_W) / |H|_F^2, the share of the squared norm that lies within classes: 0 .. 1, 0
 * with one sample a class, NaN for a zero matrix and where it is not finite. */
double variability_share(const struct means *means);

/* tr(S_W) / tr(S_B) from `within` = N tr(S_W) = sum |h_j - m_k|^2 of `count` samples that
 * means_take did not see; NaN where the class means do not differ. */
double variability_ratio(double within, double count, const struct means *means);

/* tr(S_W) / tr(S_B); allocates nothing, needs no workspace. */
double variability_trace(const struct means *means);

/* Workspace of the second form. */
struct variability {
    struct svd svd;
    double *values;    /* (min(d, K)) singular values of M_c */
    double *left;      /* d x min(d, K) its left singular vectors */
    int kept;          /* vectors that count */
    double *within;    /* d x columns deviations of samples from their class means */
    double *projected; /* min(d, K) x columns the same along the vectors that are kept */
};

/* Lay it out for one shape, whatever its number of samples, and `columns` of them at a
 * time (memory.h: once to measure, once to take). */
void variability_carve(struct variability *variability, const struct shape *shape,
                       int columns, struct arena *arena);

/* The second form in blocks of samples: find s_i and u_i (below) of means that differ ... */
enum error variability_begin(struct variability *variability, const struct means *means);

/* ... then, for `count` deviations that lie in variability->within, their part of the sum
 * below without the factor 1/N. */
double variability_along(struct variability *variability, int width, int count);

/* The second form for the samples of `means`, as many as columns were laid out:
 * *out = tr(S_W pinv(S_B)) / K, directions whose eigenvalue of S_B is at most 1e-6
 * times the largest being none (as the singular values of M_c at 1e-3). With s_i, u_i the
 * singular values and left vectors of M_c that are kept, S_B u_i = s_i^2/K u_i, so
 *     1/N sum_i sum_j (u_i^T e_j)^2 / s_i^2            e_j: column j of `within`
 * ERROR_NUMERIC when LAPACK does not converge. */
enum error variability_pinv(struct variability *variability, const struct means *means,
                            double *out);

#endif

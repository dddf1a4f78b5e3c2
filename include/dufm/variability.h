/* Within-class variability (NC1, DNC1 of MODEL.md): how far samples are from the means of
 * their classes, relative to how far these are from each other.
 *
 *     S_W = 1/N sum_ki (h_ki - m_k)(h_ki - m_k)^T      within classes
 *     S_B = 1/K sum_k (m_k - mu)(m_k - mu)^T           between them, globally centred
 *
 * Undefined (NaN) with one sample a class, and where the class means do not differ.
 */
#ifndef DUFM_VARIABILITY_H
#define DUFM_VARIABILITY_H

#include "dufm/error.h"
#include "dufm/means.h"
#include "dufm/memory.h"
#include "dufm/svd.h"

/* Directions whose eigenvalue of S_B is at most this times the largest (1e-6) are none:
 * the same as the singular values of M_c at a relative tolerance of 1e-3. */
extern const double variability_cutoff;

/* tr(S_W) / tr(S_B); allocates nothing, needs no workspace. */
double variability_trace(const struct means *means);

/* Workspace of the second form. */
struct variability {
    struct svd svd;
    double *values;    /* (min(d, K)) singular values of M_c */
    double *left;      /* d x min(d, K) its left singular vectors */
    double *within;    /* d x N deviations of the samples from their class means */
    double *projected; /* min(d, K) x N the same along the vectors that are kept */
};

/* Lay it out for one shape (memory.h: once to measure, once to take). */
void variability_carve(struct variability *variability, const struct shape *shape,
                       struct arena *arena);

/* *out = tr(S_W pinv(S_B)) / K, the pseudo-inverse with variability_cutoff. With s_i, u_i
 * the singular values and left vectors of M_c that are kept, S_B u_i = s_i^2/K u_i, so
 *     1/N sum_i sum_j (u_i^T e_j)^2 / s_i^2            e_j: column j of `within`
 * ERROR_NUMERIC when LAPACK does not converge. */
enum error variability_pinv(struct variability *variability, const struct means *means,
                            double *out);

#endif

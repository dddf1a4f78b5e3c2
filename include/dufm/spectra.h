/* Spectra of every layer: singular values, ranks, class means and their Grams (MODEL.md).
 */
#ifndef DUFM_SPECTRA_H
#define DUFM_SPECTRA_H

#include "dufm/error.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/result.h"
#include "dufm/svd.h"

/* Buffers of a measurement. */
struct spectra {
    struct svd svd;
    double *pre;       /* H_l, d x N */
    double *mean_pre;  /* M_l, d x K */
    double *mean_post; /* class means of s(H_l), d x K */
    double *output;    /* Z, K x N */
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void spectra_carve(struct spectra *spectra, const struct shape *shape,
                   struct arena *arena);

/* Measure all layers at `parameters` after model_forward there: fills the spectra, ranks
 * and Grams of `result`. ERROR_NUMERIC when LAPACK does not converge. */
enum error spectra_measure(struct spectra *spectra, const struct model *model,
                           const struct factors *parameters, struct result *result);

/* Class means: column k of `mean` (rows x classes) is the mean of columns k n .. k n + n
 * - 1 of `samples` (rows x classes n). */
void spectra_class_means(int rows, int classes, int samples_per_class,
                         const double *samples, double *mean);

/* Number of values above max(tolerance * values[0], rank_floor); -1 when they are not
 * finite. `values` are descending. */
int spectra_rank(const double *values, int count, double tolerance);

/* sum s_i^2 / s_1^2; NaN for a zero matrix. */
double spectra_stable_rank(const double *values, int count);

/* exp(- sum p_i log p_i), p_i = s_i / sum s (Roy & Vetterli 2007); NaN for a zero matrix.
 */
double spectra_effective_rank(const double *values, int count);

#endif

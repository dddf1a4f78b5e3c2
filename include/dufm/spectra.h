/* Spectra of every layer: singular values, ranks, class means and their Grams (MODEL.md).
 */
#ifndef DUFM_SPECTRA_H
#define DUFM_SPECTRA_H

#include <stdbool.h>

#include "dufm/error.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/result.h"
#include "dufm/svd.h"

/* Asked now and then; true stops the measurement. */
typedef bool spectra_poll(void *context);

/* Buffers of a measurement. */
struct spectra {
    spectra_poll *poll; /* asked before each layer; NULL (spectra_carve): nobody is */
    void *poll_context;
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
 * and Grams of `result`. ERROR_NUMERIC when LAPACK does not converge, ERROR_INTERRUPTED when
 * the poll said so. */
enum error spectra_measure(struct spectra *spectra, const struct model *model,
                           const struct factors *parameters, struct result *result);

/* Singular values and ranks of one matrix of a layer (from 1), into `result`, whose `index`
 * has room for min(rows, columns). ERROR_NUMERIC when LAPACK does not converge. */
enum error spectra_measure_matrix(struct svd *svd, struct const_matrix matrix,
                                  enum spectrum which, int layer, struct result *result);

/* Ranks from the `count` singular values that `result` holds of that matrix. */
void spectra_measure_ranks(struct result *result, enum spectrum which, int layer,
                           int count);

/* Gram matrix of the class means (d x K) of one side of a layer, where `result` keeps it.
 */
void spectra_keep_gram(struct const_matrix mean, enum side side, int layer,
                       struct result *result);

/* Class means: column k of `mean` (d x K) is the mean of the columns of `samples` (d x N)
 * that are of class k. */
void spectra_class_means(const struct shape *shape, const double *samples, double *mean);

/* Number of values above max(tolerance * values[0], rank_floor); -1 when they are not
 * finite. `values` are descending. */
int spectra_rank(const double *values, int count, double tolerance);

/* sum s_i^2 / s_1^2; NaN for a zero matrix. */
double spectra_stable_rank(const double *values, int count);

/* exp(- sum p_i log p_i), p_i = s_i / sum s (Roy & Vetterli 2007); NaN for a zero matrix.
 */
double spectra_effective_rank(const double *values, int count);

#endif

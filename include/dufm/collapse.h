/* All metrics of neural collapse, for every layer before and after the ReLU: NC1
 * (variability.h), NC2 (frame.h), NC3 (alignment.h). */
#ifndef DUFM_COLLAPSE_H
#define DUFM_COLLAPSE_H

#include "dufm/alignment.h"
#include "dufm/error.h"
#include "dufm/means.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/result.h"
#include "dufm/variability.h"

/* Buffers of a measurement. */
struct collapse {
    struct means means;
    struct variability variability;
    struct alignment alignment;
    double *pre;  /* H_l, d x N */
    double *gram; /* G or G_c, K x K */
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void collapse_carve(struct collapse *collapse, const struct shape *shape,
                    struct arena *arena);

/* NC2 and the condition of the class means of one side of a layer: `means` computed, their
 * singular values in `result`; `gram`: a buffer, K x K. Layers count from 1. */
void collapse_measure_means(const struct means *means, double *gram, enum side side,
                            int layer, struct result *result);

/* Measure all layers at `parameters`, after model_forward there and after spectra_measure
 * (whose singular values of the class means are read): fills nc1_*, nc2_*, nc3_* and
 * condition of `result`. ERROR_NUMERIC when LAPACK does not converge. */
enum error collapse_measure(struct collapse *collapse, const struct model *model,
                            const struct factors *parameters, struct result *result);

#endif

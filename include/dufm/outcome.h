/* What an ending is, by the structure of its layers; the loss only splits low rank in
 * two. */
#ifndef DUFM_OUTCOME_H
#define DUFM_OUTCOME_H

#include "dufm/kind.h"
#include "dufm/model.h"
#include "dufm/result.h"

/* The share of a layer's squared norm that lies within classes, 1 - n |M|_F^2 / |H|_F^2,
 * from the singular values of M and H. */
double outcome_within_share(const double *mean_values, const double *feature_values,
                            int index, int samples);

/* Bounds of the rules below. */
extern const double outcome_frame_bound; /* a layer is an orthogonal frame up to this */
extern const double
    outcome_within_bound; /* a layer is collapsed within classes up to this */

/* The first rule that holds (layers l = 2..L after the ReLU; l = 1 when L = 1):
 *     none            the loss is not finite
 *     trivial         the output has rank 0
 *     dnc             every layer is collapsed within classes and an orthogonal frame
 *     low_rank        a layer's class means have rank below K (tolerance 1e-2), and the
 * loss is below the DNC loss (below the trivial one where DNC does not exist)
 *     low_rank_high   the same rank, loss not below
 *     partial         the last layer is collapsed and a frame, another one is not
 *     other           anything else
 * Reads the loss, the references, the spectra, ranks and frame distances of `result`. */
enum outcome outcome_classify(const struct problem *problem, const struct result *result);

#endif

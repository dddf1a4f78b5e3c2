/* How far an ending is from the reference structures (MODEL.md), whatever the order of
 * its classes and however its features are rotated: by the class means M of s(H_l) and
 * their Gram matrices G = M^T M, in every hidden layer l = 2..L (l = 1 where L = 1).  A
 * layer is as far from a structure as its Gram is (pattern.h),
 *
 *     | G/|G|_F - P/|P|_F |_F;
 *
 * an ending is as far as the farthest of its layers:
 *
 *     DNC      P = I in every layer; with cross-entropy I - 11^T/K, and G of the globally
 *              centred means: a simplex ETF, whatever its mean
 *     SRG      P = B^T B for l < L; P = (2 I + v A)^2 for l = L, the nearest v in [0, 1]
 *              (v = 0: the plain solution; else relaxed: s(M_L) ~ 2 I + v A)
 *     clique   P = B^T B for l < L; P = N^T N for l = L, the nearest order m with
 *              3 <= m < r and C(r, m) <= d
 *
 * and, for the last two, as far as the neurons of layer L are from what these respond to
 * (neuron.h). Which class is which edge is found once, for all layers, from the sum of
 * the normalized Grams of the layers l < L (arrangement.h).
 */
#ifndef DUFM_STRUCTURE_H
#define DUFM_STRUCTURE_H

#include "dufm/arrangement.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/neuron.h"
#include "dufm/result.h"

/* Buffers of a measurement. */
struct structure {
    double *mean;                   /* class means of s(H_l), L of d x K */
    double *gram;                   /* G/|G|_F of that layer, K x K */
    double *sum;                    /* of the normalized Grams of layers 2..L-1, K x K */
    struct arrangement arrangement; /* the classes as edges of K_r */
    struct neuron neuron;
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void structure_carve(struct structure *structure, const struct shape *shape,
                     struct arena *arena);

/* Distance of each layer from what DNC has there, (layer): an array of `result`. */
const double *structure_frame_distances(const struct problem *problem,
                                        const struct result *result);

enum { STRUCTURE_LAYERS = 512 }; /* of a network at most */

/* Class means of s(H_l) of all layers, whose widths may differ. */
struct structure_layers {
    int depth;                                  /* L, 3 .. STRUCTURE_LAYERS */
    int classes;                                /* K = r(r-1)/2, r >= 4 */
    struct const_matrix mean[STRUCTURE_LAYERS]; /* mean[l-1] of layer l: d_l x K; not
                                                   owned */
};

/* Fill distance_srg, distance_clique and distance_clique_order of `result` from the means
 * alone. `structure` is laid out for a shape of as many classes. */
void structure_measure_graph(struct structure *structure,
                             const struct structure_layers *layers,
                             struct result *result);

/* Measure the distances after model_forward, spectra_measure and collapse_measure, with
 * the loss in `result`: fills its distance_dnc, distance_srg, distance_clique and
 * distance_clique_order. NaN (order 0) where the shape has no such structure
 * (reference_has_srg; DNC: reference_has_width), the output has rank 0, a layer is zero,
 * or it or the
 * loss is not finite. */
void structure_measure(struct structure *structure, const struct model *model,
                       struct result *result);

#endif

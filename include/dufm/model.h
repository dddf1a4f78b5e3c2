/* The deep unconstrained features model (MODEL.md; arXiv 2405.14468, section 3).
 *
 *     H_2 = W_1 H_1,  H_{l+1} = W_l s(H_l),  Z = W_L s(H_L)     s = ReLU or identity
 *     L(theta) = fit(Z) + sum_l lambda_l/2 |W_l|_F^2 + lambda_H/2 |H_1|_F^2
 *
 * The fit is that of loss.h, mse or ce, with y_j the class of sample j; s never acts on
 * H_1 nor on Z; s'(0) = 0.  All matrices are dense, column major, without padding, in
 * mathematical orientation: a column of H is one sample.
 */
#ifndef DUFM_MODEL_H
#define DUFM_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/kind.h"
#include "dufm/memory.h"
#include "dufm/point.h"
#include "dufm/product.h"

struct shape {
    int depth;    /* L */
    int width;    /* d */
    int classes;  /* K */
    int samples;  /* n, of each class; samples are sorted by class */
    int minority; /* of each class of the second half, the last floor(K/2) ones, instead;
                     0: as many */
};

/* Whether all classes have as many samples; numbers of samples, rows and parameters. */
bool shape_is_balanced(const struct shape *shape);
int shape_class_samples(const struct shape *shape, int class_); /* n_k, class_ from 0 */
int shape_sample_count(const struct shape *shape);              /* N = sum n_k */
int shape_rows(const struct shape *shape,
               int layer); /* of W_layer, layer = 1..L: d, or K */
size_t shape_parameter_count(const struct shape *shape); /* of H_1 and all W_l */

/* The parameters (or a gradient, or a momentum buffer): one block, H_1 first, then
 * W_1..W_L. */
struct factors {
    struct shape shape;
    double *data;              /* size shape_parameter_count; not owned */
    double *feature;           /* H_1, d x N */
    double *weight[DEPTH_MAX]; /* shape_rows(l) x d, W_l = scale[l-1] weight[l-1] */
    double scale[DEPTH_MAX];   /* 1 but while an optimizer keeps the decay in it */
};

/* Point the views of `factors` into `data`; all scales 1. */
void factors_view(struct factors *factors, const struct shape *shape, double *data);

/* Multiply the scales into the weights, so that all are 1 again. */
void factors_normalize(struct factors *factors);

struct problem {
    struct shape shape;
    enum loss_kind loss;
    enum activation_kind activation;
    double lambdas[DEPTH_MAX]; /* size depth */
    double lambda_h;
};

/* The problem a point poses. */
struct problem problem_of_point(const struct point *point);

/* Loss and its parts at one set of parameters. */
struct loss_terms {
    double total;
    double fit;
    double regularization;                   /* sum of the following */
    double feature_regularization;           /* lambda_H/2 |H_1|^2 */
    double weight_regularization[DEPTH_MAX]; /* size depth: lambda_l/2 |W_l|^2 */
};

/* The products of one layer, r = shape_rows x d:
 *     forward     W X          r x N
 *     backward    W^T D        d x N
 *     update      W += D X^T   r x d */
struct layer_products {
    struct product forward, backward, update;
};

/* A model: a problem and the buffers its passes need; all memory comes from an arena, so
 * that nothing is allocated while it runs. The arena outlives the model. */
struct model {
    struct problem problem;
    double *post[DEPTH_MAX]; /* post[l-1] = s(H_l), d x N, l = 2..L; post[0] is unused */
    double *output;          /* Z, then the fit's dL/dZ (loss.h): K x N */
    double *delta[2];        /* back-propagated residuals, d x N, alternating */
    struct layer_products hidden; /* of W_1 .. W_{L-1} */
    struct layer_products last;   /* of W_L */
};

/* Lay a model out in `arena` (memory.h: once to measure, once to take). */
void model_carve(struct model *model, const struct problem *problem, struct arena *arena);

/* Forward pass: fills post, and output with the gradient of the fit; returns the fit. */
double model_forward(struct model *model, const struct factors *parameters);

/* What a backward pass hands over, factor by factor from W_L down to W_1, then H_1: the
 * gradient of the fit term as its two thin factors, so that an optimizer may fuse the product
 * into its update.
 *     W_l: gradient = left right^T, left shape_rows(l) x N, right = s(H_l) d x N
 *     H_1: layer = 0, left = gradient d x N, right = NULL
 * The sink may overwrite the factor it is handed, and left: neither is needed any more. */
typedef void model_sink(void *context, int layer, double *left, const double *right);

/* target += left right^T, the gradient of the fit term that a sink was handed for
 * `layer`. */
void model_add_product(const struct model *model, int layer, const double *left,
                       const double *right, double *target);

/* Backward pass after model_forward at the same parameters. */
void model_backward(struct model *model, const struct factors *parameters,
                    model_sink *sink, void *context);

/* Loss with all its parts, given the fit term of a forward pass at these parameters. */
void model_loss_terms(const struct problem *problem, const struct factors *parameters,
                      double fit, struct loss_terms *out);

/* The same with its own forward pass. */
void model_loss(struct model *model, const struct factors *parameters,
                struct loss_terms *out);

/* The loss's gradient, regularization included, into `gradient` (same shape); after
 * model_forward at the same parameters. */
void model_gradient_after_forward(struct model *model, const struct factors *parameters,
                                  struct factors *gradient);

/* The same with its own forward pass; returns the fit term. */
double model_gradient(struct model *model, const struct factors *parameters,
                      struct factors *gradient);

/* Pre-activations of one layer, H_layer (d x N), layer = 1..L, or Z (K x N) for L + 1,
 * written to `out`; needs the buffers post filled by model_forward at these parameters.
 */
void model_preactivation(const struct model *model, const struct factors *parameters,
                         int layer, double *out);

/* Post-activations of one layer, s(H_layer) (d x N), layer = 1..L, H_1 itself for 1: what
 * W_layer multiplies. Owned by `model` or `parameters`; after model_forward there. */
const double *model_postactivation(const struct model *model,
                                   const struct factors *parameters, int layer);

/* A random start: W_l ~ N(0, scale^2/d) for INIT_FAN_IN or N(0, scale^2) for
 * INIT_CONSTANT; H_1 ~ N(0, scale_h^2). */
struct random_start {
    enum init_kind init;
    double scale;
    double scale_h;
};

/* Fill `parameters` with the start; the numbers are keyed by `key`, tensor l for W_l. */
void model_random_start(struct factors *parameters, const struct random_start *start,
                        const struct random_key *key);

#endif

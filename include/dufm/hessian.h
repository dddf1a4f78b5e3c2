/* Products of the objective's Hessian with a vector, exact, by Pearlmutter's R-operator:
 * the derivative of every pass along a direction V of the parameters.  With P_l = s(H_l)
 * (P_1 = H_1), D_l the gradient of the fit by the output of W_l, R x the change of x,
 *
 *     R (W_l P_l) = V_l P_l + W_l R P_l,       R P_l = s'(H_l) o R H_l,  R P_1 = V_H
 *     R D_L = fit''(Z) R Z,                    R D_{l-1} = s'(H_l) o (V_l^T D_l + W_l^T R D_l)
 *     (Hessian V)_l = R D_l P_l^T + D_l R P_l^T + lambda_l V_l
 *     (Hessian V)_H = V_1^T D_1 + W_1^T R D_1 + lambda_H V_H
 *
 * where s'(0) = 0, as in the gradient, and s'' = 0: where a ReLU switches it is the Hessian
 * of the smooth piece whose gradient descent follows there.  Symmetric on each piece.
 */
#ifndef DUFM_HESSIAN_H
#define DUFM_HESSIAN_H

#include "dufm/memory.h"
#include "dufm/model.h"

/* The Hessian at one set of parameters, and the buffers of its products. */
struct hessian {
    struct model *model;            /* not owned; holds the forward pass there */
    const struct factors *at;       /* the parameters; not owned */
    double *delta[DEPTH_MAX];       /* delta[l-1] = D_l: d x N; K x N for l = L */
    double *post_change[DEPTH_MAX]; /* post_change[l-1] = R P_l, d x N, l = 2..L */
    double *output_change;          /* R Z, then R D_L: K x N */
    double *delta_change[2];        /* R D_l for l < L: d x N, alternating */
    struct layer_products hidden;   /* those of the model, added to what is there: */
    struct layer_products last;     /* ... of W_L */
};

/* Lay the buffers out for a problem (memory.h: once to measure, once to take). */
void hessian_carve(struct hessian *hessian, const struct problem *problem,
                   struct arena *arena);

/* Stand at these parameters, whose scales are 1 (factors_normalize); the model, of the
 * problem that was laid out, makes its passes there. Both are kept by reference, and have to
 * stay as they are until the last product. */
void hessian_stand(struct hessian *hessian, struct model *model,
                   const struct factors *parameters);

/* out = Hessian direction; both of the parameters' shape, all scales 1, not overlapping.
 * Allocates nothing. */
void hessian_apply(struct hessian *hessian, const struct factors *direction,
                   struct factors *out);

#endif

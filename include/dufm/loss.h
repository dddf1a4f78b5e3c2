/* The fit term of the objective, one row a loss (MODEL.md): what the output Z costs, and
 * where it pulls.
 *
 *     mse   1/(2N) |Z - Y|_F^2                            dL/dZ = (Z - Y)/N
 *     ce    1/N sum_j [logsumexp(z_j) - z_{y_j, j}]       dL/dZ = (softmax(Z) - Y)/N
 *
 * Y_ij = 1 where sample j is of class i; samples are sorted by class.
 */
#ifndef DUFM_LOSS_H
#define DUFM_LOSS_H

#include "dufm/model.h"

/* Turn the output Z (K x N, column major) in place into dL/dZ; returns the fit term.
 * Exponentials are of differences from the largest entry of a column, so that no finite
 * output overflows; where one is not finite, neither is the fit. */
double loss_residual(enum loss_kind loss, const struct shape *shape, double *output);

/* Turn the change of the output Z (K x N) in place into that of dL/dZ, to first order;
 * `residual` is dL/dZ at Z (loss_residual).
 *     mse   R dL/dZ = R Z / N
 *     ce    R dL/dZ = p o (R Z - p . R Z) / N,  p = softmax(z_j), column by column */
void loss_residual_change(enum loss_kind loss, const struct shape *shape,
                          const double *residual, double *change);

/* The fit term where Z = 0: 1/2, or log K. */
double loss_trivial(enum loss_kind loss, const struct shape *shape);

#endif

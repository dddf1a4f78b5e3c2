/* Parameters that are given in place of others, in units of what they act on.
 *
 *     width_per_class   width = width_per_class * classes, rounded
 *     kappa_ratio       lambda such that K lbar / kappa_max(L) is kappa_ratio, with
 *                       lbar = (n lambda_h prod_l lambda_l)^(1/(L+1)) (MODEL.md)
 *     horizon           max_steps = horizon / (learning_rate * least lambda), rounded up
 *
 * A point carries both; its identity and its row are those of what was derived. Values
 * are rounded to 12 digits first, so that they are the same on every machine.
 */
#ifndef DUFM_DERIVED_H
#define DUFM_DERIVED_H

#include "dufm/point.h"

/* What may be given in place of stored parameters, like the rows of parameter_table. */
extern const struct parameter derived_table[];
extern const int derived_count;

/* kappa_max(L) = ((L-1)^(L-1) / L^(2L))^(1/(L+1)), 1 for L = 1. */
double derived_kappa_max(int depth);

/* Least lambda of a resolved point, lambda_h included. */
double derived_least_lambda(const struct point *point);

/* What the parameters given instead say, at the point's other values; called by
 * point_resolve in the order width, lambda, (lambdas, lambda_h,) steps. A result too
 * large for an int is INT_MAX. */
int derived_width(const struct point *point);
double derived_lambda(const struct point *point);
int derived_steps(const struct point *point);

/* The value of a row of derived_table at a resolved point, given or not: kappa_ratio of
 * the lambdas, width over classes, the horizon of max_steps. */
double derived_value(const struct parameter *parameter, const struct point *point);

/* Whether the value of a row of derived_table may have led to the resolved point: a
 * quick look before an exact comparison. */
bool derived_may_match(const struct parameter *parameter, double value,
                       const struct point *point);

/* Rounded to 12 significant decimal digits, so that what pow() leaves in the last bits
 * does not enter the identity of a point. */
double derived_round(double value);

#endif

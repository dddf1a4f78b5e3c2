/* Branches: the nonzero local minima of families of points with one scale left free.
 *
 * Every reference solution (MODEL.md) is, once its factors are balanced and its last
 * layer eliminated, the least point of a curve: the regularization grows like a power of
 * the scale, the fit falls mode by mode.  The zero point is always a local minimum; the
 * branch is the other one.
 */
#ifndef DUFM_BRANCH_H
#define DUFM_BRANCH_H

#include <stdbool.h>

/* Value of the nonzero local minimum of
 *
 *     (1-x)^2/2 + weight (L+1)/2 x^(2/(L+1)),      0 <= x <= 1, weight > 0,
 *
 * and in *x its place, the larger root of (1-x) x^q = weight, q = (L-1)/(L+1), to the
 * last bit.  NaN where there is none (weight too large); *x is then the ridge q/(1+q),
 * where the branch would first appear: 0 for L = 1. */
double branch_power(double weight, int depth, double *x);

enum { BRANCH_MODES_MAX = 40 };

/* value(z) = cost z^(1/L) + sum_i weight_i / (1 + gain_i z)
 *
 * with z the squared scale of the last features over K lambda_L: the first term is the
 * balanced regularization of all factors but W_L, mode i of the second one the ridge
 * regression of W_L on a singular value s with s^2 / (K lambda_L) = gain_i z. */
struct branch {
    int depth;                       /* L >= 2 */
    double cost;                     /* > 0 */
    int modes;                       /* 1 .. BRANCH_MODES_MAX */
    double weight[BRANCH_MODES_MAX]; /* multiplicity / (2 K): they sum to 1/2 */
    double gain[BRANCH_MODES_MAX];   /* >= 0, not all 0 */
};

/* The function above at z >= 0. */
double branch_value(const struct branch *branch, double z);

/* Whether there is a local minimum at some z > 0; if so, *z is the place of the least one
 * (to rounding: all stationary points lie between bounds that are scanned). */
bool branch_minimum(const struct branch *branch, double *z);

/* The place where the branch first appears as cost falls: a scale to start from where
 * there is no minimum.  Exact for one gain, else the best of a fine scan. */
double branch_ridge(const struct branch *branch);

#endif

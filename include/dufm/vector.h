/* The element-wise loops of a descent step, compiled for several instruction sets and picked
 * when the program starts. All give the same bits: nothing is reordered or fused. Arrays do
 * not overlap. */
#ifndef DUFM_VECTOR_H
#define DUFM_VECTOR_H

#include <stddef.h>

/* x <- a x */
void vector_scale(double a, double *x, size_t count);

/* x <- max(a x, 0); NaN becomes 0 */
void vector_rectify(double a, double *x, size_t count);

/* x <- a x where gate > 0, else 0 */
void vector_gate(double a, const double *gate, double *x, size_t count);

/* What a step by moments of the gradient is made of. */
struct vector_moments {
    double beta1, beta2; /* decay of the moments */
    double rate;         /* over the first moment's bias correction */
    double root;         /* root of the second one's */
    double epsilon;
    double *mean, *square; /* the moments; size count */
};

/* With g the gradient, element by element
 *     m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2,
 *     x <- x - rate m / (sqrt(v) / root + epsilon) */
void vector_step_by_moments(const struct vector_moments *moments, const double *gradient,
                            double *x, size_t count);

/* y <- a x + b y */
void vector_blend(double a, const double *x, double b, double *y, size_t count);

#endif

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

/* y <- a x + b y */
void vector_blend(double a, const double *x, double b, double *y, size_t count);

#endif

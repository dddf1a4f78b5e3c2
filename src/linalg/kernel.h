/* What libxsmm is asked for, so that one file knows it. */
#ifndef DUFM_LINALG_KERNEL_H
#define DUFM_LINALG_KERNEL_H

#include "dufm/product.h"

/* A kernel C (+)= A B (or A B^T) for exactly that shape, NULL where there is none. */
product_kernel *kernel_generate(int m, int n, int k, bool right_transposed,
                                bool accumulate);

/* out = in^T, in rows x columns; the two must not overlap. */
void kernel_transpose(int rows, int columns, const double *in, double *out);

#endif

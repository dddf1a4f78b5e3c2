/* Dense products: the few BLAS operations the model needs, on column-major matrices.
 *
 * One thread, always: points are spread over ranks, and a result must not depend on how a
 * library splits a product.
 */
#ifndef DUFM_BLAS_H
#define DUFM_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"

/* A column-major matrix without padding; the data is not owned. */
struct matrix {
    int rows, columns;
    double *data;
};

struct const_matrix {
    int rows, columns;
    const double *data;
};

/* C = alpha A B + beta C        A m x k, B k x n, C m x n; none may overlap C. */
void blas_multiply(double alpha, struct const_matrix a, struct const_matrix b,
                   double beta, struct matrix c);

/* C = alpha A^T B + beta C      A k x m, B k x n, C m x n */
void blas_multiply_left_transposed(double alpha, struct const_matrix a,
                                   struct const_matrix b, double beta, struct matrix c);

/* C = alpha A B^T + beta C      A m x k, B n x k, C m x n */
void blas_multiply_right_transposed(double alpha, struct const_matrix a,
                                    struct const_matrix b, double beta, struct matrix c);

/* sum of x[i] y[i] */
double blas_dot(const double *x, const double *y, size_t count);

/* sum of x[i]^2 */
double blas_square_sum(const double *x, size_t count);

/* y += a x */
void blas_add(double a, const double *x, double *y, size_t count);

/* Set the BLAS library to one thread and check that it is: a build with OpenMP takes its
 * number from the OpenMP runtime and ignores its own switch, so both are set.
 * ERROR_NUMERIC with the remedy when more than one thread would run. */
enum error blas_single_thread(void);

/* Threads a product would run. */
int blas_thread_count(void);

/* "OpenBLAS 0.3.21", and the kernel set it chose for this CPU; owned by this module. */
const char *blas_library(void);
const char *blas_kernel(void);

#endif

/* Singular values and left vectors (LAPACK dgesvd): accurate relative to the largest
 * value.
 */
#ifndef DUFM_SVD_H
#define DUFM_SVD_H

#include "dufm/blas.h"
#include "dufm/error.h"
#include "dufm/memory.h"

struct svd {
    int rows, columns; /* largest matrix it can take */
    double *copy;      /* size rows x columns: the matrix is destroyed by LAPACK */
    double *work;
    int work_size; /* doubles in work */
};

/* Lay out the workspace for matrices up to rows x columns (memory.h: once to measure,
 * once to take). */
void svd_carve(struct svd *svd, int rows, int columns, struct arena *arena);

/* All min(rows, columns) singular values of a column-major matrix, descending, into
 * `values`. NaN throughout when the matrix holds a value that is not finite.
 * ERROR_NUMERIC when LAPACK does not converge. */
enum error svd_values(struct svd *svd, int rows, int columns, const double *matrix,
                      double *values);

/* The same with the left singular vectors: column i of `left` (rows x min(rows, columns),
 * column-major) belongs to values[i]. All NaN when the matrix is not finite. */
enum error svd_left(struct svd *svd, struct const_matrix matrix, double *values,
                    double *left);

/* The values from the eigenvalues of the smaller Gram matrix, A^T A or A A^T: in half the
 * time, but s_i only to about epsilon s_1^2/s_i, at best 1e-8 s_1. Enough to count those
 * above a hundredth of s_1. NaN throughout where squares overflow. */
enum error svd_values_by_gram(struct svd *svd, struct const_matrix matrix,
                              double *values);

/* "LAPACK 3.11.0"; owned by this module. */
const char *svd_library(void);

#endif

/* Singular values (LAPACK dgesvd without vectors): accurate relative to the largest. */
#ifndef DUFM_SVD_H
#define DUFM_SVD_H

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

/* "LAPACK 3.11.0"; owned by this module. */
const char *svd_library(void);

#endif

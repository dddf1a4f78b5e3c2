#include "dufm/svd.h"

#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* dgesvd needs max(3 min + max, 5 min); a block of 64 columns serves its blocked
 * reduction. */
static size_t work_needed(size_t rows, size_t columns) {
    size_t small = rows < columns ? rows : columns;
    size_t large = rows < columns ? columns : rows;
    size_t least = 3 * small + large > 5 * small ? 3 * small + large : 5 * small;
    return least + 64 * (rows + columns);
}

void svd_carve(struct svd *svd, int rows, int columns, struct arena *arena) {
    svd->rows = rows;
    svd->columns = columns;
    size_t work = work_needed((size_t)rows, (size_t)columns);
    if (work > INT_MAX)
        work = SIZE_MAX; /* more than LAPACK counts: no memory is enough */
    svd->work_size = (int)(work & INT_MAX);
    svd->copy = arena_take(arena, (size_t)rows * (size_t)columns, sizeof(double));
    svd->work = arena_take(arena, work, sizeof(double));
}

static bool all_finite(const double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

static void fill_nan(double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = NAN;
}

/* Values, and left vectors unless `left` is NULL; the matrix is copied first. */
static enum error decompose(struct svd *svd, struct const_matrix matrix, double *values,
                            double *left) {
    int rows = matrix.rows, columns = matrix.columns;
    size_t count = (size_t)rows * (size_t)columns;
    int values_count = rows < columns ? rows : columns;
    if (!all_finite(matrix.data, count)) {
        fill_nan(values, (size_t)values_count);
        if (left != NULL) fill_nan(left, (size_t)rows * (size_t)values_count);
        return ERROR_NONE;
    }
    memcpy(svd->copy, matrix.data, count * sizeof *matrix.data);
    lapack_int info = LAPACKE_dgesvd_work(LAPACK_COL_MAJOR, left != NULL ? 'S' : 'N', 'N',
                                          rows, columns, svd->copy, rows, values, left,
                                          rows, NULL, 1, svd->work, svd->work_size);
    if (info != 0)
        return RAISE(ERROR_NUMERIC,
                     "the singular values of a %d x %d matrix did not converge "
                     "(dgesvd: %d)",
                     rows, columns, (int)info);
    return ERROR_NONE;
}

enum error svd_values(struct svd *svd, int rows, int columns, const double *matrix,
                      double *values) {
    return decompose(svd, (struct const_matrix){rows, columns, matrix}, values, NULL);
}

enum error svd_left(struct svd *svd, struct const_matrix matrix, double *values,
                    double *left) {
    return decompose(svd, matrix, values, left);
}

enum error svd_values_by_gram(struct svd *svd, struct const_matrix matrix,
                              double *values) {
    int rows = matrix.rows, columns = matrix.columns;
    int size = rows < columns ? rows : columns;
    struct matrix gram = {size, size, svd->copy};
    if (columns <= rows)
        blas_multiply_left_transposed(1.0, matrix, matrix, 0.0, gram);
    else
        blas_multiply_right_transposed(1.0, matrix, matrix, 0.0, gram);
    /* Squares overflow before the values do. */
    if (!all_finite(gram.data, (size_t)size * (size_t)size)) {
        fill_nan(values, (size_t)size);
        return ERROR_NONE;
    }
    lapack_int info = LAPACKE_dsyev_work(LAPACK_COL_MAJOR, 'N', 'L', size, gram.data,
                                         size, values, svd->work, svd->work_size);
    if (info != 0)
        return RAISE(ERROR_NUMERIC,
                     "the eigenvalues of a %d x %d Gram matrix did not converge "
                     "(dsyev: %d)",
                     size, size, (int)info);
    for (int i = 0; i < (size + 1) / 2; i++) { /* ascending so far, and squared */
        double small = values[i], large = values[size - 1 - i];
        values[i] = sqrt(fmax(large, 0.0));
        values[size - 1 - i] = sqrt(fmax(small, 0.0));
    }
    return ERROR_NONE;
}

const char *svd_library(void) {
    static char text[32];
    lapack_int major, minor, patch;
    LAPACK_ilaver(&major, &minor, &patch);
    snprintf(text, sizeof text, "LAPACK %d.%d.%d", (int)major, (int)minor, (int)patch);
    return text;
}

#include "dufm/svd.h"

#include <lapacke.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* dgesvd needs max(3 min + max, 5 min); a block of 64 columns serves its blocked
 * reduction. */
static int work_needed(int rows, int columns) {
    int small = rows < columns ? rows : columns, large = rows < columns ? columns : rows;
    int least = 3 * small + large > 5 * small ? 3 * small + large : 5 * small;
    return least + 64 * (rows + columns);
}

void svd_carve(struct svd *svd, int rows, int columns, struct arena *arena) {
    svd->rows = rows;
    svd->columns = columns;
    svd->work_size = work_needed(rows, columns);
    svd->copy = arena_take(arena, (size_t)rows * (size_t)columns, sizeof(double));
    svd->work = arena_take(arena, (size_t)svd->work_size, sizeof(double));
}

static bool all_finite(const double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

enum error svd_values(struct svd *svd, int rows, int columns, const double *matrix,
                      double *values) {
    size_t count = (size_t)rows * (size_t)columns;
    int values_count = rows < columns ? rows : columns;
    if (!all_finite(matrix, count)) {
        for (int i = 0; i < values_count; i++)
            values[i] = NAN;
        return ERROR_NONE;
    }
    memcpy(svd->copy, matrix, count * sizeof *matrix);
    lapack_int info =
        LAPACKE_dgesvd_work(LAPACK_COL_MAJOR, 'N', 'N', rows, columns, svd->copy, rows,
                            values, NULL, 1, NULL, 1, svd->work, svd->work_size);
    if (info != 0)
        return RAISE(ERROR_NUMERIC,
                     "the singular values of a %d x %d matrix did not converge "
                     "(dgesvd: %d)",
                     rows, columns, (int)info);
    return ERROR_NONE;
}

const char *svd_library(void) {
    static char text[32];
    lapack_int major, minor, patch;
    LAPACK_ilaver(&major, &minor, &patch);
    snprintf(text, sizeof text, "LAPACK %d.%d.%d", (int)major, (int)minor, (int)patch);
    return text;
}

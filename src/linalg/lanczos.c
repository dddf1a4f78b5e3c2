#include "dufm/lanczos.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/vector.h"

/* Steps between two looks at the residuals. */
enum { LOOK = 8 };

/* The space is exhausted where beta is no more than rounding of |T|. */
static const double nothing = 1e-14;

_Static_assert(sizeof(lapack_int) == sizeof(int), "LAPACK with integers of 32 bits");

void lanczos_carve(struct lanczos *lanczos, size_t size, int steps, struct arena *arena) {
    if ((size_t)steps > size) steps = (int)size;
    size_t count = (size_t)steps;
    *lanczos = (struct lanczos){.size = size, .steps = steps};
    lanczos->basis = arena_take(arena, size * count, sizeof(double));
    lanczos->next = arena_take(arena, size, sizeof(double));
    double **const arrays[] = {&lanczos->diagonal, &lanczos->diagonal_copy, &lanczos->off,
                               &lanczos->off_copy, &lanczos->coefficient};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        *arrays[i] = arena_take(arena, count, sizeof(double));
    lanczos->work = arena_take(arena, 5 * count, sizeof(double));
    lanczos->integer_work = arena_take(arena, 5 * count, sizeof(int));
}

size_t lanczos_bytes(size_t size, int steps) {
    struct arena measured = {0};
    struct lanczos lanczos;
    lanczos_carve(&lanczos, size, steps, &measured);
    return measured.used;
}

static double *column(const struct lanczos *lanczos, int number) {
    return lanczos->basis + (size_t)number * lanczos->size;
}

/* x <- x / |x| into `out`, which may be x; returns |x|. */
static double normalize(double *x, size_t size, double *out) {
    double norm = sqrt(blas_square_sum(x, size));
    if (out != x) memcpy(out, x, size * sizeof *x);
    vector_scale(1.0 / norm, out, size);
    return norm;
}

/* next <- next - Q Q^T next over the first `count` columns, twice: once leaves what was lost
 * to cancellation. Returns what the first pass took along the last column. */
static double orthogonalize(struct lanczos *lanczos, int count) {
    int size = (int)lanczos->size;
    double *c = lanczos->coefficient, along = 0.0;
    for (int pass = 0; pass < 2; pass++) {
        cblas_dgemv(CblasColMajor, CblasTrans, size, count, 1.0, lanczos->basis, size,
                    lanczos->next, 1, 0.0, c, 1);
        cblas_dgemv(CblasColMajor, CblasNoTrans, size, count, -1.0, lanczos->basis, size,
                    c, 1, 1.0, lanczos->next, 1);
        along += c[count - 1];
    }
    return along;
}

/* Pair number `which`, from 1, of T, its values ascending. */
static enum error solve(struct lanczos *lanczos, int count, int which,
                        struct lanczos_pair *out) {
    int found = 0, failed = 0;
    double values[1] = {NAN}, *vector = lanczos->coefficient;
    size_t bytes = (size_t)count * sizeof(double);
    memcpy(lanczos->diagonal_copy, lanczos->diagonal, bytes);
    memcpy(lanczos->off_copy, lanczos->off, bytes);
    lapack_int info = LAPACKE_dstevx_work(
        LAPACK_COL_MAJOR, 'V', 'I', count, lanczos->diagonal_copy, lanczos->off_copy, 0.0,
        0.0, which, which, 0.0, &found, values, vector, count, lanczos->work,
        lanczos->integer_work, &failed);
    if (info != 0 || found != 1)
        return RAISE(ERROR_NUMERIC,
                     "an eigenvalue of a tridiagonal %d x %d matrix was not found "
                     "(dstevx: %d)",
                     count, count, (int)info);
    *out = (struct lanczos_pair){values[0],
                                 fabs(lanczos->off[count - 1]) * fabs(vector[count - 1])};
    return ERROR_NONE;
}

static double scale_of(const struct lanczos_ends *ends) {
    return fmax(fabs(ends->largest.value), fabs(ends->smallest.value));
}

/* No bound is below what rounding leaves. */
static enum error find_ends(struct lanczos *lanczos, int count,
                            struct lanczos_ends *out) {
    TRY(solve(lanczos, count, count, &out->largest));
    TRY(solve(lanczos, count, 1, &out->smallest));
    double rounding = DBL_EPSILON * scale_of(out);
    out->largest.residual = fmax(out->largest.residual, rounding);
    out->smallest.residual = fmax(out->smallest.residual, rounding);
    return ERROR_NONE;
}

static bool is_within(const struct lanczos_ends *ends, double tolerance) {
    return fmax(ends->largest.residual, ends->smallest.residual) <=
           tolerance * scale_of(ends);
}

/* Column number `count` of the basis from what step `count` left in next; false where there
 * is none any more. */
static bool extend(struct lanczos *lanczos, int count, double scale) {
    if (lanczos->off[count - 1] <= nothing * scale || count == lanczos->steps)
        return false;
    normalize(lanczos->next, lanczos->size, column(lanczos, count));
    return true;
}

enum error lanczos_run(struct lanczos *lanczos, const struct lanczos_task *task,
                       struct lanczos_ends *out) {
    static const struct lanczos_pair unknown = {NAN, NAN};
    double scale = 0.0;
    bool more = true;
    *out = (struct lanczos_ends){unknown, unknown, 0};
    normalize(lanczos->basis, lanczos->size, lanczos->basis);
    while (more) {
        int count = ++out->steps;
        if (task->poll != NULL && task->poll(task->poll_context))
            return RAISE(ERROR_INTERRUPTED, "interrupted after %d products", count - 1);
        task->apply(task->context, column(lanczos, count - 1), lanczos->next);
        lanczos->diagonal[count - 1] = orthogonalize(lanczos, count);
        lanczos->off[count - 1] = sqrt(blas_square_sum(lanczos->next, lanczos->size));
        scale = fmax(scale, fabs(lanczos->diagonal[count - 1]) + lanczos->off[count - 1]);
        if (!isfinite(lanczos->diagonal[count - 1] + lanczos->off[count - 1])) {
            out->largest = out->smallest = unknown;
            return ERROR_NONE;
        }
        more = extend(lanczos, count, scale);
        if (more && count % LOOK != 0) continue;
        TRY(find_ends(lanczos, count, out));
        more = more && !is_within(out, task->tolerance);
    }
    return ERROR_NONE;
}

#include "panel.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Columns that are reduced one by one, in the nearest caches. */
enum { HALF = PANEL_COLUMNS / 2 };

/* Squares of a norm outside of these have lost digits. */
static const double square_least = 1e-250, square_most = 1e250;

static double *at(double *matrix, int stride, int row, int column) {
    return matrix + (size_t)column * (size_t)stride + (size_t)row;
}

static double *column_of(const struct panel *panel, int column) {
    return at(panel->b, panel->rows, 0, column);
}

static double norm(const double *x, int count) {
    double square = blas_square_sum(x, (size_t)count);
    if (square > square_least && square < square_most) return sqrt(square);
    return cblas_dnrm2(count, x, 1);
}

/* [r; x] = (I - tau [1; v] [1; v]^T) [r'; 0], v in place of x; tau. */
static double reflect(double *r, double *x, int count) {
    double length = norm(x, count);
    if (length == 0) return 0; /* nothing to be reflected */
    double beta = -copysign(hypot(*r, length), *r), divisor = *r - beta;
    double tau = -divisor / beta;
    for (int i = 0; i < count; i++)
        x[i] /= divisor;
    *r = beta;
    return tau;
}

/* T's column j, whose diagonal is there: -tau_j T V^T v_j. */
static void extend_factor(const struct panel *panel, int j) {
    double product[HALF], *t = panel->t;
    double tau = *at(t, PANEL_COLUMNS, j, j);
    for (int i = 0; i < j; i++)
        product[i] =
            blas_dot(column_of(panel, i), column_of(panel, j), (size_t)panel->rows);
    for (int i = 0; i < j; i++) {
        double sum = 0;
        for (int k = i; k < j; k++)
            sum += *at(t, PANEL_COLUMNS, i, k) * product[k];
        *at(t, PANEL_COLUMNS, i, j) = -tau * sum;
    }
}

static void reduce_columns(const struct panel *panel) {
    size_t rows = (size_t)panel->rows;
    for (int j = 0; j < panel->columns; j++) {
        double *v = column_of(panel, j);
        double tau = reflect(at(panel->r, panel->size, j, j), v, panel->rows);
        for (int k = j + 1; k < panel->columns; k++) {
            double *r = at(panel->r, panel->size, j, k), *x = column_of(panel, k);
            double along = tau * (*r + blas_dot(v, x, rows));
            *r -= along;
            blas_add(-along, v, x, rows);
        }
        *at(panel->t, PANEL_COLUMNS, j, j) = tau;
        extend_factor(panel, j);
    }
}

/* Columns first .. first + count - 1. */
static struct panel part_of(const struct panel *panel, int first, int count) {
    struct panel part = *panel;
    part.columns = count;
    part.r = at(panel->r, panel->size, first, first);
    part.b = column_of(panel, first);
    part.t = at(panel->t, PANEL_COLUMNS, first, first);
    return part;
}

static void multiply_triangle(const struct panel *panel, CBLAS_SIDE side,
                              CBLAS_TRANSPOSE transposed, double scale, struct matrix w) {
    cblas_dtrmm(CblasColMajor, side, CblasUpper, transposed, CblasNonUnit, w.rows,
                w.columns, scale, panel->t, PANEL_COLUMNS, w.data, w.rows);
}

static struct const_matrix reflectors_of(const struct panel *panel) {
    return (struct const_matrix){panel->rows, panel->columns, panel->b};
}

/* Q^T of the left columns times the right ones:
 * W = R + V^T B, then R -= T^T W and B -= V T^T W */
static void apply(const struct panel *left, const struct panel *right, double *r) {
    double values[HALF * HALF];
    struct matrix w = {left->columns, right->columns, values};
    for (int j = 0; j < w.columns; j++)
        memcpy(at(values, w.rows, 0, j), at(r, left->size, 0, j),
               (size_t)w.rows * sizeof *values);
    blas_multiply_left_transposed(1.0, reflectors_of(left), reflectors_of(right), 1.0, w);
    multiply_triangle(left, CblasLeft, CblasTrans, -1.0, w);
    for (int j = 0; j < w.columns; j++)
        blas_add(1.0, at(values, w.rows, 0, j), at(r, left->size, 0, j), (size_t)w.rows);
    blas_multiply(1.0, reflectors_of(left),
                  (struct const_matrix){w.rows, w.columns, values}, 1.0,
                  (struct matrix){right->rows, right->columns, right->b});
}

/* T's part above the two halves': -T_l V_l^T V_r T_r */
static void join_factors(const struct panel *left, const struct panel *right, double *t) {
    double values[HALF * HALF];
    struct matrix w = {left->columns, right->columns, values};
    blas_multiply_left_transposed(1.0, reflectors_of(left), reflectors_of(right), 0.0, w);
    multiply_triangle(left, CblasLeft, CblasNoTrans, -1.0, w);
    multiply_triangle(right, CblasRight, CblasNoTrans, 1.0, w);
    for (int j = 0; j < w.columns; j++)
        memcpy(at(t, PANEL_COLUMNS, 0, j), at(values, w.rows, 0, j),
               (size_t)w.rows * sizeof *values);
}

void panel_reduce(const struct panel *panel) {
    if (panel->columns <= HALF) {
        reduce_columns(panel);
        return;
    }
    struct panel left = part_of(panel, 0, HALF);
    struct panel right = part_of(panel, HALF, panel->columns - HALF);
    reduce_columns(&left);
    apply(&left, &right, at(panel->r, panel->size, 0, HALF));
    reduce_columns(&right);
    join_factors(&left, &right, at(panel->t, PANEL_COLUMNS, 0, HALF));
}

void panel_apply_factor(const struct panel *panel, struct matrix w) {
    multiply_triangle(panel, CblasLeft, CblasTrans, -1.0, w);
}

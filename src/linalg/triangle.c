#include "dufm/triangle.h"

#include <lapacke.h>
#include <string.h>

#include "kernel.h"
#include "panel.h"

/* Columns of a block transposed at a time: both sides stay in the nearest cache. */
enum { STEP = 16 };

/* Columns that a panel is applied to at a time, beside which it stays in the second-level
 * cache. */
enum { TILE = 16 };

void triangle_carve(struct triangle *triangle, int size, int rows, struct arena *arena) {
    size_t columns = (size_t)size, height = (size_t)rows;
    *triangle = (struct triangle){.size = size, .rows = rows};
    triangle->block = arena_take(arena, columns * height, sizeof(double));
    triangle->turned = arena_take(arena, PANEL_COLUMNS * height, sizeof(double));
    triangle->reflectors = arena_take(arena, columns * PANEL_COLUMNS, sizeof(double));
    triangle->work = arena_take(arena, columns * PANEL_COLUMNS, sizeof(double));
}

/* The two products of `columns` columns; of plain factors, they take no memory. */
static void prepare(struct triangle_tile *tile, int columns, int rows) {
    struct arena none = {0};
    *tile = (struct triangle_tile){.columns = columns};
    if (columns == 0) return;
    product_carve(
        &tile->across,
        &(struct product_shape){PRODUCT_PLAIN, PANEL_COLUMNS, columns, rows, true},
        &none);
    product_carve(
        &tile->along,
        &(struct product_shape){PRODUCT_PLAIN, rows, columns, PANEL_COLUMNS, true},
        &none);
}

void triangle_begin(struct triangle *triangle, int size, double *factor) {
    triangle->size = size;
    triangle->factor = factor;
    memset(factor, 0, (size_t)size * (size_t)size * sizeof(double));
    prepare(&triangle->whole, size > PANEL_COLUMNS ? TILE : 0, triangle->rows);
    prepare(&triangle->rest, size > PANEL_COLUMNS ? size % TILE : 0, triangle->rows);
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* block (rows x size) = samples^T, zeros below them */
static void transpose(const struct triangle *triangle, struct const_matrix samples) {
    size_t size = (size_t)samples.rows, count = (size_t)samples.columns;
    size_t rows = (size_t)triangle->rows;
    for (size_t first = 0; first < count; first += STEP) {
        size_t last = first + STEP < count ? first + STEP : count;
        for (size_t i = 0; i < size; i++)
            for (size_t j = first; j < last; j++)
                triangle->block[i * rows + j] = samples.data[j * size + i];
    }
    for (size_t i = 0; i < size && count < rows; i++)
        memset(triangle->block + i * rows + count, 0, (rows - count) * sizeof(double));
}

/* A panel's Q^T times some columns behind it: W = R + V^T B, R -= T^T W, B -= V T^T W. */
static void update_tile(const struct triangle *triangle, const struct panel *panel,
                        const struct triangle_tile *tile, double *r, double *b) {
    double *w = triangle->work;
    size_t size = (size_t)triangle->size;
    for (size_t j = 0; j < (size_t)tile->columns; j++)
        memcpy(w + j * PANEL_COLUMNS, r + j * size, PANEL_COLUMNS * sizeof *w);
    product_run(&tile->across, triangle->turned, b, w);
    panel_apply_factor(panel, (struct matrix){PANEL_COLUMNS, tile->columns, w});
    for (size_t j = 0; j < (size_t)tile->columns; j++)
        for (size_t i = 0; i < PANEL_COLUMNS; i++)
            r[j * size + i] += w[j * PANEL_COLUMNS + i];
    product_run(&tile->along, panel->b, w, b);
}

/* All columns from `first` on. */
static void update(const struct triangle *triangle, const struct panel *panel,
                   int first) {
    size_t rows = (size_t)triangle->rows, size = (size_t)triangle->size;
    kernel_transpose(triangle->rows, PANEL_COLUMNS, panel->b, triangle->turned);
    for (int j = first; j < triangle->size; j += TILE) {
        bool whole = triangle->size - j >= TILE;
        update_tile(triangle, panel, whole ? &triangle->whole : &triangle->rest,
                    panel->r + (size_t)(j - first + PANEL_COLUMNS) * size,
                    triangle->block + (size_t)j * rows);
    }
}

void triangle_add(struct triangle *triangle, struct const_matrix samples) {
    int size = triangle->size;
    transpose(triangle, samples);
    for (int first = 0; first < size; first += PANEL_COLUMNS) {
        size_t at = (size_t)first;
        struct panel panel = {.rows = triangle->rows,
                              .columns = smaller(PANEL_COLUMNS, size - first),
                              .size = size,
                              .r = triangle->factor + at * (size_t)size + at,
                              .b = triangle->block + at * (size_t)triangle->rows,
                              .t = triangle->reflectors};
        panel_reduce(&panel);
        if (first + PANEL_COLUMNS < size) update(triangle, &panel, first + PANEL_COLUMNS);
    }
}

enum error triangle_merge(struct triangle *triangle, int size, double *factor,
                          double *other) {
    int panel = smaller(PANEL_COLUMNS, size);
    lapack_int info =
        LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, size, size, size, panel, factor, size,
                            other, size, triangle->reflectors, panel, triangle->work);
    if (info == 0) return ERROR_NONE;
    return RAISE(ERROR_NUMERIC, "merging factors of %d columns failed (dtpqrt: %d)", size,
                 (int)info);
}

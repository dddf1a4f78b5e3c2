/* Lengths of the ragged dimensions of the results. */
#include "spec.h"

static int larger(int a, int b) {
    return a > b ? a : b;
}

struct extent extent_of_point(const struct point *point, const struct output *output) {
    int rows = larger(point->width, point->classes);
    return (struct extent){.layer = point->depth,
                           .index = rows,
                           .class_ = point->classes,
                           .sample = (int)point_sample_count(point),
                           .row = output->weights ? rows : 0,
                           .column = output->weights ? point->width : 0,
                           .record = output->history,
                           .gram = output->gram};
}

static struct extent enclose(struct extent one, struct extent other) {
    return (struct extent){.layer = larger(one.layer, other.layer),
                           .index = larger(one.index, other.index),
                           .class_ = larger(one.class_, other.class_),
                           .sample = larger(one.sample, other.sample),
                           .row = larger(one.row, other.row),
                           .column = larger(one.column, other.column),
                           .record = larger(one.record, other.record),
                           .gram = one.gram || other.gram};
}

static enum error measure_grid(const struct grid *grid, struct sweep *sweep) {
    static const char *const shape[] = {"depth",   "width",     "classes",
                                        "samples", "imbalance", NULL};
    struct grid_view view;
    TRY(grid_view_create(grid, shape, &view));
    for (uint64_t i = 0; i < view.count; i++) {
        struct point point;
        if (grid_view_point(&view, i, &point) == 0) continue;
        sweep->extent = enclose(sweep->extent, extent_of_point(&point, &sweep->output));
    }
    grid_view_destroy(&view);
    return ERROR_NONE;
}

enum error spec_measure(struct sweep *sweep) {
    for (int i = 0; i < sweep->grid_count; i++)
        TRY(measure_grid(&sweep->grids[i], sweep));
    return ERROR_NONE;
}

struct extent extent_of_sweep(const struct sweep *sweep) {
    return sweep->extent;
}

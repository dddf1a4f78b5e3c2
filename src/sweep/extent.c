/* Lengths of the ragged dimensions of the results. */
#include "dufm/sweep.h"

static int larger(int a, int b) {
    return a > b ? a : b;
}

struct extent extent_of_point(const struct point *point, const struct output *output) {
    int rows = larger(point->width, point->classes);
    return (struct extent){.layer = point->depth,
                           .index = rows,
                           .class_ = point->classes,
                           .sample = point->classes * point->samples,
                           .row = output->weights ? rows : 0,
                           .column = output->weights ? point->width : 0,
                           .record = output->history,
                           .gram = output->gram};
}

static int largest_value(const struct axis *axis) {
    double most = axis_value(axis, axis->count - 1);
    for (uint64_t i = 0; axis->values != NULL && i < axis->count; i++)
        if (axis_value(axis, i) > most) most = axis_value(axis, i);
    return (int)most;
}

/* Every length grows with each shape parameter, and the product grid holds the point
 * with all of them at their largest. */
struct extent extent_of_sweep(const struct sweep *sweep) {
    static const char *const shape[] = {"depth", "width", "classes", "samples"};
    struct point point;
    grid_point(sweep, 0, &point);
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        const struct parameter *parameter = parameter_find(shape[i]);
        const struct axis *axis = sweep_find(sweep, parameter);
        if (axis != NULL) parameter_set(parameter, largest_value(axis), &point);
    }
    return extent_of_point(&point, &sweep->output);
}

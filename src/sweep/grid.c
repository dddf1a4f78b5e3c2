/* The grid: points by number, made on demand; sub-grids; lengths over the grid. */
#include <string.h>

#include "dufm/sweep.h"

double axis_value(const struct axis *axis, uint64_t index) {
    if (axis->values == NULL) return (double)((uint64_t)axis->first + index);
    return axis->values[index * (uint64_t)axis->stride];
}

/* Set the axis's parameter to its value number `index`. */
static void apply(const struct axis *axis, uint64_t index, struct point *point) {
    if (axis->parameter->type != PARAMETER_LAYERS) {
        parameter_set(axis->parameter, axis_value(axis, index), point);
        return;
    }
    memcpy((char *)point + axis->parameter->offset,
           axis->values + index * (uint64_t)axis->stride,
           (size_t)axis->lengths[index] * sizeof(double));
}

/* Fallbacks and the parameters of `point:`. */
static void begin_point(const struct sweep *sweep, struct point *out) {
    point_clear(out);
    for (int i = 0; i < sweep->fixed_count; i++)
        apply(&sweep->fixed[i], 0, out);
}

uint64_t grid_count(const struct sweep *sweep) {
    uint64_t count = 1;
    for (int i = 0; i < sweep->axis_count; i++)
        count *= sweep->axes[i].count;
    return count;
}

void grid_point(const struct sweep *sweep, uint64_t index, struct point *out) {
    begin_point(sweep, out);
    for (int i = sweep->axis_count - 1; i >= 0; i--) {
        apply(&sweep->axes[i], index % sweep->axes[i].count, out);
        index /= sweep->axes[i].count;
    }
    point_resolve(out);
}

const struct axis *sweep_find(const struct sweep *sweep,
                              const struct parameter *parameter) {
    for (int i = 0; i < sweep->axis_count; i++)
        if (sweep->axes[i].parameter == parameter) return &sweep->axes[i];
    for (int i = 0; i < sweep->fixed_count; i++)
        if (sweep->fixed[i].parameter == parameter) return &sweep->fixed[i];
    return NULL;
}

static bool is_named(const struct axis *axis, const char *const *names) {
    for (; *names != NULL; names++)
        if (strcmp(axis->parameter->name, *names) == 0) return true;
    return false;
}

struct grid_view grid_project(const struct sweep *sweep, const char *const *parameters) {
    struct grid_view view = {.sweep = sweep, .count = 1, .multiplicity = 1};
    for (int i = 0; i < sweep->axis_count; i++) {
        if (is_named(&sweep->axes[i], parameters)) {
            view.selected |= UINT64_C(1) << i;
            view.count *= sweep->axes[i].count;
        } else {
            view.multiplicity *= sweep->axes[i].count;
        }
    }
    return view;
}

void grid_view_point(const struct grid_view *view, uint64_t index, struct point *out) {
    const struct sweep *sweep = view->sweep;
    begin_point(sweep, out);
    for (int i = sweep->axis_count - 1; i >= 0; i--) {
        if (view->selected >> i & 1) {
            apply(&sweep->axes[i], index % sweep->axes[i].count, out);
            index /= sweep->axes[i].count;
        } else {
            apply(&sweep->axes[i], 0, out);
        }
    }
    point_resolve(out);
}

#include "dufm/monitor.h"

#include <math.h>

#include "dufm/spectra.h"
#include "dufm/variability.h"

static int values_count(const struct shape *shape) {
    return shape->width < shape->classes ? shape->width : shape->classes;
}

void monitor_carve(struct monitor *monitor, const struct shape *shape,
                   struct arena *arena) {
    *monitor = (struct monitor){.error = ERROR_NONE};
    means_carve(&monitor->means, shape, arena);
    svd_carve(&monitor->svd, shape->width, shape->classes, arena);
    monitor->values = arena_take(arena, (size_t)values_count(shape), sizeof(double));
}

static enum error observe_layer(struct monitor *monitor, int layer, size_t at) {
    const struct shape *shape = &monitor->means.shape;
    struct result *result = monitor->result;
    means_take(&monitor->means,
               model_postactivation(monitor->model, monitor->parameters, layer));
    result->history_nc1[at] = variability_trace(&monitor->means);
    TRY(svd_values_by_gram(
        &monitor->svd,
        (struct const_matrix){shape->width, shape->classes, monitor->means.mean},
        monitor->values));
    result->history_rank[at] = spectra_rank(monitor->values, values_count(shape),
                                            rank_tolerances[MONITOR_TOLERANCE]);
    return ERROR_NONE;
}

void monitor_observe(void *context, int record) {
    struct monitor *monitor = context;
    int depth = monitor->means.shape.depth;
    if (!isfinite(monitor->result->history_loss[record])) return;
    for (int layer = 1; layer <= depth && monitor->error == ERROR_NONE; layer++)
        monitor->error = observe_layer(
            monitor, layer, (size_t)record * (size_t)depth + (size_t)layer - 1);
}

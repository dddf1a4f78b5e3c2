#include "dufm/curvature.h"

#include <math.h>
#include <string.h>

void curvature_carve(struct curvature *curvature, const struct problem *problem,
                     struct arena *arena) {
    const struct shape *shape = &problem->shape;
    hessian_carve(&curvature->hessian, problem, arena);
    factors_view(&curvature->direction, shape,
                 arena_take(arena, shape_parameter_count(shape), sizeof(double)));
}

void curvature_carve_basis(struct curvature *curvature, const struct shape *shape,
                           int steps, struct arena *arena) {
    lanczos_carve(&curvature->lanczos, shape_parameter_count(shape), steps, arena);
}

static void multiply(void *context, const double *x, double *y) {
    struct curvature *curvature = context;
    const struct shape *shape = &curvature->direction.shape;
    struct factors out;
    memcpy(curvature->direction.data, x, shape_parameter_count(shape) * sizeof *x);
    factors_view(&out, shape, y);
    hessian_apply(&curvature->hessian, &curvature->direction, &out);
}

double curvature_sharpness(const struct point *point, double largest) {
    double rate = point->learning_rate;
    switch ((enum optimizer_kind)point->optimizer) {
    case OPTIMIZER_GD:
        return largest * rate / 2;
    case OPTIMIZER_MOMENTUM:
        return largest * rate / (2 * (1 + point->momentum));
    case OPTIMIZER_ADAM:
    case OPTIMIZER_LBFGS:
        break;
    }
    return NAN;
}

enum error curvature_measure(struct curvature *curvature,
                             const struct curvature_site *site, struct firmness *out) {
    struct random_key key = point_random_key(site->point);
    struct lanczos *lanczos = &curvature->lanczos;
    struct lanczos_task task = {.apply = multiply,
                                .context = curvature,
                                .poll = site->poll,
                                .poll_context = site->poll_context,
                                .tolerance = CURVATURE_TOLERANCE};
    struct lanczos_ends ends;
    random_normal(&key, RANDOM_TENSOR_CURVATURE, lanczos->basis, lanczos->size);
    hessian_stand(&curvature->hessian, site->model, site->parameters);
    TRY(lanczos_run(lanczos, &task, &ends));
    out->curvature_max = ends.largest.value;
    out->curvature_min = ends.smallest.value;
    out->curvature_residual_max = ends.largest.residual;
    out->curvature_residual_min = ends.smallest.residual;
    out->curvature_steps = ends.steps;
    out->sharpness = curvature_sharpness(site->point, ends.largest.value);
    return ERROR_NONE;
}

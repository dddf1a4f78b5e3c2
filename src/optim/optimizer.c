#include "dufm/optimizer.h"

#include <string.h>

#include "dufm/vector.h"

static const double least_scale = 0.5;

/* One factor of the model as an update sees it. */
struct factor {
    double *value;    /* size count */
    double *velocity; /* same size; only where the type has one */
    size_t count;
    double lambda;
};

static struct factor factor_of(const struct optimizer *optimizer, int layer) {
    const struct problem *problem = &optimizer->model->problem;
    const struct shape *shape = &problem->shape;
    size_t width = (size_t)shape->width;
    if (layer == 0)
        return (struct factor){
            optimizer->parameters->feature, optimizer->velocity.feature,
            width * (size_t)shape_sample_count(shape), problem->lambda_h};
    return (struct factor){
        optimizer->parameters->weight[layer - 1], optimizer->velocity.weight[layer - 1],
        width * (size_t)shape_rows(shape, layer), problem->lambdas[layer - 1]};
}

/* W <- (1 - rate lambda) W - rate left right^T without a pass over W: the decay goes into
 * the scale s of W = s V, and the thin factor carries the rate,
 *     s <- (1 - rate lambda) s,   V <- V - rate/s left right^T.
 * Before s becomes small it is multiplied into V, which keeps V of the size of W. */
static void update_weight(const struct optimizer *optimizer, int layer, double *left,
                          const double *right) {
    const struct shape *shape = &optimizer->model->problem.shape;
    struct factor factor = factor_of(optimizer, layer);
    double *scale = &optimizer->parameters->scale[layer - 1];
    *scale *= 1.0 - optimizer->rate * factor.lambda;
    if (!(*scale >= least_scale)) {
        vector_scale(*scale, factor.value, factor.count);
        *scale = 1.0;
    }
    vector_scale(-optimizer->rate / *scale, left,
                 (size_t)shape_rows(shape, layer) * (size_t)shape_sample_count(shape));
    model_add_product(optimizer->model, layer, left, right, factor.value);
}

static void update_gd(void *context, int layer, double *left, const double *right) {
    const struct optimizer *optimizer = context;
    if (layer != 0) {
        update_weight(optimizer, layer, left, right);
        return;
    }
    struct factor factor = factor_of(optimizer, layer);
    vector_blend(-optimizer->rate, left, 1.0 - optimizer->rate * factor.lambda,
                 factor.value, factor.count);
}

/* V <- momentum V + lambda W + left right^T;  W <- W - rate V */
static void update_momentum(void *context, int layer, double *left, const double *right) {
    const struct optimizer *optimizer = context;
    struct factor factor = factor_of(optimizer, layer);
    vector_blend(factor.lambda, factor.value, optimizer->momentum, factor.velocity,
                 factor.count);
    if (layer != 0)
        model_add_product(optimizer->model, layer, left, right, factor.velocity);
    else
        vector_blend(1.0, left, 1.0, factor.velocity, factor.count);
    vector_blend(-optimizer->rate, factor.velocity, 1.0, factor.value, factor.count);
}

static const struct optimizer_type types[] = {
    [OPTIMIZER_GD] = {OPTIMIZER_GD, false, update_gd},
    [OPTIMIZER_MOMENTUM] = {OPTIMIZER_MOMENTUM, true, update_momentum},
};

void optimizer_carve(struct optimizer *optimizer, enum optimizer_kind kind,
                     struct model *model, struct factors *parameters,
                     struct arena *arena) {
    *optimizer = (struct optimizer){
        .type = &types[kind], .parameters = parameters, .model = model};
    const struct shape *shape = &model->problem.shape;
    if (optimizer->type->has_velocity)
        factors_view(&optimizer->velocity, shape,
                     arena_take(arena, shape_parameter_count(shape), sizeof(double)));
}

void optimizer_reset(struct optimizer *optimizer) {
    if (!optimizer->type->has_velocity) return;
    const struct shape *shape = &optimizer->velocity.shape;
    memset(optimizer->velocity.data, 0, shape_parameter_count(shape) * sizeof(double));
}

void optimizer_step(struct optimizer *optimizer, struct model *model) {
    model_backward(model, optimizer->parameters, optimizer->type->update, optimizer);
}

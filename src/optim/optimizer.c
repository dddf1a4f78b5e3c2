#include "dufm/optimizer.h"

#include <string.h>

static const double least_scale = 0.5;

/* One factor of the model as an update sees it. */
struct factor {
    double *value;    /* size count */
    double *velocity; /* same size, or NULL */
    size_t count;
    double lambda;
};

static struct factor factor_of(const struct optimizer *optimizer, int layer) {
    const struct problem *problem = &optimizer->model->problem;
    const struct shape *shape = &problem->shape;
    bool has_velocity = optimizer->type->has_velocity;
    size_t width = (size_t)shape->width;
    if (layer == 0)
        return (struct factor){optimizer->parameters->feature,
                               has_velocity ? optimizer->velocity.feature : NULL,
                               width * (size_t)shape_sample_count(shape),
                               problem->lambda_h};
    return (struct factor){optimizer->parameters->weight[layer - 1],
                           has_velocity ? optimizer->velocity.weight[layer - 1] : NULL,
                           width * (size_t)shape_rows(shape, layer),
                           problem->lambdas[layer - 1]};
}

/* target += gradient of the fit term */
static void add_gradient(const struct optimizer *optimizer, int layer, const double *left,
                         const double *right, double *target) {
    if (right != NULL) {
        model_add_product(optimizer->model, layer, left, right, target);
        return;
    }
    size_t count = factor_of(optimizer, layer).count;
    for (size_t i = 0; i < count; i++)
        target[i] += left[i];
}

static void multiply(double *x, size_t count, double by) {
    for (size_t i = 0; i < count; i++)
        x[i] *= by;
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
        multiply(factor.value, factor.count, *scale);
        *scale = 1.0;
    }
    multiply(left, (size_t)shape_rows(shape, layer) * (size_t)shape_sample_count(shape),
             -optimizer->rate / *scale);
    model_add_product(optimizer->model, layer, left, right, factor.value);
}

static void update_gd(void *context, int layer, double *left, const double *right) {
    const struct optimizer *optimizer = context;
    if (layer != 0) {
        update_weight(optimizer, layer, left, right);
        return;
    }
    struct factor factor = factor_of(optimizer, layer);
    double rate = optimizer->rate, decay = 1.0 - rate * factor.lambda;
    for (size_t i = 0; i < factor.count; i++)
        factor.value[i] = decay * factor.value[i] - rate * left[i];
}

/* V <- momentum V + lambda W + left right^T;  W <- W - rate V */
static void update_momentum(void *context, int layer, double *left, const double *right) {
    const struct optimizer *optimizer = context;
    struct factor factor = factor_of(optimizer, layer);
    double *restrict value = factor.value, *restrict velocity = factor.velocity;
    for (size_t i = 0; i < factor.count; i++)
        velocity[i] = optimizer->momentum * velocity[i] + factor.lambda * value[i];
    add_gradient(optimizer, layer, left, right, velocity);
    for (size_t i = 0; i < factor.count; i++)
        value[i] -= optimizer->rate * velocity[i];
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

#include "dufm/optimizer.h"

#include <string.h>

#include "dufm/blas.h"

/* One factor of the model as an update sees it. */
struct factor {
    double *value;    /* size rows x columns */
    double *velocity; /* same size, or NULL */
    int rows, columns;
    double lambda;
};

static struct factor factor_of(const struct optimizer *optimizer, int layer) {
    const struct problem *problem = &optimizer->model->problem;
    const struct shape *shape = &problem->shape;
    bool has_velocity = optimizer->type->has_velocity;
    if (layer == 0)
        return (struct factor){optimizer->parameters->feature,
                               has_velocity ? optimizer->velocity.feature : NULL,
                               shape->width, shape_sample_count(shape),
                               problem->lambda_h};
    return (struct factor){optimizer->parameters->weight[layer - 1],
                           has_velocity ? optimizer->velocity.weight[layer - 1] : NULL,
                           shape_rows(shape, layer), shape->width,
                           problem->lambdas[layer - 1]};
}

/* target = alpha * (gradient of the fit term) + beta * target */
static void accumulate(const struct optimizer *optimizer, const struct factor *factor,
                       const double *left, const double *right, double alpha, double beta,
                       double *target) {
    if (right == NULL) {
        size_t count = (size_t)factor->rows * (size_t)factor->columns;
        for (size_t i = 0; i < count; i++)
            target[i] = beta * target[i] + alpha * left[i];
        return;
    }
    int samples = shape_sample_count(&optimizer->model->problem.shape);
    blas_multiply_right_transposed(
        alpha, (struct const_matrix){factor->rows, samples, left},
        (struct const_matrix){factor->columns, samples, right}, beta,
        (struct matrix){factor->rows, factor->columns, target});
}

/* W <- (1 - rate lambda) W - rate left right^T, the decay as the product's beta. */
static void update_gd(void *context, int layer, const double *left, const double *right) {
    const struct optimizer *optimizer = context;
    struct factor factor = factor_of(optimizer, layer);
    accumulate(optimizer, &factor, left, right, -optimizer->rate,
               1.0 - optimizer->rate * factor.lambda, factor.value);
}

/* V <- momentum V + left right^T + lambda W;  W <- W - rate V */
static void update_momentum(void *context, int layer, const double *left,
                            const double *right) {
    const struct optimizer *optimizer = context;
    struct factor factor = factor_of(optimizer, layer);
    accumulate(optimizer, &factor, left, right, 1.0, optimizer->momentum,
               factor.velocity);
    size_t count = (size_t)factor.rows * (size_t)factor.columns;
    double *restrict value = factor.value, *restrict velocity = factor.velocity;
    for (size_t i = 0; i < count; i++) {
        velocity[i] += factor.lambda * value[i];
        value[i] -= optimizer->rate * velocity[i];
    }
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

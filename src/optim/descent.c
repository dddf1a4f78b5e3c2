/* Gradient descent and momentum, fused into the backward pass. */
#include "dufm/vector.h"
#include "types.h"

static const double least_scale = 0.5;

/* One factor of the model as an update sees it. */
struct factor {
    double *value; /* size count */
    size_t count;
    double lambda;
};

static struct factor factor_of(const struct optimizer *optimizer,
                               const struct factors *factors, int layer) {
    const struct problem *problem = &optimizer->model->problem;
    const struct shape *shape = &problem->shape;
    size_t width = (size_t)shape->width;
    if (layer == 0)
        return (struct factor){factors->feature,
                               width * (size_t)shape_sample_count(shape),
                               problem->lambda_h};
    return (struct factor){factors->weight[layer - 1],
                           width * (size_t)shape_rows(shape, layer),
                           problem->lambdas[layer - 1]};
}

/* W <- (1 - rate lambda) W - rate left right^T without a pass over W: the decay goes into
 * the scale s of W = s V, and the thin factor carries the rate,
 *     s <- (1 - rate lambda) s,   V <- V - rate/s left right^T.
 * Before s becomes small it is multiplied into V, which keeps V of the size of W. */
static void update_weight(const struct optimizer *optimizer, int layer, double *left,
                          const double *right) {
    const struct shape *shape = &optimizer->model->problem.shape;
    struct factor factor = factor_of(optimizer, optimizer->parameters, layer);
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
    struct factor factor = factor_of(optimizer, optimizer->parameters, layer);
    vector_blend(-optimizer->rate, left, 1.0 - optimizer->rate * factor.lambda,
                 factor.value, factor.count);
}

/* V <- momentum V + lambda W + left right^T;  W <- W - rate V */
static void update_momentum(void *context, int layer, double *left, const double *right) {
    const struct optimizer *optimizer = context;
    struct factors velocity = optimizer_block_factors(optimizer, optimizer->saved, 0);
    struct factor factor = factor_of(optimizer, optimizer->parameters, layer);
    struct factor memory = factor_of(optimizer, &velocity, layer);
    vector_blend(factor.lambda, factor.value, optimizer->settings.momentum, memory.value,
                 factor.count);
    if (layer != 0)
        model_add_product(optimizer->model, layer, left, right, memory.value);
    else
        vector_blend(1.0, left, 1.0, memory.value, factor.count);
    vector_blend(-optimizer->rate, memory.value, 1.0, factor.value, factor.count);
}

static bool step_with(struct optimizer *optimizer, model_sink *update) {
    model_backward(optimizer->model, optimizer->parameters, update, optimizer);
    optimizer_count_evaluation(optimizer);
    return true;
}

static bool step_gd(struct optimizer *optimizer, double fit) {
    (void)fit;
    return step_with(optimizer, update_gd);
}

static bool step_momentum(struct optimizer *optimizer, double fit) {
    (void)fit;
    return step_with(optimizer, update_momentum);
}

static size_t blocks_of_gd(const struct optimizer_settings *settings) {
    return settings->undo ? 1 : 0;
}

static size_t blocks_of_momentum(const struct optimizer_settings *settings) {
    (void)settings;
    return 1;
}

const struct optimizer_type optimizer_type_gd = {OPTIMIZER_GD, blocks_of_gd, 0, step_gd};
const struct optimizer_type optimizer_type_momentum = {
    OPTIMIZER_MOMENTUM, blocks_of_momentum, 0, step_momentum};

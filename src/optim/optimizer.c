/* The table of optimizers, and their memory. */
#include "dufm/optimizer.h"

#include <limits.h>
#include <string.h>

#include "types.h"

static const struct optimizer_type *const types[] = {
    [OPTIMIZER_GD] = &optimizer_type_gd,
    [OPTIMIZER_MOMENTUM] = &optimizer_type_momentum,
    [OPTIMIZER_ADAM] = &optimizer_type_adam,
    [OPTIMIZER_LBFGS] = &optimizer_type_lbfgs,
};

/* Blocks, and behind them the scales of the parameters that are kept. */
static size_t saved_doubles(const struct optimizer_settings *settings,
                            const struct shape *shape) {
    size_t blocks = types[settings->kind]->saved_blocks(settings);
    size_t scales = settings->undo ? (size_t)shape->depth : 0;
    return blocks * shape_parameter_count(shape) + scales;
}

static size_t scratch_doubles(const struct optimizer_settings *settings,
                              const struct shape *shape) {
    return types[settings->kind]->scratch_blocks * shape_parameter_count(shape);
}

void optimizer_carve(struct optimizer *optimizer,
                     const struct optimizer_settings *settings, struct model *model,
                     struct factors *parameters, struct arena *arena) {
    const struct shape *shape = &model->problem.shape;
    *optimizer = (struct optimizer){.type = types[settings->kind],
                                    .settings = *settings,
                                    .parameters = parameters,
                                    .model = model,
                                    .saved_count = saved_doubles(settings, shape)};
    optimizer->saved = arena_take(arena, optimizer->saved_count, sizeof(double));
    optimizer->scratch =
        arena_take(arena, scratch_doubles(settings, shape), sizeof(double));
}

size_t optimizer_bytes(const struct optimizer_settings *settings,
                       const struct shape *shape) {
    struct arena measured = {0};
    arena_take(&measured, saved_doubles(settings, shape), sizeof(double));
    arena_take(&measured, scratch_doubles(settings, shape), sizeof(double));
    return measured.used;
}

enum optimizer_kind optimizer_kind_of(const struct optimizer *optimizer) {
    return optimizer->type->kind;
}

void optimizer_reset(struct optimizer *optimizer) {
    optimizer->progress = (struct optimizer_progress){0};
    optimizer->passed = false;
    if (optimizer->saved_count > 0)
        memset(optimizer->saved, 0, optimizer->saved_count * sizeof(double));
}

double optimizer_forward(struct optimizer *optimizer) {
    if (!optimizer->passed)
        optimizer->fit = model_forward(optimizer->model, optimizer->parameters);
    optimizer->passed = false;
    return optimizer->fit;
}

bool optimizer_step(struct optimizer *optimizer, double fit) {
    bool lower = optimizer->type->step(optimizer, fit);
    if (lower) optimizer->progress.steps++;
    return lower;
}

size_t optimizer_block_count(const struct optimizer *optimizer) {
    return shape_parameter_count(&optimizer->model->problem.shape);
}

double *optimizer_block(const struct optimizer *optimizer, double *blocks, size_t index) {
    return blocks + index * optimizer_block_count(optimizer);
}

struct factors optimizer_block_factors(const struct optimizer *optimizer, double *blocks,
                                       size_t index) {
    struct factors factors;
    factors_view(&factors, &optimizer->model->problem.shape,
                 optimizer_block(optimizer, blocks, index));
    return factors;
}

void optimizer_count_evaluation(struct optimizer *optimizer) {
    if (optimizer->progress.evaluations < INT_MAX) optimizer->progress.evaluations++;
}

void optimizer_keep(struct optimizer *optimizer) {
    const struct factors *parameters = optimizer->parameters;
    size_t count = optimizer_block_count(optimizer),
           depth = (size_t)parameters->shape.depth;
    memcpy(optimizer->saved, parameters->data, count * sizeof(double));
    memcpy(optimizer->saved + count, parameters->scale, depth * sizeof(double));
}

void optimizer_undo(struct optimizer *optimizer) {
    struct factors *parameters = optimizer->parameters;
    size_t count = optimizer_block_count(optimizer),
           depth = (size_t)parameters->shape.depth;
    memcpy(parameters->data, optimizer->saved, count * sizeof(double));
    memcpy(parameters->scale, optimizer->saved + count, depth * sizeof(double));
}

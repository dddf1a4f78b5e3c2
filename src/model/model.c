#include "dufm/model.h"

#include <string.h>

#include "dufm/loss.h"
#include "dufm/product.h"

struct problem problem_of_point(const struct point *point) {
    struct problem problem = {
        .shape = {point->depth, point->width, point->classes, point->samples,
                  point_minority(point)},
        .loss = (enum loss_kind)point->loss,
        .activation = (enum activation_kind)point->activation,
        .lambda_h = point->lambda_h,
    };
    memcpy(problem.lambdas, point->lambdas, sizeof problem.lambdas);
    return problem;
}

static void carve_products(struct layer_products *products, int rows,
                           const struct shape *shape, struct arena *arena) {
    int width = shape->width, samples = shape_sample_count(shape);
    const struct product_shape forward = {PRODUCT_PLAIN, rows, samples, width, false};
    const struct product_shape backward = {PRODUCT_LEFT_TRANSPOSED, width, samples, rows,
                                           false};
    const struct product_shape update = {PRODUCT_RIGHT_TRANSPOSED, rows, width, samples,
                                         true};
    product_carve(&products->forward, &forward, arena);
    product_carve(&products->backward, &backward, arena);
    product_carve(&products->update, &update, arena);
}

void model_carve(struct model *model, const struct problem *problem,
                 struct arena *arena) {
    const struct shape *shape = &problem->shape;
    size_t samples = (size_t)shape_sample_count(shape);
    size_t hidden = (size_t)shape->width * samples;
    *model = (struct model){.problem = *problem};
    for (int layer = 2; layer <= shape->depth; layer++)
        model->post[layer - 1] = arena_take(arena, hidden, sizeof(double));
    model->output = arena_take(arena, (size_t)shape->classes * samples, sizeof(double));
    for (int i = 0; i < 2; i++)
        model->delta[i] = arena_take(arena, hidden, sizeof(double));
    carve_products(&model->hidden, shape->width, shape, arena);
    carve_products(&model->last, shape->classes, shape, arena);
}

static const struct layer_products *products_of(const struct model *model, int layer) {
    return layer == model->problem.shape.depth ? &model->last : &model->hidden;
}

const double *model_postactivation(const struct model *model,
                                   const struct factors *parameters, int layer) {
    return layer == 1 ? parameters->feature : model->post[layer - 1];
}

/* W_layer s(H_layer), or its ReLU. */
static void propagate(const struct model *model, const struct factors *parameters,
                      int layer, enum product_edge_kind kind, double *out) {
    struct product_edge edge = {kind, parameters->scale[layer - 1], NULL};
    product_run_edged(&products_of(model, layer)->forward, parameters->weight[layer - 1],
                      model_postactivation(model, parameters, layer), out, &edge);
}

void model_preactivation(const struct model *model, const struct factors *parameters,
                         int layer, double *out) {
    const struct shape *shape = &model->problem.shape;
    size_t samples = (size_t)shape_sample_count(shape);
    if (layer == 1) {
        memcpy(out, parameters->feature, (size_t)shape->width * samples * sizeof *out);
        return;
    }
    propagate(model, parameters, layer - 1, EDGE_SCALE, out);
}

double model_forward(struct model *model, const struct factors *parameters) {
    const struct shape *shape = &model->problem.shape;
    bool relu = model->problem.activation == ACTIVATION_RELU;
    for (int layer = 2; layer <= shape->depth; layer++)
        propagate(model, parameters, layer - 1, relu ? EDGE_RECTIFY : EDGE_SCALE,
                  model->post[layer - 1]);
    model_preactivation(model, parameters, shape->depth + 1, model->output);
    return loss_residual(model->problem.loss, shape, model->output);
}

void model_add_product(const struct model *model, int layer, const double *left,
                       const double *right, double *target) {
    product_run(&products_of(model, layer)->update, left, right, target);
}

void model_backward(struct model *model, const struct factors *parameters,
                    model_sink *sink, void *context) {
    bool relu = model->problem.activation == ACTIVATION_RELU;
    double *delta = model->output;
    for (int layer = model->problem.shape.depth; layer >= 1; layer--) {
        double *previous = model->delta[layer % 2];
        const double *input = model_postactivation(model, parameters, layer);
        /* s'(H) by the sign of s(H), s'(0) = 0. Before the sink, which may overwrite W_layer. */
        struct product_edge edge = {layer > 1 && relu ? EDGE_GATE : EDGE_SCALE,
                                    parameters->scale[layer - 1], input};
        product_run_edged(&products_of(model, layer)->backward,
                          parameters->weight[layer - 1], delta, previous, &edge);
        sink(context, layer, delta, input);
        delta = previous;
    }
    sink(context, 0, delta, NULL);
}

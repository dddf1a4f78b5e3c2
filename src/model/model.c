#include "dufm/model.h"

#include <string.h>

#include "dufm/product.h"
#include "dufm/vector.h"

struct problem problem_of_point(const struct point *point) {
    struct problem problem = {
        .shape = {point->depth, point->width, point->classes, point->samples},
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

/* Turn Z into (Z - Y)/N in place, Y_ij = 1 where sample j is of class i; returns
 * 1/(2N) |Z - Y|^2. Samples are sorted by class, as many of each. */
static double mse_residual(const struct shape *shape, double *output) {
    int classes = shape->classes, samples = shape_sample_count(shape);
    double scale = 1.0 / samples, sum = 0.0;
    for (int j = 0; j < samples; j++) {
        double *column = output + (size_t)j * (size_t)classes;
        column[j / shape->samples] -= 1.0;
        for (int i = 0; i < classes; i++) {
            sum += column[i] * column[i];
            column[i] *= scale;
        }
    }
    return 0.5 * scale * sum;
}

/* W_layer s(H_layer) up to the weight's scale. */
static void propagate(const struct model *model, const struct factors *parameters,
                      int layer, double *out) {
    product_run(&products_of(model, layer)->forward, parameters->weight[layer - 1],
                model_postactivation(model, parameters, layer), out);
}

void model_preactivation(const struct model *model, const struct factors *parameters,
                         int layer, double *out) {
    const struct shape *shape = &model->problem.shape;
    size_t samples = (size_t)shape_sample_count(shape);
    if (layer == 1) {
        memcpy(out, parameters->feature, (size_t)shape->width * samples * sizeof *out);
        return;
    }
    propagate(model, parameters, layer - 1, out);
    vector_scale(parameters->scale[layer - 2], out,
                 (size_t)shape_rows(shape, layer - 1) * samples);
}

double model_forward(struct model *model, const struct factors *parameters) {
    const struct shape *shape = &model->problem.shape;
    size_t hidden = (size_t)shape->width * (size_t)shape_sample_count(shape);
    for (int layer = 2; layer <= shape->depth; layer++) {
        double *post = model->post[layer - 1];
        propagate(model, parameters, layer - 1, post);
        if (model->problem.activation == ACTIVATION_RELU)
            vector_rectify(parameters->scale[layer - 2], post, hidden);
        else
            vector_scale(parameters->scale[layer - 2], post, hidden);
    }
    model_preactivation(model, parameters, shape->depth + 1, model->output);
    return mse_residual(shape, model->output);
}

void model_add_product(const struct model *model, int layer, const double *left,
                       const double *right, double *target) {
    product_run(&products_of(model, layer)->update, left, right, target);
}

void model_backward(struct model *model, const struct factors *parameters,
                    model_sink *sink, void *context) {
    const struct shape *shape = &model->problem.shape;
    size_t hidden = (size_t)shape->width * (size_t)shape_sample_count(shape);
    double *delta = model->output;
    for (int layer = shape->depth; layer >= 1; layer--) {
        double *previous = model->delta[layer % 2];
        const double *input = model_postactivation(model, parameters, layer);
        /* s'(H) by the sign of s(H), s'(0) = 0. Before the sink, which may overwrite W_layer. */
        product_run(&products_of(model, layer)->backward, parameters->weight[layer - 1],
                    delta, previous);
        if (layer > 1 && model->problem.activation == ACTIVATION_RELU)
            vector_gate(parameters->scale[layer - 1], input, previous, hidden);
        else
            vector_scale(parameters->scale[layer - 1], previous, hidden);
        sink(context, layer, delta, input);
        delta = previous;
    }
    sink(context, 0, delta, NULL);
}

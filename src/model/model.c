#include "dufm/model.h"

#include <string.h>

#include "dufm/blas.h"

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
}

static struct const_matrix weight_of(const struct factors *factors, int layer) {
    return (struct const_matrix){shape_rows(&factors->shape, layer), factors->shape.width,
                                 factors->weight[layer - 1]};
}

/* s(H_layer), or H_1 itself: what W_layer multiplies. */
static struct const_matrix input_of(const struct model *model,
                                    const struct factors *factors, int layer) {
    const struct shape *shape = &model->problem.shape;
    return (struct const_matrix){shape->width, shape_sample_count(shape),
                                 layer == 1 ? factors->feature : model->post[layer - 1]};
}

static void rectify(double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] > 0.0 ? x[i] : 0.0;
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

void model_preactivation(const struct model *model, const struct factors *parameters,
                         int layer, double *out) {
    const struct shape *shape = &model->problem.shape;
    int samples = shape_sample_count(shape);
    if (layer == 1) {
        memcpy(out, parameters->feature,
               (size_t)shape->width * (size_t)samples * sizeof *out);
        return;
    }
    struct matrix next = {shape_rows(shape, layer - 1), samples, out};
    blas_multiply(1.0, weight_of(parameters, layer - 1),
                  input_of(model, parameters, layer - 1), 0.0, next);
}

double model_forward(struct model *model, const struct factors *parameters) {
    const struct shape *shape = &model->problem.shape;
    size_t hidden = (size_t)shape->width * (size_t)shape_sample_count(shape);
    for (int layer = 2; layer <= shape->depth; layer++) {
        model_preactivation(model, parameters, layer, model->post[layer - 1]);
        if (model->problem.activation == ACTIVATION_RELU)
            rectify(model->post[layer - 1], hidden);
    }
    model_preactivation(model, parameters, shape->depth + 1, model->output);
    return mse_residual(shape, model->output);
}

/* delta *= s'(H): the sign of s(H) tells that of H, and s'(0) = 0. */
static void mask(double *delta, const double *post, size_t count) {
    for (size_t i = 0; i < count; i++)
        delta[i] = post[i] > 0.0 ? delta[i] : 0.0;
}

void model_backward(struct model *model, const struct factors *parameters,
                    model_sink *sink, void *context) {
    const struct shape *shape = &model->problem.shape;
    int samples = shape_sample_count(shape);
    const double *delta = model->output;
    for (int layer = shape->depth; layer >= 1; layer--) {
        struct matrix previous = {shape->width, samples, model->delta[layer % 2]};
        struct const_matrix current = {shape_rows(shape, layer), samples, delta};
        struct const_matrix input = input_of(model, parameters, layer);
        /* Before the sink, which may overwrite W_layer. */
        blas_multiply_left_transposed(1.0, weight_of(parameters, layer), current, 0.0,
                                      previous);
        sink(context, layer, delta, input.data);
        if (layer > 1 && model->problem.activation == ACTIVATION_RELU)
            mask(previous.data, input.data, (size_t)shape->width * (size_t)samples);
        delta = previous.data;
    }
    sink(context, 0, delta, NULL);
}

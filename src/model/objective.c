/* The loss with its parts, and its gradient as one block. */
#include <string.h>

#include "dufm/blas.h"
#include "dufm/model.h"

static double half_square(double lambda, const double *x, size_t count) {
    return 0.5 * lambda * blas_square_sum(x, count);
}

void model_loss_terms(const struct problem *problem, const struct factors *parameters,
                      double fit, struct loss_terms *out) {
    const struct shape *shape = &problem->shape;
    size_t width = (size_t)shape->width;
    out->fit = fit;
    out->feature_regularization = half_square(problem->lambda_h, parameters->feature,
                                              width * (size_t)shape_sample_count(shape));
    out->regularization = out->feature_regularization;
    for (int layer = 1; layer <= shape->depth; layer++) {
        double term =
            half_square(problem->lambdas[layer - 1], parameters->weight[layer - 1],
                        width * (size_t)shape_rows(shape, layer));
        out->weight_regularization[layer - 1] = term;
        out->regularization += term;
    }
    out->total = out->fit + out->regularization;
}

void model_loss(struct model *model, const struct factors *parameters,
                struct loss_terms *out) {
    model_loss_terms(&model->problem, parameters, model_forward(model, parameters), out);
}

struct gradient_target {
    const struct problem *problem;
    const struct factors *parameters;
    struct factors *gradient;
};

/* gradient of a factor = left right^T + lambda factor */
static void write_gradient(void *context, int layer, const double *left,
                           const double *right) {
    const struct gradient_target *target = context;
    const struct shape *shape = &target->problem->shape;
    size_t width = (size_t)shape->width;
    int samples = shape_sample_count(shape);
    if (layer == 0) {
        size_t count = width * (size_t)samples;
        memcpy(target->gradient->feature, left, count * sizeof *left);
        blas_add(target->problem->lambda_h, target->parameters->feature,
                 target->gradient->feature, count);
        return;
    }
    int rows = shape_rows(shape, layer);
    size_t count = width * (size_t)rows;
    double *out = target->gradient->weight[layer - 1];
    memcpy(out, target->parameters->weight[layer - 1], count * sizeof *out);
    blas_multiply_right_transposed(1.0, (struct const_matrix){rows, samples, left},
                                   (struct const_matrix){shape->width, samples, right},
                                   target->problem->lambdas[layer - 1],
                                   (struct matrix){rows, shape->width, out});
}

void model_gradient_after_forward(struct model *model, const struct factors *parameters,
                                  struct factors *gradient) {
    struct gradient_target target = {&model->problem, parameters, gradient};
    model_backward(model, parameters, write_gradient, &target);
}

double model_gradient(struct model *model, const struct factors *parameters,
                      struct factors *gradient) {
    double fit = model_forward(model, parameters);
    model_gradient_after_forward(model, parameters, gradient);
    return fit;
}

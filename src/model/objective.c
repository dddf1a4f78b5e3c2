/* The loss with its parts, and its gradient as one block. */
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
        double scale = parameters->scale[layer - 1];
        double term = half_square(problem->lambdas[layer - 1] * scale * scale,
                                  parameters->weight[layer - 1],
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
    const struct model *model;
    const struct factors *parameters;
    struct factors *gradient;
};

/* gradient of a factor = left right^T + lambda factor */
static void write_gradient(void *context, int layer, double *left, const double *right) {
    const struct gradient_target *target = context;
    const struct problem *problem = &target->model->problem;
    const struct shape *shape = &problem->shape;
    size_t width = (size_t)shape->width;
    if (layer == 0) {
        size_t count = width * (size_t)shape_sample_count(shape);
        for (size_t i = 0; i < count; i++)
            target->gradient->feature[i] =
                left[i] + problem->lambda_h * target->parameters->feature[i];
        return;
    }
    size_t count = width * (size_t)shape_rows(shape, layer);
    const double *weight = target->parameters->weight[layer - 1];
    double *out = target->gradient->weight[layer - 1];
    double decay = problem->lambdas[layer - 1] * target->parameters->scale[layer - 1];
    for (size_t i = 0; i < count; i++)
        out[i] = decay * weight[i];
    model_add_product(target->model, layer, left, right, out);
}

void model_gradient_after_forward(struct model *model, const struct factors *parameters,
                                  struct factors *gradient) {
    struct gradient_target target = {model, parameters, gradient};
    model_backward(model, parameters, write_gradient, &target);
}

double model_gradient(struct model *model, const struct factors *parameters,
                      struct factors *gradient) {
    double fit = model_forward(model, parameters);
    model_gradient_after_forward(model, parameters, gradient);
    return fit;
}

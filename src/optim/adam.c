/* Adam (Kingma and Ba 2015), as PyTorch has it: the regularization is part of the
 * gradient, epsilon outside of the root. */
#include <math.h>

#include "dufm/vector.h"
#include "types.h"

enum { MEAN, SQUARE, BLOCKS };

static size_t blocks_of_adam(const struct optimizer_settings *settings) {
    (void)settings;
    return BLOCKS;
}

static bool step_adam(struct optimizer *optimizer, double fit) {
    (void)fit;
    const struct optimizer_settings *settings = &optimizer->settings;
    struct factors gradient = optimizer_block_factors(optimizer, optimizer->scratch, 0);
    double step = optimizer->progress.steps + 1.0;
    const struct vector_moments moments = {
        .beta1 = settings->beta1,
        .beta2 = settings->beta2,
        .epsilon = settings->epsilon,
        .rate = optimizer->rate / (1.0 - pow(settings->beta1, step)),
        .root = sqrt(1.0 - pow(settings->beta2, step)),
        .mean = optimizer_block(optimizer, optimizer->saved, MEAN),
        .square = optimizer_block(optimizer, optimizer->saved, SQUARE)};
    model_gradient_after_forward(optimizer->model, optimizer->parameters, &gradient);
    optimizer_count_evaluation(optimizer);
    vector_step_by_moments(&moments, gradient.data, optimizer->parameters->data,
                           optimizer_block_count(optimizer));
    return true;
}

const struct optimizer_type optimizer_type_adam = {OPTIMIZER_ADAM, blocks_of_adam, 1,
                                                   step_adam};

#include "dufm/collapse.h"

#include <math.h>

#include "dufm/blas.h"
#include "dufm/frame.h"

void collapse_carve(struct collapse *collapse, const struct shape *shape,
                    struct arena *arena) {
    size_t width = (size_t)shape->width, classes = (size_t)shape->classes;
    means_carve(&collapse->means, shape, arena);
    variability_carve(&collapse->variability, shape, shape_sample_count(shape), arena);
    alignment_carve(&collapse->alignment, shape, arena);
    collapse->pre =
        arena_take(arena, width * (size_t)shape_sample_count(shape), sizeof(double));
    collapse->gram = arena_take(arena, classes * classes, sizeof(double));
}

/* The Gram matrix of K columns of length d. */
static void gram_of(const struct shape *shape, const double *columns, double *gram) {
    struct const_matrix matrix = {shape->width, shape->classes, columns};
    blas_multiply_left_transposed(1.0, matrix, matrix, 0.0,
                                  (struct matrix){shape->classes, shape->classes, gram});
}

/* NC2 of uncentred means. */
static void measure_frame(const struct means *means, double *gram, enum side side,
                          int layer, struct result *result) {
    const struct shape *shape = &means->shape;
    double *distance = side == SIDE_PRE ? result->nc2_frame_pre : result->nc2_frame_post;
    const double *values =
        result->sv[side == SIDE_PRE ? SPECTRUM_MEAN_PRE : SPECTRUM_MEAN_POST] +
        (size_t)(layer - 1) * (size_t)result->extent.index;
    if (!means->defined) return;
    gram_of(shape, means->mean, gram);
    distance[layer - 1] = frame_orthogonal_distance(gram, shape->classes);
    result->condition[side][layer - 1] =
        frame_condition(values, shape->width, shape->classes);
}

/* NC2 of globally centred means. */
static void measure_simplex(const struct means *means, double *gram, enum side side,
                            int layer, struct result *result) {
    int classes = means->shape.classes;
    if (!means->spread) return;
    gram_of(&means->shape, means->centred, gram);
    result->nc2_etf[side][layer - 1] = frame_simplex_distance(gram, classes);
    result->nc2_equinorm[side][layer - 1] = frame_equinorm_spread(gram, classes);
    result->nc2_equiangle[side][layer - 1] =
        frame_equiangle_spread(gram, classes, means->zero);
}

void collapse_measure_means(const struct means *means, double *gram, enum side side,
                            int layer, struct result *result) {
    measure_frame(means, gram, side, layer, result);
    measure_simplex(means, gram, side, layer, result);
}

static enum error measure_side(struct collapse *collapse, const double *samples,
                               enum side side, int layer, struct result *result) {
    means_take(&collapse->means, samples);
    collapse_measure_means(&collapse->means, collapse->gram, side, layer, result);
    result->nc1_trace[side][layer - 1] = variability_trace(&collapse->means);
    if (side == SIDE_POST)
        result->within_post[layer - 1] = variability_share(&collapse->means);
    return variability_pinv(&collapse->variability, &collapse->means,
                            &result->nc1_pinv[side][layer - 1]);
}

enum error collapse_measure(struct collapse *collapse, const struct model *model,
                            const struct factors *parameters, struct result *result) {
    const struct shape *shape = &model->problem.shape;
    for (int layer = 1; layer <= shape->depth; layer++) {
        struct const_matrix weight = {shape_rows(shape, layer), shape->width,
                                      parameters->weight[layer - 1]};
        const double *post = model_postactivation(model, parameters, layer);
        model_preactivation(model, parameters, layer, collapse->pre);
        TRY(measure_side(collapse, collapse->pre, SIDE_PRE, layer, result));
        TRY(measure_side(collapse, post, SIDE_POST, layer, result));
        result->nc3_alignment[layer - 1] =
            alignment_rows(&collapse->alignment, weight, &collapse->means);
        if (layer == shape->depth)
            result->nc3_duality = alignment_duality(weight, &collapse->means);
    }
    return ERROR_NONE;
}

#include "dufm/likeness.h"

#include <math.h>

#include "dufm/blas.h"
#include "dufm/spectra.h"

static int first_layer(const struct shape *shape) {
    return shape->depth > 1 ? 2 : 1;
}

static size_t gram_size(const struct shape *shape) {
    return (size_t)shape->classes * (size_t)shape->classes;
}

void likeness_carve(struct likeness *likeness, const struct shape *shape,
                    struct arena *arena) {
    size_t layers = (size_t)(shape->depth - first_layer(shape) + 1);
    likeness->kept = arena_take(arena, layers * gram_size(shape), sizeof(double));
    likeness->gram = arena_take(arena, gram_size(shape), sizeof(double));
    likeness->mean =
        arena_take(arena, (size_t)shape->width * (size_t)shape->classes, sizeof(double));
}

/* G/|G|_F of a layer; NaN throughout where that is zero. */
static void measure(struct likeness *likeness, const struct model *model,
                    const struct factors *parameters, int layer, double *gram) {
    const struct shape *shape = &model->problem.shape;
    struct const_matrix mean = {shape->width, shape->classes, likeness->mean};
    spectra_class_means(shape, model_postactivation(model, parameters, layer),
                        likeness->mean);
    blas_multiply_left_transposed(1.0, mean, mean, 0.0,
                                  (struct matrix){shape->classes, shape->classes, gram});
    double norm = sqrt(blas_square_sum(gram, gram_size(shape)));
    for (size_t i = 0; i < gram_size(shape); i++)
        gram[i] /= norm;
}

static double *kept_gram(const struct likeness *likeness, const struct shape *shape,
                         int layer) {
    return likeness->kept + (size_t)(layer - first_layer(shape)) * gram_size(shape);
}

void likeness_keep(struct likeness *likeness, const struct model *model,
                   const struct factors *parameters) {
    const struct shape *shape = &model->problem.shape;
    for (int layer = first_layer(shape); layer <= shape->depth; layer++)
        measure(likeness, model, parameters, layer, kept_gram(likeness, shape, layer));
}

double likeness_distance(struct likeness *likeness, const struct model *model,
                         const struct factors *parameters) {
    const struct shape *shape = &model->problem.shape;
    double largest = 0.0;
    for (int layer = first_layer(shape); layer <= shape->depth; layer++) {
        measure(likeness, model, parameters, layer, likeness->gram);
        blas_add(-1.0, kept_gram(likeness, shape, layer), likeness->gram,
                 gram_size(shape));
        double distance = sqrt(blas_square_sum(likeness->gram, gram_size(shape)));
        if (distance > largest || isnan(distance)) largest = distance; /* NaN stays */
    }
    return largest;
}

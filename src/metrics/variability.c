#include "dufm/variability.h"

#include <math.h>

#include "dufm/blas.h"

const double variability_cutoff = 1e-6;

static bool has_variability(const struct means *means) {
    return means->shape.samples > 1 && means->spread;
}

double variability_trace(const struct means *means) {
    size_t width = (size_t)means->shape.width, classes = (size_t)means->shape.classes;
    size_t samples = (size_t)means->shape.samples;
    if (!has_variability(means)) return NAN;
    double within = 0.0;
    for (size_t j = 0; j < classes * samples; j++) {
        const double *sample = means->samples + j * width;
        const double *mean = means->mean + j / samples * width;
        for (size_t i = 0; i < width; i++)
            within += (sample[i] - mean[i]) * (sample[i] - mean[i]);
    }
    double between = blas_square_sum(means->centred, width * classes);
    return within / (double)samples / between; /* (within/N) / (between/K) */
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

void variability_carve(struct variability *variability, const struct shape *shape,
                       struct arena *arena) {
    size_t width = (size_t)shape->width, samples = (size_t)shape_sample_count(shape);
    size_t rank = (size_t)smaller(shape->width, shape->classes);
    svd_carve(&variability->svd, shape->width, shape->classes, arena);
    variability->values = arena_take(arena, rank, sizeof(double));
    variability->left = arena_take(arena, width * rank, sizeof(double));
    variability->within = arena_take(arena, width * samples, sizeof(double));
    variability->projected = arena_take(arena, rank * samples, sizeof(double));
}

static void deviations(const struct means *means, double *within) {
    size_t width = (size_t)means->shape.width, samples = (size_t)means->shape.samples;
    size_t count = (size_t)shape_sample_count(&means->shape);
    for (size_t j = 0; j < count; j++)
        for (size_t i = 0; i < width; i++)
            within[j * width + i] =
                means->samples[j * width + i] - means->mean[j / samples * width + i];
}

/* s_i^2 > cut-off s_1^2 */
static int count_kept(const double *values, int count) {
    int kept = 0;
    while (kept < count && values[kept] > sqrt(variability_cutoff) * values[0])
        kept++;
    return kept;
}

enum error variability_pinv(struct variability *variability, const struct means *means,
                            double *out) {
    int width = means->shape.width, classes = means->shape.classes;
    int samples = shape_sample_count(&means->shape);
    *out = NAN;
    if (!has_variability(means)) return ERROR_NONE;
    TRY(svd_left(&variability->svd, (struct const_matrix){width, classes, means->centred},
                 variability->values, variability->left));
    int kept = count_kept(variability->values, smaller(width, classes));
    deviations(means, variability->within);
    blas_multiply_left_transposed(
        1.0, (struct const_matrix){width, kept, variability->left},
        (struct const_matrix){width, samples, variability->within}, 0.0,
        (struct matrix){kept, samples, variability->projected});
    double sum = 0.0;
    for (int j = 0; j < samples; j++)
        for (int i = 0; i < kept; i++) {
            double along = variability->projected[(size_t)j * (size_t)kept + (size_t)i] /
                           variability->values[i];
            sum += along * along;
        }
    *out = sum / samples;
    return ERROR_NONE;
}

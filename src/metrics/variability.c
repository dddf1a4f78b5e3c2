#include "dufm/variability.h"

#include <math.h>

#include "dufm/blas.h"

static const double cutoff = 1e-6;

static bool has_variability(const struct means *means) {
    return means->shape.samples > 1 && means->spread;
}

/* sum of |h_j - m_k|^2 over the samples */
static double within_square(const struct means *means) {
    const struct shape *shape = &means->shape;
    size_t width = (size_t)shape->width;
    const double *sample = means->samples;
    double within = 0.0;
    for (int k = 0; k < shape->classes; k++) {
        const double *mean = means->mean + (size_t)k * width;
        for (int j = shape_class_samples(shape, k); j > 0; j--, sample += width)
            for (size_t i = 0; i < width; i++)
                within += (sample[i] - mean[i]) * (sample[i] - mean[i]);
    }
    return within;
}

double variability_share(const struct means *means) {
    size_t count = (size_t)shape_sample_count(&means->shape);
    return within_square(means) /
           blas_square_sum(means->samples, count * (size_t)means->shape.width);
}

double variability_ratio(double within, double count, const struct means *means) {
    const struct shape *shape = &means->shape;
    size_t width = (size_t)shape->width, classes = (size_t)shape->classes;
    if (!means->spread) return NAN;
    double between = blas_square_sum(means->centred, width * classes);
    double samples_a_class = count / (double)classes;
    return within / samples_a_class / between; /* (within/N) / (between/K) */
}

double variability_trace(const struct means *means) {
    if (!has_variability(means)) return NAN;
    return variability_ratio(within_square(means), shape_sample_count(&means->shape),
                             means);
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

void variability_carve(struct variability *variability, const struct shape *shape,
                       int columns, struct arena *arena) {
    size_t width = (size_t)shape->width, samples = (size_t)columns;
    size_t rank = (size_t)smaller(shape->width, shape->classes);
    svd_carve(&variability->svd, shape->width, shape->classes, arena);
    variability->values = arena_take(arena, rank, sizeof(double));
    variability->left = arena_take(arena, width * rank, sizeof(double));
    variability->within = arena_take(arena, width * samples, sizeof(double));
    variability->projected = arena_take(arena, rank * samples, sizeof(double));
}

static void deviations(const struct means *means, double *within) {
    const struct shape *shape = &means->shape;
    size_t width = (size_t)shape->width, at = 0;
    for (int k = 0; k < shape->classes; k++) {
        const double *mean = means->mean + (size_t)k * width;
        for (int j = shape_class_samples(shape, k); j > 0; j--)
            for (size_t i = 0; i < width; i++, at++)
                within[at] = means->samples[at] - mean[i];
    }
}

/* s_i^2 > cut-off s_1^2 */
static int count_kept(const double *values, int count) {
    int kept = 0;
    while (kept < count && values[kept] > sqrt(cutoff) * values[0])
        kept++;
    return kept;
}

enum error variability_begin(struct variability *variability, const struct means *means) {
    int width = means->shape.width, classes = means->shape.classes;
    TRY(svd_left(&variability->svd, (struct const_matrix){width, classes, means->centred},
                 variability->values, variability->left));
    variability->kept = count_kept(variability->values, smaller(width, classes));
    return ERROR_NONE;
}

double variability_along(struct variability *variability, int width, int count) {
    int kept = variability->kept;
    blas_multiply_left_transposed(
        1.0, (struct const_matrix){width, kept, variability->left},
        (struct const_matrix){width, count, variability->within}, 0.0,
        (struct matrix){kept, count, variability->projected});
    double sum = 0.0;
    for (int j = 0; j < count; j++)
        for (int i = 0; i < kept; i++) {
            double along = variability->projected[(size_t)j * (size_t)kept + (size_t)i] /
                           variability->values[i];
            sum += along * along;
        }
    return sum;
}

enum error variability_pinv(struct variability *variability, const struct means *means,
                            double *out) {
    int samples = shape_sample_count(&means->shape);
    *out = NAN;
    if (!has_variability(means)) return ERROR_NONE;
    TRY(variability_begin(variability, means));
    deviations(means, variability->within);
    *out = variability_along(variability, means->shape.width, samples) / samples;
    return ERROR_NONE;
}

#include "dufm/spectra.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "dufm/blas.h"

void spectra_carve(struct spectra *spectra, const struct shape *shape,
                   struct arena *arena) {
    int samples = shape_sample_count(shape), width = shape->width,
        classes = shape->classes;
    int rows = width > classes ? width : classes;
    *spectra = (struct spectra){.poll = NULL};
    svd_carve(&spectra->svd, rows, width > samples ? width : samples, arena);
    size_t means = (size_t)width * (size_t)classes;
    spectra->pre = arena_take(arena, (size_t)width * (size_t)samples, sizeof(double));
    spectra->mean_pre = arena_take(arena, means, sizeof(double));
    spectra->mean_post = arena_take(arena, means, sizeof(double));
    spectra->output =
        arena_take(arena, (size_t)classes * (size_t)samples, sizeof(double));
}

void spectra_class_means(const struct shape *shape, const double *samples, double *mean) {
    size_t height = (size_t)shape->width;
    const double *sample = samples;
    memset(mean, 0, height * (size_t)shape->classes * sizeof *mean);
    for (int k = 0; k < shape->classes; k++) {
        int count = shape_class_samples(shape, k);
        for (int j = 0; j < count; j++, sample += height)
            blas_add(1.0 / count, sample, mean + (size_t)k * height, height);
    }
}

static double *row(double *array, int layer, int length) {
    return array + (size_t)(layer - 1) * (size_t)length;
}

void spectra_measure_ranks(struct result *result, enum spectrum which, int layer,
                           int count) {
    const double *values = row(result->sv[which], layer, result->extent.index);
    int *ranks = result->rank[which] + (layer - 1) * TOLERANCE_COUNT;
    for (int i = 0; i < TOLERANCE_COUNT; i++)
        ranks[i] = spectra_rank(values, count, rank_tolerances[i]);
    result->stable_rank[which][layer - 1] = spectra_stable_rank(values, count);
    result->effective_rank[which][layer - 1] = spectra_effective_rank(values, count);
}

enum error spectra_measure_matrix(struct svd *svd, struct const_matrix matrix,
                                  enum spectrum which, int layer, struct result *result) {
    double *values = row(result->sv[which], layer, result->extent.index);
    TRY(svd_values(svd, matrix.rows, matrix.columns, matrix.data, values));
    int count = matrix.rows < matrix.columns ? matrix.rows : matrix.columns;
    spectra_measure_ranks(result, which, layer, count);
    return ERROR_NONE;
}

/* The same matrix under another name: its spectrum is copied, not computed again. */
static void repeat(enum spectrum from, enum spectrum to, int layer, int count,
                   struct result *result) {
    size_t bytes = (size_t)result->extent.index * sizeof(double);
    memcpy(row(result->sv[to], layer, result->extent.index),
           row(result->sv[from], layer, result->extent.index), bytes);
    spectra_measure_ranks(result, to, layer, count);
}

void spectra_keep_gram(struct const_matrix mean, enum side side, int layer,
                       struct result *result) {
    int classes = mean.columns;
    double *kept = side == SIDE_PRE ? result->gram_pre : result->gram_post;
    if (kept == NULL) return;
    blas_multiply_left_transposed(
        1.0, mean, mean, 0.0,
        (struct matrix){classes, classes, row(kept, layer, classes * classes)});
}

/* Features and class means of one side of the activation; one sample a class is its own
 * mean. */
static enum error measure_side(struct spectra *spectra, const struct shape *shape,
                               const double *feature, double *mean, enum spectrum side,
                               int layer, struct result *result) {
    int width = shape->width, classes = shape->classes,
        samples = shape_sample_count(shape);
    enum spectrum mean_side =
        side == SPECTRUM_FEATURE_PRE ? SPECTRUM_MEAN_PRE : SPECTRUM_MEAN_POST;
    struct const_matrix features = {width, samples, feature},
                        means = {width, classes, mean};
    spectra_class_means(shape, feature, mean);
    TRY(spectra_measure_matrix(&spectra->svd, features, side, layer, result));
    if (shape->samples == 1)
        repeat(side, mean_side, layer, width < classes ? width : classes, result);
    else
        TRY(spectra_measure_matrix(&spectra->svd, means, mean_side, layer, result));
    spectra_keep_gram(means, side == SPECTRUM_FEATURE_PRE ? SIDE_PRE : SIDE_POST, layer,
                      result);
    return ERROR_NONE;
}

static enum error measure_layer(struct spectra *spectra, const struct model *model,
                                const struct factors *parameters, int layer,
                                struct result *result) {
    const struct shape *shape = &model->problem.shape;
    struct const_matrix weight = {shape_rows(shape, layer), shape->width,
                                  parameters->weight[layer - 1]};
    const double *post = model_postactivation(model, parameters, layer);
    TRY(spectra_measure_matrix(&spectra->svd, weight, SPECTRUM_WEIGHT, layer, result));
    model_preactivation(model, parameters, layer, spectra->pre);
    TRY(measure_side(spectra, shape, spectra->pre, spectra->mean_pre,
                     SPECTRUM_FEATURE_PRE, layer, result));
    return measure_side(spectra, shape, post, spectra->mean_post, SPECTRUM_FEATURE_POST,
                        layer, result);
}

enum error spectra_measure(struct spectra *spectra, const struct model *model,
                           const struct factors *parameters, struct result *result) {
    const struct shape *shape = &model->problem.shape;
    int classes = shape->classes, samples = shape_sample_count(shape);
    for (int layer = 1; layer <= shape->depth; layer++) {
        if (spectra->poll != NULL && spectra->poll(spectra->poll_context))
            return RAISE(ERROR_INTERRUPTED, "interrupted before layer %d was measured",
                         layer);
        TRY(measure_layer(spectra, model, parameters, layer, result));
    }
    model_preactivation(model, parameters, shape->depth + 1, spectra->output);
    TRY(svd_values(&spectra->svd, classes, samples, spectra->output, result->sv_output));
    for (int i = 0; i < TOLERANCE_COUNT; i++)
        result->rank_output[i] =
            spectra_rank(result->sv_output, classes, rank_tolerances[i]);
    return ERROR_NONE;
}

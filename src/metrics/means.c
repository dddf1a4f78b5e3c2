#include "dufm/means.h"

#include <math.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/spectra.h"

static const double rounding = 1e-12;
const double means_least = 1e-130;

void means_carve(struct means *means, const struct shape *shape, struct arena *arena) {
    size_t width = (size_t)shape->width, classes = (size_t)shape->classes;
    *means = (struct means){.shape = *shape};
    means->mean = arena_take(arena, width * classes, sizeof(double));
    means->centred = arena_take(arena, width * classes, sizeof(double));
    means->global = arena_take(arena, width, sizeof(double));
}

/* Largest magnitude; infinite where a value is not finite. */
static double largest(const double *x, size_t count) {
    double most = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i])) return INFINITY;
        if (fabs(x[i]) > most) most = fabs(x[i]);
    }
    return most;
}

static void centre(struct means *means) {
    size_t width = (size_t)means->shape.width, classes = (size_t)means->shape.classes;
    memset(means->global, 0, width * sizeof *means->global);
    for (size_t k = 0; k < classes; k++)
        blas_add(1.0, means->mean + k * width, means->global, width);
    for (size_t k = 0; k < classes; k++)
        for (size_t i = 0; i < width; i++)
            means->centred[k * width + i] =
                means->mean[k * width + i] - means->global[i] / (double)classes;
}

void means_finish(struct means *means, double most) {
    size_t size = (size_t)means->shape.width * (size_t)means->shape.classes;
    bool usable = isfinite(most) && most >= means_least;
    means->zero = rounding * most;
    centre(means);
    means->defined = usable && largest(means->mean, size) > means->zero;
    means->spread = usable && largest(means->centred, size) > means->zero;
}

void means_take(struct means *means, const double *samples) {
    const struct shape *shape = &means->shape;
    size_t count = (size_t)shape->width * (size_t)shape_sample_count(shape);
    means->samples = samples;
    spectra_class_means(shape, samples, means->mean);
    means_finish(means, largest(samples, count));
}

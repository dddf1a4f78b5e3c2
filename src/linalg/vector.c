#include "dufm/vector.h"

#include <math.h>

/* Without the wider sets these loops take more than half of a small step: generated products
 * leave their results in wide stores, from which narrow loads wait. Clones need a linker's
 * indirect functions, which sanitizers do not get along with. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                   \
    !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define WIDE
#endif

WIDE void vector_scale(double a, double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] *= a;
}

/* Products and selections are unconditional, so that the loops can be vectorized. */
WIDE void vector_rectify(double a, double *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double scaled = a * x[i];
        x[i] = scaled > 0.0 ? scaled : 0.0;
    }
}

WIDE void vector_gate(double a, const double *restrict gate, double *restrict x,
                      size_t count) {
    for (size_t i = 0; i < count; i++) {
        double scaled = a * x[i];
        x[i] = gate[i] > 0.0 ? scaled : 0.0;
    }
}

WIDE void vector_blend(double a, const double *restrict x, double b, double *restrict y,
                       size_t count) {
    for (size_t i = 0; i < count; i++)
        y[i] = a * x[i] + b * y[i];
}

static inline void step_by_moments(const struct vector_moments *moments,
                                   const double *restrict gradient, double *restrict mean,
                                   double *restrict square, double *restrict x,
                                   size_t count) {
    const double beta1 = moments->beta1, beta2 = moments->beta2, rate = moments->rate;
    const double root = moments->root, epsilon = moments->epsilon;
    for (size_t i = 0; i < count; i++) {
        double g = gradient[i];
        mean[i] = beta1 * mean[i] + (1.0 - beta1) * g;
        square[i] = beta2 * square[i] + (1.0 - beta2) * g * g;
        x[i] -= rate * mean[i] / (sqrt(square[i]) / root + epsilon);
    }
}

WIDE void vector_step_by_moments(const struct vector_moments *moments,
                                 const double *gradient, double *x, size_t count) {
    step_by_moments(moments, gradient, moments->mean, moments->square, x, count);
}

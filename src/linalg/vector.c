#include "dufm/vector.h"

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

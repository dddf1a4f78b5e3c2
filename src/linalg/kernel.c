#include "kernel.h"

#include <stddef.h>
#include <stdio.h>

#ifdef DUFM_LIBXSMM

#include <libxsmm.h>

/* Where generated kernels beat BLAS, measured on x86-64 with AVX2 and AVX-512: one factor
 * is small enough to stay in the first-level cache. Others need BLAS's blocking. */
enum { SMALL = 64, LARGE = 2048 };

static bool is_small(int m, int n, int k) {
    int least = m < n ? m : n;
    if (k < least) least = k;
    return least <= SMALL && m <= LARGE && n <= LARGE && k <= LARGE;
}

product_kernel *kernel_generate(int m, int n, int k, bool right_transposed,
                                bool accumulate) {
    if (!is_small(m, n, k)) return NULL;
    int flags = right_transposed ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    int prefetch = LIBXSMM_GEMM_PREFETCH_NONE, rows_of_b = right_transposed ? n : k;
    double alpha = 1.0, beta = accumulate ? 1.0 : 0.0;
    return libxsmm_dmmdispatch(m, n, k, &m, &rows_of_b, &m, &alpha, &beta, &flags,
                               &prefetch);
}

void kernel_transpose(int rows, int columns, const double *in, double *out) {
    libxsmm_otrans(out, in, sizeof *in, rows, columns, rows, columns);
}

const char *product_library(void) {
    static char text[32];
    snprintf(text, sizeof text, "libxsmm %d.%d", LIBXSMM_VERSION_MAJOR,
             LIBXSMM_VERSION_MINOR);
    return text;
}

const char *product_target(void) {
    libxsmm_init();
    return libxsmm_get_target_arch();
}

#else

product_kernel *kernel_generate(int m, int n, int k, bool right_transposed,
                                bool accumulate) {
    (void)m, (void)n, (void)k, (void)right_transposed, (void)accumulate;
    return NULL;
}

void kernel_transpose(int rows, int columns, const double *in, double *out) {
    for (int j = 0; j < columns; j++)
        for (int i = 0; i < rows; i++)
            out[(size_t)i * (size_t)columns + (size_t)j] =
                in[(size_t)j * (size_t)rows + (size_t)i];
}

const char *product_library(void) {
    return "";
}

const char *product_target(void) {
    return "";
}

#endif

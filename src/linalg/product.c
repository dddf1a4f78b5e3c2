#include "dufm/product.h"

#include <cblas.h>
#include <stddef.h>

#include "kernel.h"

/* Transposing A costs m k moves and gives the kernel its long side m; transposing B and C
 * costs (k + m) n. A copy of A pays while A stays in the nearest caches, or B is about as
 * wide as A is high. */
enum { CACHED = 128 * 128 };

static enum product_route route_of(const struct product_shape *shape) {
    if (shape->kind != PRODUCT_LEFT_TRANSPOSED) return PRODUCT_DIRECT;
    size_t moves = (size_t)shape->m * (size_t)shape->k;
    bool copy = moves <= CACHED || shape->k <= 8 * shape->n;
    return copy ? PRODUCT_COPY_LEFT : PRODUCT_SWAP_OPERANDS;
}

static product_kernel *kernel_of(const struct product_shape *shape,
                                 enum product_route route) {
    bool swap = route == PRODUCT_SWAP_OPERANDS;
    if (swap && shape->accumulate) return NULL; /* C^T would have to be read as well */
    if (swap) return kernel_generate(shape->n, shape->m, shape->k, false, false);
    return kernel_generate(shape->m, shape->n, shape->k,
                           shape->kind == PRODUCT_RIGHT_TRANSPOSED, shape->accumulate);
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Enough for either route, and growing with every dimension: a layout that only measures
 * its largest shape has room for all smaller ones, whose route may be the other. */
static void carve_scratch(struct product *product, struct arena *arena) {
    size_t m = (size_t)product->shape.m, n = (size_t)product->shape.n;
    size_t k = (size_t)product->shape.k;
    if (product->shape.kind != PRODUCT_LEFT_TRANSPOSED) return;
    size_t copy = smaller(m * k, larger(CACHED, 8 * m * n));
    product->scratch[0] = arena_take(arena, larger(copy, k * n), sizeof(double));
    product->scratch[1] = arena_take(arena, m * n, sizeof(double));
}

void product_carve(struct product *product, const struct product_shape *shape,
                   struct arena *arena) {
    enum product_route route = route_of(shape);
    *product = (struct product){.shape = *shape, .kernel = kernel_of(shape, route)};
    product->route = product->kernel != NULL ? route : PRODUCT_BY_BLAS;
    carve_scratch(product, arena);
}

void product_run_blas(const struct product_shape *shape, const double *a, const double *b,
                      double *c) {
    bool left = shape->kind == PRODUCT_LEFT_TRANSPOSED;
    bool right = shape->kind == PRODUCT_RIGHT_TRANSPOSED;
    cblas_dgemm(CblasColMajor, left ? CblasTrans : CblasNoTrans,
                right ? CblasTrans : CblasNoTrans, shape->m, shape->n, shape->k, 1.0, a,
                left ? shape->k : shape->m, b, right ? shape->n : shape->k,
                shape->accumulate ? 1.0 : 0.0, c, shape->m);
}

void product_run(const struct product *product, const double *a, const double *b,
                 double *c) {
    const struct product_shape *shape = &product->shape;
    double *first = product->scratch[0], *second = product->scratch[1];
    switch (product->route) {
    case PRODUCT_BY_BLAS:
        product_run_blas(shape, a, b, c);
        break;
    case PRODUCT_DIRECT:
        product->kernel(a, b, c);
        break;
    case PRODUCT_COPY_LEFT:
        kernel_transpose(shape->k, shape->m, a, first);
        product->kernel(first, b, c);
        break;
    case PRODUCT_SWAP_OPERANDS:
        kernel_transpose(shape->k, shape->n, b, first);
        product->kernel(first, a, second);
        kernel_transpose(shape->n, shape->m, second, c);
        break;
    }
}

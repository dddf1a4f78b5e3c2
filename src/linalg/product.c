#include "dufm/product.h"

#include <cblas.h>
#include <stddef.h>

#include "dufm/vector.h"
#include "kernel.h"
#include "transposed.h"

/* A copy of A costs m k moves, once for all columns of B: it pays where it stays in the
 * nearest caches or B is about as wide as A is high. */
enum { CACHED = 128 * 128 };

/* Transposing in registers is done anew for every dozen columns of B. */
enum { FEW_COLUMNS = 64 };

static enum product_route route_of(const struct product_shape *shape) {
    if (shape->kind != PRODUCT_LEFT_TRANSPOSED) return PRODUCT_DIRECT;
    if (shape->n <= FEW_COLUMNS && !shape->accumulate && transposed_available())
        return PRODUCT_IN_REGISTERS;
    size_t moves = (size_t)shape->m * (size_t)shape->k;
    bool copy = moves <= CACHED || shape->k <= 8 * shape->n;
    return copy ? PRODUCT_COPY_LEFT : PRODUCT_BY_BLAS;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Growing with every dimension: a layout that only measures its largest shape has room for
 * all smaller ones, whose route may be another. */
static void carve_scratch(struct product *product, struct arena *arena) {
    size_t m = (size_t)product->shape.m, n = (size_t)product->shape.n;
    size_t k = (size_t)product->shape.k;
    if (product->shape.kind != PRODUCT_LEFT_TRANSPOSED) return;
    size_t copy = smaller(m * k, larger(CACHED, 8 * m * n));
    product->scratch = arena_take(arena, copy, sizeof(double));
}

void product_carve(struct product *product, const struct product_shape *shape,
                   struct arena *arena) {
    enum product_route route = route_of(shape);
    *product = (struct product){.shape = *shape, .route = route};
    carve_scratch(product, arena);
    if (route == PRODUCT_IN_REGISTERS || route == PRODUCT_BY_BLAS) return;
    product->kernel =
        kernel_generate(shape->m, shape->n, shape->k,
                        shape->kind == PRODUCT_RIGHT_TRANSPOSED, shape->accumulate);
    if (product->kernel == NULL) product->route = PRODUCT_BY_BLAS;
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

static void run_in_registers(const struct product *product, const double *a,
                             const double *b, double *c,
                             const struct transposed_edge *edge) {
    const struct product_shape *shape = &product->shape;
    transposed_run(shape->m, shape->n, shape->k, a, b, c, edge);
}

void product_run(const struct product *product, const double *a, const double *b,
                 double *c) {
    const struct product_shape *shape = &product->shape;
    switch (product->route) {
    case PRODUCT_BY_BLAS:
        product_run_blas(shape, a, b, c);
        break;
    case PRODUCT_DIRECT:
        product->kernel(a, b, c);
        break;
    case PRODUCT_COPY_LEFT:
        kernel_transpose(shape->k, shape->m, a, product->scratch);
        product->kernel(product->scratch, b, c);
        break;
    case PRODUCT_IN_REGISTERS:
        run_in_registers(product, a, b, c, &(struct transposed_edge){1.0, NULL});
        break;
    }
}

static void apply_edge(const struct product_edge *edge, double *c, size_t count) {
    switch (edge->kind) {
    case EDGE_SCALE:
        vector_scale(edge->scale, c, count);
        break;
    case EDGE_RECTIFY:
        vector_rectify(edge->scale, c, count);
        break;
    case EDGE_GATE:
        vector_gate(edge->scale, edge->gate, c, count);
        break;
    }
}

void product_run_edged(const struct product *product, const double *a, const double *b,
                       double *c, const struct product_edge *edge) {
    if (product->route == PRODUCT_IN_REGISTERS && edge->kind != EDGE_RECTIFY) {
        const double *gate = edge->kind == EDGE_GATE ? edge->gate : NULL;
        run_in_registers(product, a, b, c, &(struct transposed_edge){edge->scale, gate});
        return;
    }
    product_run(product, a, b, c);
    apply_edge(edge, c, (size_t)product->shape.m * (size_t)product->shape.n);
}

/* Small dense products, prepared once for a shape and run many times.
 *
 * The matrices are dense, column major, without padding. Where libxsmm is built in and a
 * fixed rule of the shape says so, the product is a kernel generated for exactly that
 * shape; else it is BLAS. The choice is never timed: bits must not depend on how busy a
 * machine was.
 */
#ifndef DUFM_PRODUCT_H
#define DUFM_PRODUCT_H

#include <stdbool.h>

#include "dufm/memory.h"

enum product_kind {
    PRODUCT_PLAIN,            /* C = A B      A m x k, B k x n */
    PRODUCT_LEFT_TRANSPOSED,  /* C = A^T B    A k x m, B k x n */
    PRODUCT_RIGHT_TRANSPOSED, /* C = A B^T    A m x k, B n x k */
};

struct product_shape {
    enum product_kind kind;
    int m, n, k;     /* C is m x n, the sum runs over k */
    bool accumulate; /* C += ... instead of C = ... */
};

/* How a product is done. Generated kernels do not take a transposed left factor. */
enum product_route {
    PRODUCT_BY_BLAS,
    PRODUCT_DIRECT,       /* a generated kernel takes the factors as they are */
    PRODUCT_COPY_LEFT,    /* A^T is written out for a generated kernel */
    PRODUCT_IN_REGISTERS, /* A is transposed piece by piece in registers */
};

/* A generated kernel: C (+)= A B. */
typedef void product_kernel(const double *a, const double *b, double *c, ...);

struct product {
    struct product_shape shape;
    enum product_route route;
    product_kernel *kernel; /* where the route has one; owned by the library */
    double *scratch;        /* for a transposed copy; from the arena */
};

/* What becomes of the elements of a product on their way to memory. */
enum product_edge_kind {
    EDGE_SCALE,   /* c <- scale c */
    EDGE_RECTIFY, /* c <- max(scale c, 0); NaN becomes 0 */
    EDGE_GATE,    /* c <- scale c where gate > 0, else 0 */
};

struct product_edge {
    enum product_edge_kind kind;
    double scale;
    const double *gate; /* m x n; for EDGE_GATE */
};

/* Prepare a product and lay out its scratch (memory.h: once to measure, once to take). */
void product_carve(struct product *product, const struct product_shape *shape,
                   struct arena *arena);

/* C (+)= A B in the product's form; C must not overlap A or B. */
void product_run(const struct product *product, const double *a, const double *b,
                 double *c);

/* C = edge(A B), for a product that does not accumulate. */
void product_run_edged(const struct product *product, const double *a, const double *b,
                       double *c, const struct product_edge *edge);

/* The same by BLAS whatever was chosen: what the tests compare with. */
void product_run_blas(const struct product_shape *shape, const double *a, const double *b,
                      double *c);

/* "libxsmm 1.17", or "" without it, and the instruction set it generates for; owned by
 * this module. */
const char *product_library(void);
const char *product_target(void);

#endif

/* The two ends of the spectrum of a symmetric operator A on R^size by Lanczos' method with
 * full re-orthogonalization (B. N. Parlett, The Symmetric Eigenvalue Problem, chapter 13):
 *
 *     A Q = Q T + beta q e_m^T,    Q^T Q = I,  T tridiagonal, m x m
 *
 * For a pair T s = theta s there is an eigenvalue of A within beta |s_m| of theta: the
 * residual bound, at least epsilon times the larger |theta|.
 */
#ifndef DUFM_LANCZOS_H
#define DUFM_LANCZOS_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"
#include "dufm/memory.h"

/* y = A x, both of the operator's size, not overlapping. */
typedef void lanczos_operator(void *context, const double *x, double *y);

/* Asked before each step; true: stop. */
typedef bool lanczos_poll(void *context);

struct lanczos {
    size_t size;      /* of a vector */
    int steps;        /* most: columns of the basis, at most size */
    double *basis;    /* Q, size x steps; its first column is the start, any length */
    double *next;     /* size */
    double *diagonal; /* of T, size steps, and the copy that LAPACK destroys */
    double *diagonal_copy;
    double *off; /* beta beside the diagonal, size steps; the last one leads out */
    double *off_copy;
    double *coefficient; /* of a projection, or an eigenvector of T: size steps */
    double *work;        /* of LAPACK */
    int *integer_work;
};

struct lanczos_task {
    lanczos_operator *apply;
    void *context;
    lanczos_poll *poll; /* may be NULL */
    void *poll_context;
    double tolerance; /* of the residual bounds, in units of the larger |theta| */
};

struct lanczos_pair {
    double value;
    double residual; /* bound: an eigenvalue lies as near */
};

struct lanczos_ends {
    struct lanczos_pair largest, smallest; /* by value, not by size; NaN: not finite */
    int steps;                             /* taken: products with A */
};

/* Lay the memory out for at most `steps` steps, no more than size (memory.h). */
void lanczos_carve(struct lanczos *lanczos, size_t size, int steps, struct arena *arena);

/* Bytes that lanczos_carve takes. Pure. */
size_t lanczos_bytes(size_t size, int steps);

/* From the start in the basis' first column, which is not 0: steps until both residual
 * bounds are within the tolerance, the Krylov space is exhausted, or all are taken.
 * ERROR_NUMERIC when LAPACK does not converge, ERROR_INTERRUPTED when the poll says so. */
enum error lanczos_run(struct lanczos *lanczos, const struct lanczos_task *task,
                       struct lanczos_ends *out);

#endif

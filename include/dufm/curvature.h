/* How curved the objective is at an ending: the largest and the smallest eigenvalue of its
 * Hessian (hessian.h), by Lanczos' method from a random start (lanczos.h). */
#ifndef DUFM_CURVATURE_H
#define DUFM_CURVATURE_H

#include "dufm/error.h"
#include "dufm/hessian.h"
#include "dufm/lanczos.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/point.h"
#include "dufm/result.h"

/* Residual bounds, in units of the larger |eigenvalue|, below which no more steps are
 * taken. */
#define CURVATURE_TOLERANCE 1e-6

/* Buffers of a measurement. The basis of Lanczos' method, by far the largest of them, depends
 * on the number of steps and is laid out apart. */
struct curvature {
    struct hessian hessian;
    struct factors direction; /* the one of a product */
    struct lanczos lanczos;
};

/* Lay out what depends on the problem alone, and the rest for at most `steps` steps
 * (memory.h: once to measure, once to take). */
void curvature_carve(struct curvature *curvature, const struct problem *problem,
                     struct arena *arena);
void curvature_carve_basis(struct curvature *curvature, const struct shape *shape,
                           int steps, struct arena *arena);

/* What is measured where. */
struct curvature_site {
    struct model *model;              /* its buffers are written */
    const struct factors *parameters; /* all scales 1 */
    const struct point *point;        /* whose optimizer is judged */
    lanczos_poll *poll;               /* asked before each step; may be NULL */
    void *poll_context;
};

/* Fill the curvature_*, and sharpness, of `out`. ERROR_NUMERIC, ERROR_INTERRUPTED. */
enum error curvature_measure(struct curvature *curvature,
                             const struct curvature_site *site, struct firmness *out);

/* Largest curvature over the largest one at which the point's optimizer, with a constant
 * rate, is stable on a quadratic function: 2/rate for gd, 2 (1 + momentum)/rate for momentum.
 * NaN for others, whose steps are not those of a fixed rate. Pure. */
double curvature_sharpness(const struct point *point, double largest);

#endif

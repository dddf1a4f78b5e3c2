#include "dufm/solve.h"

#include <math.h>

#include "dufm/hash.h"

/* Seconds a step from three rates fitted to `make bench` on one quiet core of an x86-64
 * server with AVX-512 (within 10 % on its six shapes): a fixed cost a product,
 * floating-point operations, and the traffic of weights that do not fit into the
 * second-level cache. */
static const double seconds_a_product = 7e-8;
static const double seconds_an_operation = 1.95e-11;
static const double seconds_a_byte = 2e-12;
static const double seconds_an_exponential = 1e-8; /* of an entry of Z, loss ce */
static const double cache_bytes = 1 << 20;
static const double seconds_a_point = 3e-4; /* references, spectra, the row */

/* What a step of each optimizer takes beside the passes of gd, from the ratios of their
 * times to gd's at K = 10, L = 4 and widths 16, 30, 64 and 128. */
static const struct burden {
    double evaluations;         /* passes a step */
    double seconds_a_parameter; /* of element-wise work and a gradient written out */
    double seconds_a_pair;      /* of the two loops of lbfgs, by pair and parameter */
} burdens[] = {
    [OPTIMIZER_GD] = {1, 0, 0},
    [OPTIMIZER_MOMENTUM] = {1, 2.5e-10, 0},
    [OPTIMIZER_ADAM] = {1, 1e-9, 0},
    [OPTIMIZER_LBFGS] = {1.05, 1e-9, 4e-10},
};

static double burden_of_step(const struct point *point, double parameters) {
    const struct burden *burden = &burdens[point->optimizer];
    return parameters *
           (burden->seconds_a_parameter + burden->seconds_a_pair * point->lbfgs_memory);
}

/* Lanczos' method makes a product with the Hessian, of twice the passes of a step, and goes
 * four times over the vectors before; from widths 30, 64 and 128. */
static const double passes_a_product = 2.2;
static const double seconds_an_element = 2e-10; /* of a vector that is gone over */

static double seconds_of_curvature(const struct point *point, double passes,
                                   double parameters) {
    double steps = fmin(point->curvature, parameters);
    return steps * passes_a_product * passes +
           steps * steps / 2 * parameters * 4 * seconds_an_element;
}

double solver_predict_seconds(const struct point *point) {
    double samples = (double)point_sample_count(point);
    double rows = (point->depth - 1.0) * point->width + point->classes;
    double weights = rows * point->width;
    double operations = 6.0 * weights * samples;
    double traffic = 8.0 * weights > cache_bytes ? 4.0 * 8.0 * weights : 0.0;
    double passes = 3.0 * point->depth * seconds_a_product +
                    operations * seconds_an_operation + traffic * seconds_a_byte;
    if (point->loss == LOSS_CE)
        passes += point->classes * samples * seconds_an_exponential;
    double parameters = weights + point->width * samples;
    double step = burdens[point->optimizer].evaluations * passes +
                  burden_of_step(point, parameters);
    double descent = step * ((double)point->max_steps + point->decay_steps);
    double way_back = point->kick > 0 ? fmin(descent, point->max_seconds) : 0;
    return fmin(seconds_a_point + descent, point->max_seconds) + way_back +
           seconds_of_curvature(point, passes, parameters);
}

uint32_t solver_shape(const struct point *point) {
    const int facts[] = {point->classes,    point->depth,          point->width,
                         point->samples,    point_minority(point), point->loss,
                         point->activation, point->optimizer,      point->lbfgs_memory,
                         point->schedule};
    return (uint32_t)hash_block(facts, sizeof facts);
}

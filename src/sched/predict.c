#include "dufm/solve.h"

/* Seconds a step from three rates measured with one thread on an x86-64 server core: a
 * fixed cost a product, floating-point operations at a speed that grows with the width,
 * and the traffic of weights that do not fit into the second-level cache. */
static const double seconds_a_product = 2.5e-7;
static const double seconds_an_operation = 5e-11;
static const double seconds_a_byte = 5e-11;
static const double cache_bytes = 1 << 20;
static const double seconds_a_point = 3e-4; /* references, spectra, the row */

double solver_predict_seconds(const struct point *point) {
    double samples = (double)point->classes * point->samples;
    double rows = (point->depth - 1.0) * point->width + point->classes;
    double weights = rows * point->width;
    double operations = 6.0 * weights * samples;
    double traffic = 8.0 * weights > cache_bytes ? 4.0 * 8.0 * weights : 0.0;
    double step = 3.0 * point->depth * seconds_a_product +
                  operations * seconds_an_operation + traffic * seconds_a_byte;
    return seconds_a_point + step * ((double)point->max_steps + point->decay_steps);
}

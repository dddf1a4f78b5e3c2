/* Statistics of repeated experiments: mean and deviation, and how sure a share is. */
#ifndef DUFM_STATISTICS_H
#define DUFM_STATISTICS_H

#include <stdint.h>

/* Mean and deviation of values that come one by one (Welford); all zero: none yet. */
struct statistics {
    uint64_t count;
    double mean;
    double squares; /* sum of (x - mean)^2 */
};

/* One more value. */
void statistics_add(struct statistics *statistics, double value);

/* Arithmetic mean; NaN of none. */
double statistics_mean(const struct statistics *statistics);

/* Sample deviation sqrt(sum (x - mean)^2 / (n - 1)); NaN of fewer than two. */
double statistics_deviation(const struct statistics *statistics);

/* Wilson's 95 % interval of a share p = hits / count, z = 1.96:
 *
 *     (p + z^2/2n -+ z sqrt(p (1-p)/n + z^2/4n^2)) / (1 + z^2/n)
 *
 * It stays within 0 and 1 and is right for few repeats and shares near 0 and 1, too. NaN
 * where count is 0. */
void statistics_wilson(uint64_t hits, uint64_t count, double *low, double *high);

#endif

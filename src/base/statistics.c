#include "dufm/statistics.h"

#include <math.h>

void statistics_add(struct statistics *statistics, double value) {
    double before = value - statistics->mean;
    statistics->count++;
    statistics->mean += before / (double)statistics->count;
    statistics->squares += before * (value - statistics->mean);
}

double statistics_mean(const struct statistics *statistics) {
    return statistics->count > 0 ? statistics->mean : (double)NAN;
}

double statistics_deviation(const struct statistics *statistics) {
    if (statistics->count < 2) return NAN;
    return sqrt(statistics->squares / (double)(statistics->count - 1));
}

void statistics_wilson(uint64_t hits, uint64_t count, double *low, double *high) {
    const double z = 1.959963984540054; /* 97.5 % of a normal variable lie below */
    double n = (double)count, share = (double)hits / n;
    double scale = 1 + z * z / n, centre = share + z * z / (2 * n);
    double half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    /* At the ends of the scale the formula is exact but for rounding. */
    *low = hits == 0 && count > 0 ? 0 : (centre - half) / scale;
    *high = hits == count && count > 0 ? 1 : (centre + half) / scale;
}

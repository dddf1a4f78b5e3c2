#include <math.h>

#include "dufm/spectra.h"

const double rank_tolerances[TOLERANCE_COUNT] = {1e-1, 1e-2, 1e-3, 1e-6};
const double rank_floor = 1e-6;

int spectra_rank(const double *values, int count, double tolerance) {
    if (count > 0 && !isfinite(values[0])) return -1;
    int rank = 0;
    while (rank < count && values[rank] > fmax(tolerance * values[0], rank_floor))
        rank++;
    return rank;
}

double spectra_stable_rank(const double *values, int count) {
    double sum = 0.0;
    for (int i = 0; i < count; i++)
        sum += (values[i] / values[0]) * (values[i] / values[0]);
    return values[0] > 0.0 ? sum : NAN;
}

double spectra_effective_rank(const double *values, int count) {
    double sum = 0.0, entropy = 0.0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    if (!(sum > 0.0)) return NAN;
    for (int i = 0; i < count; i++) {
        double share = values[i] / sum;
        if (share > 0.0) entropy -= share * log(share);
    }
    return exp(entropy);
}

#include "dufm/frame.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

static double entry(const double *gram, int classes, int j, int k) {
    return gram[(size_t)k * (size_t)classes + (size_t)j];
}

/* |G|_F, taken relative to the largest diagonal entry, whose square may leave the range
 * of numbers; 0 where G is zero or holds too few digits to tell. */
static double norm(const double *gram, int classes) {
    size_t size = (size_t)classes;
    double largest = 0.0, sum = 0.0;
    for (size_t k = 0; k < size; k++)
        if (gram[k * (size + 1)] > largest) largest = gram[k * (size + 1)];
    if (!(largest > DBL_MIN / DBL_EPSILON)) return 0.0;
    for (size_t i = 0; i < size * size; i++)
        sum += (gram[i] / largest) * (gram[i] / largest);
    return largest * sqrt(sum);
}

/* | G/|G|_F - (a I + b 11^T) |_F */
static double distance(const double *gram, int classes, double a, double b) {
    double scale = norm(gram, classes), sum = 0.0;
    if (scale == 0.0) return NAN;
    for (int k = 0; k < classes; k++)
        for (int j = 0; j < classes; j++) {
            double difference = entry(gram, classes, j, k) / scale - (j == k ? a + b : b);
            sum += difference * difference;
        }
    return sqrt(sum);
}

double frame_orthogonal_distance(const double *gram, int classes) {
    return distance(gram, classes, 1.0 / sqrt(classes), 0.0);
}

double frame_simplex_distance(const double *centred_gram, int classes) {
    double a = 1.0 / sqrt(classes - 1.0);
    return distance(centred_gram, classes, a, -a / classes);
}

double frame_equinorm_spread(const double *centred_gram, int classes) {
    double mean = 0.0, sum = 0.0;
    for (int k = 0; k < classes; k++)
        mean += sqrt(entry(centred_gram, classes, k, k)) / classes;
    for (int k = 0; k < classes; k++) {
        double difference = sqrt(entry(centred_gram, classes, k, k)) - mean;
        sum += difference * difference;
    }
    return mean > 0.0 ? sqrt(sum / classes) / mean : NAN;
}

static double cosine(const double *gram, int classes, int j, int k) {
    return entry(gram, classes, j, k) / sqrt(entry(gram, classes, j, j)) /
           sqrt(entry(gram, classes, k, k));
}

double frame_equiangle_spread(const double *centred_gram, int classes, double zero) {
    double pairs = 0.5 * classes * (classes - 1.0), mean = 0.0, sum = 0.0;
    for (int k = 0; k < classes; k++)
        if (!(sqrt(entry(centred_gram, classes, k, k)) > zero)) return NAN;
    for (int k = 1; k < classes; k++)
        for (int j = 0; j < k; j++)
            mean += cosine(centred_gram, classes, j, k) / pairs;
    for (int k = 1; k < classes; k++)
        for (int j = 0; j < k; j++) {
            double difference = cosine(centred_gram, classes, j, k) - mean;
            sum += difference * difference;
        }
    return sqrt(sum / pairs);
}

double frame_condition(const double *values, int rows, int columns) {
    int least = rows < columns ? rows : columns, most = rows < columns ? columns : rows;
    double bound = most * DBL_EPSILON * values[0];
    if (!(values[0] > 0.0)) return NAN;
    return values[least - 1] > bound ? values[0] / values[least - 1] : INFINITY;
}

#include "dufm/neuron.h"

#include <math.h>
#include <stddef.h>

void neuron_carve(struct neuron *neuron, int classes, struct arena *arena) {
    size_t count = (size_t)classes;
    neuron->response = arena_take(arena, count, sizeof(double));
    neuron->shape = arena_take(arena, count, sizeof(double));
    neuron->vertex = arena_take(arena, count, sizeof(double)); /* r < K */
}

static void read_response(struct neuron *neuron, struct const_matrix mean, int row) {
    for (int k = 0; k < mean.columns; k++)
        neuron->response[k] = mean.data[(size_t)k * (size_t)mean.rows + (size_t)row];
}

static double product(const double *a, const double *b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

/* min_c |x - c t|^2 */
static double unexplained(const struct neuron *neuron, int classes) {
    double factor = product(neuron->response, neuron->shape, classes) /
                    product(neuron->shape, neuron->shape, classes);
    double sum = 0;
    for (int k = 0; k < classes; k++) {
        double rest = neuron->response[k] - factor * neuron->shape[k];
        sum += rest * rest;
    }
    return sum;
}

static int largest(const double *values, int count) {
    int best = 0;
    for (int i = 1; i < count; i++)
        if (values[i] > values[best]) best = i;
    return best;
}

static double relative(double square, struct const_matrix mean) {
    return sqrt(square /
                blas_square_sum(mean.data, (size_t)mean.rows * (size_t)mean.columns));
}

double neuron_distance_relaxed(struct neuron *neuron,
                               const struct arrangement *arrangement,
                               struct const_matrix mean, double v) {
    const double value[3] = {0, v, 2};
    double square = 0;
    for (int i = 0; i < mean.rows; i++) {
        read_response(neuron, mean, i);
        int edge = largest(neuron->response, mean.columns);
        for (int k = 0; k < mean.columns; k++)
            neuron->shape[k] = value[arrangement_shared(arrangement, edge, k)];
        square += unexplained(neuron, mean.columns);
    }
    return relative(square, mean);
}

/* Into neuron->shape; the m vertices found are left at -infinity in neuron->vertex. */
static void shape_clique(struct neuron *neuron, const struct arrangement *arrangement,
                         int classes, int clique) {
    int order = arrangement->order, (*ends)[2] = arrangement->ends;
    for (int i = 0; i < order; i++)
        neuron->vertex[i] = 0;
    for (int k = 0; k < classes; k++) {
        neuron->vertex[ends[k][0]] += neuron->response[k];
        neuron->vertex[ends[k][1]] += neuron->response[k];
    }
    for (int i = 0; i < clique; i++)
        neuron->vertex[largest(neuron->vertex, order)] = -INFINITY;
    for (int k = 0; k < classes; k++)
        neuron->shape[k] =
            isinf(neuron->vertex[ends[k][0]]) && isinf(neuron->vertex[ends[k][1]]);
}

double neuron_distance_clique(struct neuron *neuron,
                              const struct arrangement *arrangement,
                              struct const_matrix mean, int clique) {
    double square = 0;
    for (int i = 0; i < mean.rows; i++) {
        read_response(neuron, mean, i);
        shape_clique(neuron, arrangement, mean.columns, clique);
        square += unexplained(neuron, mean.columns);
    }
    return relative(square, mean);
}

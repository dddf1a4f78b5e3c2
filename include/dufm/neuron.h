/* What the neurons of the last hidden layer respond to, in the solutions whose classes
 * are the edges of K_r (arrangement.h).  Their Gram alone does not tell: at r = 6 that of
 * 4-cliques, N^T N, is (2 I + A/2)^2, a relaxed one.
 *
 * A neuron is a row x of the class means (d x K).  Its nearest shape t leaves
 * min_c |x - c t|^2; a layer's distance is
 *
 *     sqrt( sum_neurons min_c |x - c t|^2 ) / |M|_F,     0 where every neuron has a
 * shape.
 *
 * It says nothing of which shapes there are: that is the Gram's part.
 */
#ifndef DUFM_NEURON_H
#define DUFM_NEURON_H

#include "dufm/arrangement.h"
#include "dufm/blas.h"
#include "dufm/memory.h"

/* Buffers for one neuron. */
struct neuron {
    double *response; /* x, size K */
    double *shape;    /* t, size K */
    double *vertex;   /* size r: responses to the edges of each vertex, in sum */
};

/* Lay them out for up to that many classes (memory.h: once to measure, once to take). */
void neuron_carve(struct neuron *neuron, int classes, struct arena *arena);

/* Shapes of the relaxed solutions: 2 at the edge of the largest response, v at those
 * adjacent to it. `mean` is d x K, the classes arranged so. */
double neuron_distance_relaxed(struct neuron *neuron,
                               const struct arrangement *arrangement,
                               struct const_matrix mean, double v);

/* Shapes of the clique solutions: 1 at the edges between m vertices, those with the
 * largest responses in sum, 0 elsewhere. */
double neuron_distance_clique(struct neuron *neuron,
                              const struct arrangement *arrangement,
                              struct const_matrix mean, int clique);

#endif

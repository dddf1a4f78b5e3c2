/* Which class is which edge of a graph: a strongly-regular-graph solution (MODEL.md) has
 * one class for each edge of the complete graph K_r, in any order, so that the order is
 * to be found before anything can be compared. */
#ifndef DUFM_ARRANGEMENT_H
#define DUFM_ARRANGEMENT_H

#include <stdbool.h>

#include "dufm/memory.h"

/* Classes as the edges of K_r: class k joins the vertices ends[k][0] < ends[k][1]. */
struct arrangement {
    int order;       /* r >= 4 */
    int (*ends)[2];  /* (r(r-1)/2) the best found */
    int (*trial)[2]; /* (the same) under construction */
    int *corner;     /* (r-1) classes that share a vertex, of the trial */
    bool *taken;     /* (r, r) edges given to a class, of the trial */
};

/* Lay it out for any r with r(r-1)/2 <= classes (memory.h: once to measure, once to
 * take). */
void arrangement_carve(struct arrangement *arrangement, int classes, struct arena *arena);

/* Arrange the K = r(r-1)/2 classes so that the sum of `similarity` (K x K, symmetric)
 * over the pairs of classes that share a vertex is large. With each class in turn as a
 * start, two trials: the r - 1 classes around one of its vertices are gathered one by
 * one, most similar first; every other class takes, of the edges left between the far
 * ends of those, the one whose two neighbours it resembles most. The best trial stays.
 * Exact, up to the symmetries of the graph, where classes that share a vertex are alike
 * and others are not; else near the best. Pure; O(K^3). */
void arrangement_find(struct arrangement *arrangement, int order,
                      const double *similarity);

/* r = 4 only: exchange class 0 with the one disjoint from it. Every two classes share as
 * many vertices as before, so that this arrangement is as good, but the stars of one are
 * the triangles of the other. */
void arrangement_mirror(struct arrangement *arrangement);

/* Vertices that two classes share: 2 (a == b), 1 (adjacent) or 0. */
int arrangement_shared(const struct arrangement *arrangement, int a, int b);

#endif

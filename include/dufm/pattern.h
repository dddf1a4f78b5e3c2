/* Gram matrices with the symmetry of the complete graph K_r: classes are its edges
 * (arrangement.h), and an entry depends on the vertices that two classes share alone.
 * Structures are compared by normalized Grams, the layers' and theirs:
 *
 *     | G/|G|_F - P/|P|_F |_F
 */
#ifndef DUFM_PATTERN_H
#define DUFM_PATTERN_H

#include "dufm/arrangement.h"

/* P/|P|_F of a structure. */
struct pattern {
    double entry[3]; /* of classes that share 0 (disjoint), 1 (adjacent), 2 vertices */
};

/* B^T B = 2 I + A, B the r x K incidence matrix of K_r, A the adjacency of its edges. */
struct pattern pattern_incidence(int order);

/* N^T N, N the incidence of m-cliques and edges, 2 <= m < r; m = 2: I. */
struct pattern pattern_clique(int order, int clique);

/* A normalized Gram G/|G|_F as patterns see it. */
struct pattern_profile {
    int order;
    double mean[3];  /* of its entries, by shared vertices */
    double residual; /* sum of their squared distances from those means */
};

/* The profile of `gram` (K x K, of norm 1) with its classes arranged so. */
struct pattern_profile pattern_profile_of(const struct arrangement *arrangement,
                                          const double *gram);

/* Distance of the Gram from the pattern; NaN where the Gram has one. */
double pattern_distance(const struct pattern_profile *profile, struct pattern pattern);

/* Least distance from (2 I + v A)^2 over 0 <= v <= 1, and that v. */
double pattern_nearest_relaxed(const struct pattern_profile *profile, double *v);

#endif

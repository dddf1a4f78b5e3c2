/* Strongly-regular-graph (SRG) solutions: classes are the edges of the complete graph K_r
 * (MODEL.md, arXiv 2405.14468 section 4).  B is its r x K vertex-edge incidence matrix,
 * K = r(r-1)/2; the features before the last hidden layer are s(M_l) = b_l B.
 *
 * All functions expect a problem that has such solutions (reference_has_srg).
 */
#ifndef DUFM_SRG_H
#define DUFM_SRG_H

#include "dufm/branch.h"
#include "dufm/mixture.h"
#include "dufm/model.h"

/* rho = (nu^2 r^(L-2) K^2 / 4)^(1/(L+1)) / K, nu = |B|_* the nuclear norm: the plain
 * solution is DNC with K replaced by rho K. */
double srg_ratio(const struct problem *problem);

/* Binomial coefficient, 0 where k < 0 or k > n; infinite past the doubles. */
double srg_binomial(int n, int k);

/* Nuclear norm of B: sqrt(2(r-1)) + (r-1) sqrt(r-2). */
double srg_nuclear_norm(int order);

/* Eigenvalues of N^T N in the order (constant vector; vertex space; the rest), where the
 * C(r,m) x K matrix N tells which m-clique holds which edge. */
void srg_clique_spectrum(int order, int clique, double eigenvalue[3]);

/* The solutions with one last hidden neuron for each m-clique S: W_{L-1} is alpha on the
 * vertices of S and -alpha elsewhere, so that s(M_L) = 2 p N with p = alpha b_{L-1}; the
 * branch's z is p^2 / (K lambda_L). m = 2 is the plain solution. */
void srg_clique_branch(const struct problem *problem, int clique, struct branch *out);

/* The m whose branch is lowest among 2 <= m < r with C(r,m) <= d (width <= 0: no limit),
 * and *loss its value; where no m has a branch, 2 and NaN. */
int srg_clique_best(const struct problem *problem, double *loss);

/* The loss of each order m, 2 <= m < r, as above: NaN where it has no branch or the width
 * does not hold its cliques.  `loss` has size r, entry m. */
void srg_clique_losses(const struct problem *problem, double *loss);

/* The family of all vertex subsets of that size, 1 <= size <= r, of K_r, r >= 3 (below). */
struct mixture_family srg_family(int order, int size);

/* The families of neurons whose vertex subsets S have one size m = 1 .. r, all such S of
 * K_r (mixture.h, size[0] = m): for 2 <= m <= r rows as in the clique solutions; for
 * m = 1, the stars, 1 on the vertex and 0 elsewhere. Solved where *out has a loss; NaN
 * where no family has a branch, or r > MIXTURE_FAMILIES_MAX. */
void srg_mixture(const struct problem *problem, struct mixture *out);

/* Least loss of the solutions that keep the symmetry of K_r with one last hidden neuron
 * an edge: W_{L-1} is alpha on the ends of its edge and -beta elsewhere, any alpha, beta.
 * Of nonzero local minima, as the others; NaN where there is none. */
double srg_relaxed_loss(const struct problem *problem);

#endif

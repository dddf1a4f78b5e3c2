/* Reference solutions: losses of known structured points of the DUFM (MODEL.md), and the
 * points themselves as planted starts.  None of them is a proven global minimum. */
#ifndef DUFM_REFERENCE_H
#define DUFM_REFERENCE_H

#include <stdbool.h>

#include "dufm/error.h"
#include "dufm/model.h"

/* NaN (order 0) where a solution does not exist. Names are those of the result file. */
struct reference {
    double loss_trivial; /* all parameters 0 */
    double loss_dnc;     /* deep neural collapse, needs d >= K */
    double loss_srg;     /* strongly regular graph, needs K = r(r-1)/2, r >= 4, L >= 3 */
    double loss_srg_relaxed; /* least loss with the symmetry of K_r kept */
    double loss_srg_clique;  /* last hidden layer: one neuron an m-clique, best m */
    int clique_order;        /* that m */
    double loss_low_rank;    /* cross-entropy only */
    double rho;              /* SRG beats DNC iff rho < 1 */
    double kappa_ratio;      /* K lbar / kappa_max(L) */
};

/* Compute all of them. width <= 0 in the shape means no limit of the width. Pure; a few
 * milliseconds for the relaxed and clique solutions. */
void reference_compute(const struct problem *problem, struct reference *out);

/* r with K = r(r-1)/2 and r >= 4, or 0. */
int reference_graph_order(int classes);

/* Whether a planted start of that kind exists for the shape; if not, *why says what it
 * needs (a static text). */
bool reference_can_plant(enum init_kind init, const struct problem *problem,
                         const char **why);

/* Plant the solution (INIT_DNC, INIT_SRG, INIT_CLIQUE), at its optimal scales where it
 * exists as a point below the trivial one's ridge and at the scale of the ridge
 * otherwise, all parameters times `scale`, plus N(0, noise^2) on every entry keyed by
 * `key` (tensors RANDOM_TENSOR_NOISE + layer). */
void reference_plant(const struct problem *problem, enum init_kind init, double scale,
                     double noise, const struct random_key *key,
                     struct factors *parameters);

#endif

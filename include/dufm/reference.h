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
    double loss_dnc; /* deep neural collapse, needs d >= K; may lie above the trivial */
    double loss_srg; /* strongly regular graph, needs K = r(r-1)/2, r >= 4, L >= 3 */
    double loss_srg_relaxed; /* least loss with the symmetry of K_r kept; at most 1/2 */
    double loss_srg_clique;  /* last hidden layer: one neuron an m-clique, best m with
                                C(r, m) <= d; at most 1/2 */
    int clique_order;        /* that m */
    double loss_low_rank;    /* cross-entropy only */
    double rho;              /* SRG beats DNC iff rho < 1; needs what SRG needs */
    double kappa_ratio;      /* K lbar / kappa_max(L) */
};

/* Compute all of them. width <= 0 in the shape means no limit of the width. Pure; a few
 * milliseconds for the relaxed and clique solutions. */
void reference_compute(const struct problem *problem, struct reference *out);

/* r with K = r(r-1)/2 and r >= 4, or 0. */
int reference_graph_order(int classes);

/* lbar = (n lambda_H prod_l lambda_l)^(1/(L+1)) (MODEL.md). */
double reference_lambda_mean(const struct problem *problem);

/* Whether the problem has solutions of the shape of DNC, or of the graph K_r (SRG, its
 * relaxed and clique variants); if not, *why says what they need (a static text that
 * follows "needs"), else it is NULL. */
bool reference_has_dnc(const struct problem *problem, const char **why);
bool reference_has_srg(const struct problem *problem, const char **why);

/* Whether a planted start of that kind exists for the shape; if not, *why says what it
 * needs (as above), else it is NULL. */
bool reference_can_plant(enum init_kind init, const struct problem *problem,
                         const char **why);

/* A start: what is planted, at which scale, with which noise. */
struct planting {
    enum init_kind init;   /* INIT_DNC, INIT_SRG or INIT_CLIQUE */
    double scale;          /* factor of every planted parameter; 1: the optimum */
    double noise;          /* deviation added to every entry, 0: none */
    struct random_key key; /* of the noise, tensors RANDOM_TENSOR_NOISE + layer */
};

/* Plant the solution into `parameters`, whose shape is the problem's: at the optimal
 * scales of its branch, factors balanced, also where the branch lies above the trivial
 * loss; where there is no branch, at the ridge where it would first appear (zero for DNC
 * at L = 1). The clique start takes the m of loss_srg_clique, or 2 without a branch.
 * Expects reference_can_plant. */
void reference_plant(const struct problem *problem, const struct planting *planting,
                     struct factors *parameters);

#endif

/* Reference solutions: losses of known structured points of the DUFM (MODEL.md), and the
 * points themselves as planted starts.  None of them is a proven global minimum. */
#ifndef DUFM_REFERENCE_H
#define DUFM_REFERENCE_H

#include <stdbool.h>

#include "dufm/model.h"

/* NaN (order 0) where a solution does not exist, or is not known: of unbalanced classes
 * only the trivial one is. Names are those of the result file. Those of DNC and of the
 * graph K_r are losses of nonzero local minima, which may lie above the trivial one. */
struct reference {
    double loss_trivial; /* all parameters 0: 1/2, cross-entropy log K */
    double loss_dnc; /* deep neural collapse, needs d >= K; cross-entropy where no ReLU
                            acts: d >= K - 1 */
    double loss_dnc_bound; /* cross-entropy with ReLU: loss_dnc of the linear activation,
                              a lower bound of every collapse (entropy.h) */
    double loss_srg; /* strongly regular graph, needs K = r(r-1)/2, r >= 4, L >= 3 */
    double loss_srg_relaxed; /* least loss with the symmetry of K_r kept */
    double loss_srg_clique;  /* last hidden layer: one neuron an m-clique, best m with
                                C(r, m) <= d */
    int clique_order;        /* that m */
    double loss_low_rank;    /* rank K/2; cross-entropy, linear activation, K even */
    double rho;              /* SRG beats DNC iff rho < 1; needs what SRG needs */
    double kappa_ratio;      /* K lbar / kappa_max(L) */
    double loss_mixture;     /* last hidden layer: several families of neurons at once
                                (srg_mixture), at most loss_srg_clique */
};

/* Compute all of them. width <= 0 in the shape means no limit of the width. Pure; a few
 * milliseconds for the relaxed and clique solutions. */
void reference_compute(const struct problem *problem, struct reference *out);

/* r with K = r(r-1)/2 and r >= 4, or 0. */
int reference_graph_order(int classes);

/* lbar = (n lambda_H prod_l lambda_l)^(1/(L+1)) (MODEL.md). */
double reference_lambda_mean(const struct problem *problem);

/* Whether no activation acts: it is linear, or L = 1. */
bool reference_is_linear(const struct problem *problem);

/* Rank of the class means of a hidden layer in DNC: K, an orthogonal frame; with
 * cross-entropy where no ReLU acts K - 1, a simplex ETF. Less is low rank. */
int reference_dnc_rank(const struct problem *problem);

/* Whether the width has room for the class means of DNC. */
bool reference_has_width(const struct problem *problem);

/* Whether the problem has solutions of the shape of DNC whose loss is known, or the
 * bound of it, or those of the graph K_r (SRG, its relaxed and clique variants), or of
 * rank K/2; if not, *why says what they need (a static text that follows "needs"), else
 * it is NULL. */
bool reference_has_dnc(const struct problem *problem, const char **why);
bool reference_has_dnc_bound(const struct problem *problem, const char **why);
bool reference_has_srg(const struct problem *problem, const char **why);
bool reference_has_low_rank(const struct problem *problem, const char **why);

/* Whether DNC is shown not to be optimal: one of the other losses (of the same problem) is
 * below loss_dnc by more than rounding, or it is so however small the lambdas, for the
 * cross-entropy with linear activation and K >= 4 at L >= 3, or K >= 6 at L = 2
 * (arXiv 2410.23169). Else nothing is known. */
bool reference_dnc_is_beaten(const struct problem *problem,
                             const struct reference *reference);

/* Whether a loss is below that of DNC by more than rounding; false where either is NaN. */
bool reference_is_below_dnc(const struct reference *reference, double loss);

/* The value of all lambdas, lambda_H too, above which loss_low_rank is below loss_dnc: NaN
 * where it is so for all lambdas or for none, or where either is missing for another
 * reason than the lambdas. Of the lambdas of the problem only their signs count. */
double reference_crossing_lambda(const struct problem *problem);

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

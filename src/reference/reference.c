#include "dufm/reference.h"

#include <math.h>

#include "dufm/branch.h"
#include "dufm/derived.h"
#include "dufm/srg.h"

int reference_graph_order(int classes) {
    int order = (int)((1 + sqrt(1 + 8.0 * classes)) / 2 + 0.5);
    return order >= 4 && (long long)order * (order - 1) / 2 == classes ? order : 0;
}

/* In logarithms, for products past the doubles' range; in long double, so that rounding
 * leaves equal lambdas as they are. */
double reference_lambda_mean(const struct problem *problem) {
    int depth = problem->shape.depth;
    long double sum = logl(problem->shape.samples) + logl(problem->lambda_h);
    for (int i = 0; i < depth; i++)
        sum += logl(problem->lambdas[i]);
    return (double)expl(sum / (depth + 1));
}

/* Without regularization of every factor there is nothing to balance. */
static bool is_regularized(const struct problem *problem) {
    for (int i = 0; i < problem->shape.depth; i++)
        if (!(problem->lambdas[i] > 0)) return false;
    return problem->lambda_h > 0;
}

static bool has_width(const struct problem *problem) {
    const struct shape *shape = &problem->shape;
    return shape->width <= 0 || shape->width >= shape->classes;
}

bool reference_has_dnc(const struct problem *problem, const char **why) {
    *why = !has_width(problem)        ? "a width of at least the number of classes"
           : !is_regularized(problem) ? "positive lambdas in every layer and for H_1"
                                      : NULL;
    return *why == NULL;
}

bool reference_has_srg(const struct problem *problem, const char **why) {
    if (!reference_has_dnc(problem, why)) return false;
    *why = reference_graph_order(problem->shape.classes) == 0
               ? "classes = r(r-1)/2 for some r >= 4 (6, 10, 15, 21, ...)"
           : problem->shape.depth < 3               ? "a depth of at least 3"
           : problem->activation != ACTIVATION_RELU ? "the ReLU activation"
                                                    : NULL;
    return *why == NULL;
}

static void compute_srg(const struct problem *problem, double weight,
                        struct reference *out) {
    double x, clique;
    out->rho = srg_ratio(problem);
    out->loss_srg = branch_power(out->rho * weight, problem->shape.depth, &x);
    out->loss_srg_relaxed = srg_relaxed_loss(problem);
    out->clique_order = srg_clique_best(problem, &clique);
    out->loss_srg_clique = fmin(clique, 0.5);
}

void reference_compute(const struct problem *problem, struct reference *out) {
    const struct shape *shape = &problem->shape;
    const char *why;
    double x;
    *out = (struct reference){.loss_trivial = 0.5,
                              .loss_dnc = NAN,
                              .loss_srg = NAN,
                              .loss_srg_relaxed = NAN,
                              .loss_srg_clique = NAN,
                              .loss_low_rank = NAN,
                              .rho = NAN};
    double weight = shape->classes * reference_lambda_mean(problem); /* K lbar */
    out->kappa_ratio = weight / derived_kappa_max(shape->depth);
    if (reference_has_dnc(problem, &why))
        out->loss_dnc = branch_power(weight, shape->depth, &x);
    if (reference_has_srg(problem, &why)) compute_srg(problem, weight, out);
}

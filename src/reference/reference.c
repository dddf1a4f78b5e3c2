#include "dufm/reference.h"

#include <math.h>

#include "dufm/branch.h"
#include "dufm/derived.h"
#include "dufm/entropy.h"
#include "dufm/loss.h"
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

bool reference_is_linear(const struct problem *problem) {
    return problem->activation == ACTIVATION_LINEAR || problem->shape.depth == 1;
}

/* The simplex ETF has both signs, which no layer behind a ReLU has. */
int reference_dnc_rank(const struct problem *problem) {
    bool simplex = problem->loss == LOSS_CE && reference_is_linear(problem);
    return problem->shape.classes - simplex;
}

bool reference_has_width(const struct problem *problem) {
    return problem->shape.width <= 0 ||
           problem->shape.width >= reference_dnc_rank(problem);
}

static const char *const balance = "as many samples in every class";

bool reference_has_dnc(const struct problem *problem, const char **why) {
    *why = NULL;
    if (!shape_is_balanced(&problem->shape))
        *why = balance;
    else if (!reference_has_width(problem))
        *why = reference_dnc_rank(problem) < problem->shape.classes
                   ? "a width of at least the number of classes less one"
                   : "a width of at least the number of classes";
    else if (!is_regularized(problem))
        *why = "positive lambdas in every layer and for H_1";
    return *why == NULL;
}

bool reference_has_dnc_bound(const struct problem *problem, const char **why) {
    (void)reference_has_dnc(problem, why);
    if (problem->loss != LOSS_CE || problem->activation != ACTIVATION_RELU)
        *why = "the cross-entropy loss with the ReLU activation";
    return *why == NULL;
}

bool reference_has_low_rank(const struct problem *problem, const char **why) {
    const struct shape *shape = &problem->shape;
    *why = problem->loss != LOSS_CE        ? "the cross-entropy loss"
           : !reference_is_linear(problem) ? "the linear activation"
           : !shape_is_balanced(shape)     ? balance
           : shape->classes % 2 != 0       ? "an even number of classes"
           : !is_regularized(problem)      ? "positive lambdas in every layer and for H_1"
           : shape->width > 0 && 2 * shape->width < shape->classes
               ? "a width of at least half the number of classes"
               : NULL;
    return *why == NULL;
}

bool reference_has_srg(const struct problem *problem, const char **why) {
    if (problem->loss != LOSS_MSE) {
        *why = "the mse loss";
        return false;
    }
    if (!reference_has_dnc(problem, why)) return false;
    *why = reference_graph_order(problem->shape.classes) == 0
               ? "classes = r(r-1)/2 for some r >= 4 (6, 10, 15, 21, ...)"
           : problem->shape.depth < 3               ? "a depth of at least 3"
           : problem->activation != ACTIVATION_RELU ? "the ReLU activation"
                                                    : NULL;
    return *why == NULL;
}

/* Of the linear activation (arXiv 2410.23169). */
static bool is_beaten_for_all_lambdas(const struct problem *problem) {
    const struct shape *shape = &problem->shape;
    return problem->loss == LOSS_CE && reference_is_linear(problem) &&
           shape_is_balanced(shape) &&
           ((shape->depth >= 3 && shape->classes >= 4) ||
            (shape->depth == 2 && shape->classes >= 6));
}

bool reference_is_below_dnc(const struct reference *reference, double loss) {
    static const double rounding = 1e-12;
    return loss < reference->loss_dnc * (1 - rounding);
}

bool reference_dnc_is_beaten(const struct problem *problem,
                             const struct reference *reference) {
    const double losses[] = {reference->loss_trivial,     reference->loss_srg,
                             reference->loss_srg_relaxed, reference->loss_srg_clique,
                             reference->loss_low_rank,    reference->loss_mixture};
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        if (reference_is_below_dnc(reference, losses[i])) return true;
    return is_beaten_for_all_lambdas(problem);
}

double reference_crossing_lambda(const struct problem *problem) {
    const struct shape *shape = &problem->shape;
    const char *why;
    if (!reference_has_dnc(problem, &why) || !reference_has_low_rank(problem, &why))
        return NAN;
    return entropy_crossing(shape->classes, shape->depth) /
           pow(shape->samples, 1.0 / (shape->depth + 1)); /* n is part of lbar */
}

static void compute_srg(const struct problem *problem, double weight,
                        struct reference *out) {
    struct mixture mixture;
    double x;
    out->rho = srg_ratio(problem);
    out->loss_srg = branch_power(out->rho * weight, problem->shape.depth, &x);
    out->loss_srg_relaxed = srg_relaxed_loss(problem);
    int order = srg_clique_best(problem, &out->loss_srg_clique);
    out->clique_order = isnan(out->loss_srg_clique) ? 0 : order;
    srg_mixture(problem, &mixture); /* rounding alone may put it above */
    out->loss_mixture = fmin(mixture.loss, out->loss_srg_clique);
}

static void compute_mse(const struct problem *problem, struct reference *out) {
    const struct shape *shape = &problem->shape;
    const char *why;
    double weight = shape->classes * reference_lambda_mean(problem), x; /* K lbar */
    if (reference_has_dnc(problem, &why))
        out->loss_dnc = branch_power(weight, shape->depth, &x);
    if (reference_has_srg(problem, &why)) compute_srg(problem, weight, out);
}

static void compute_ce(const struct problem *problem, struct reference *out) {
    const char *why;
    double scale;
    if (reference_has_dnc(problem, &why)) out->loss_dnc = entropy_dnc(problem, &scale);
    if (reference_has_dnc_bound(problem, &why))
        out->loss_dnc_bound = entropy_dnc_bound(problem, &scale);
    if (reference_has_low_rank(problem, &why))
        out->loss_low_rank = entropy_low_rank(problem, &scale);
}

void reference_compute(const struct problem *problem, struct reference *out) {
    const struct shape *shape = &problem->shape;
    *out = (struct reference){.loss_trivial = loss_trivial(problem->loss, shape),
                              .loss_dnc = NAN,
                              .loss_dnc_bound = NAN,
                              .loss_srg = NAN,
                              .loss_srg_relaxed = NAN,
                              .loss_srg_clique = NAN,
                              .loss_low_rank = NAN,
                              .loss_mixture = NAN,
                              .rho = NAN,
                              .kappa_ratio = NAN};
    if (!shape_is_balanced(shape)) return;
    out->kappa_ratio =
        shape->classes * reference_lambda_mean(problem) / derived_kappa_max(shape->depth);
    if (problem->loss == LOSS_CE)
        compute_ce(problem, out);
    else
        compute_mse(problem, out);
}

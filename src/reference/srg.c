#include "dufm/srg.h"

#include <math.h>

#include "dufm/reference.h"

double srg_nuclear_norm(int order) {
    return sqrt(2.0 * (order - 1)) + (order - 1) * sqrt(order - 2.0);
}

double srg_ratio(const struct problem *problem) {
    int order = reference_graph_order(problem->shape.classes);
    double nuclear = srg_nuclear_norm(order), classes = problem->shape.classes;
    double logarithm = 2 * log(nuclear) + (problem->shape.depth - 2) * log(order) +
                       2 * log(classes) - log(4);
    return exp(logarithm / (problem->shape.depth + 1)) / classes;
}

double srg_binomial(int n, int k) {
    double value = 1;
    if (k < 0 || k > n) return 0;
    for (int i = 1; i <= k; i++)
        value = value * (n - k + i) / i; /* stays whole: C(n-k+i, i) */
    return value;
}

/* Balanced, all factors before W_L cost L/2 mu: the elasticities of
 *
 *     tau b_2 + sum_{l=2}^{L-2} lambda_l r/2 (b_{l+1}/b_l)^2 + c/(2 b_{L-1}^2)
 *
 * are equal at its minimum over the b_l, where
 * mu^(L/2) = tau prod_l sqrt(lambda_l r) sqrt(c), tau = nu sqrt(n lambda_H lambda_1).
 * Here c = lambda_{L-1} p^2 `norm`, `norm` = |W_{L-1}|^2 / alpha^2, p^2 = K lambda_L z.
 */
static double balanced_cost(const struct problem *problem, double norm) {
    const struct shape *shape = &problem->shape;
    const double *lambdas = problem->lambdas;
    int depth = shape->depth, order = reference_graph_order(shape->classes);
    double log_square = 2 * log(srg_nuclear_norm(order)) +
                        log(shape->samples * problem->lambda_h) + log(lambdas[0]);
    for (int layer = 2; layer <= depth - 2; layer++)
        log_square += log(lambdas[layer - 1] * order);
    log_square += log(lambdas[depth - 2] * norm);
    log_square += log(lambdas[depth - 1] * shape->classes);
    return depth / 2.0 * exp(log_square / depth);
}

/* The three eigenspaces of the graph on the edges of K_r (the triangular graph): the
 * constant vector, the other sums of vertex values, the rest. */
static void start_branch(const struct problem *problem, double norm, struct branch *out) {
    int classes = problem->shape.classes, order = reference_graph_order(classes);
    const int multiplicity[3] = {1, order - 1, classes - order};
    *out = (struct branch){
        .depth = problem->shape.depth, .cost = balanced_cost(problem, norm), .modes = 3};
    for (int i = 0; i < 3; i++)
        out->weight[i] = multiplicity[i] / (2.0 * classes);
}

/* Inclusion matrices of 2-subsets in m-subsets: C(m-j, 2-j) C(r-2-j, m-2), j = 0, 1, 2.
 */
void srg_clique_spectrum(int order, int clique, double eigenvalue[3]) {
    for (int j = 0; j < 3; j++)
        eigenvalue[j] =
            srg_binomial(clique - j, 2 - j) * srg_binomial(order - 2 - j, clique - 2);
}

void srg_clique_branch(const struct problem *problem, int clique, struct branch *out) {
    int order = reference_graph_order(problem->shape.classes);
    double eigenvalue[3];
    start_branch(problem, srg_binomial(order, clique) * order, out);
    srg_clique_spectrum(order, clique, eigenvalue);
    for (int i = 0; i < 3; i++)
        out->gain[i] = 4 * eigenvalue[i];
}

/* NaN where there is none. */
static double clique_loss(const struct problem *problem, int clique) {
    int order = reference_graph_order(problem->shape.classes);
    double neurons = srg_binomial(order, clique), z;
    if (!isfinite(neurons)) return NAN; /* no width holds them */
    if (problem->shape.width > 0 && neurons > problem->shape.width) return NAN;
    struct branch branch;
    srg_clique_branch(problem, clique, &branch);
    return branch_minimum(&branch, &z) ? branch_value(&branch, z) : (double)NAN;
}

int srg_clique_best(const struct problem *problem, double *loss) {
    int order = reference_graph_order(problem->shape.classes), best = 2;
    *loss = NAN;
    for (int clique = 2; clique < order; clique++) {
        double value = clique_loss(problem, clique);
        if (isnan(value) || value >= *loss) continue;
        *loss = value;
        best = clique;
    }
    return best;
}

void srg_clique_losses(const struct problem *problem, double *loss) {
    int order = reference_graph_order(problem->shape.classes);
    loss[0] = loss[1] = NAN;
    for (int clique = 2; clique < order; clique++)
        loss[clique] = clique_loss(problem, clique);
}

/* Rows of squared norm r for each clique, 1 for each star. */
struct mixture_family srg_family(int order, int size) {
    struct mixture_family family = {.size = {size, 0},
                                    .neurons = srg_binomial(order, size)};
    if (size == 1) { /* the rows together are I: N = B, B^T B = 2 I + A */
        family.gain[0] = 2 * (order - 1) / (double)order;
        family.gain[1] = (order - 2) / (double)order;
        return family;
    }
    double eigenvalue[3];
    srg_clique_spectrum(order, size, eigenvalue);
    for (int i = 0; i < 3; i++)
        family.gain[i] = 4 * eigenvalue[i] / (family.neurons * order);
    return family;
}

void srg_mixture(const struct problem *problem, struct mixture *out) {
    int order = reference_graph_order(problem->shape.classes);
    *out = (struct mixture){.loss = NAN};
    if (order > MIXTURE_FAMILIES_MAX) return;
    start_branch(problem, 1, &out->branch);
    for (int size = 1; size <= order; size++)
        out->family[out->families++] = srg_family(order, size);
    if (!mixture_solve(out, problem->shape.width)) out->loss = NAN;
}

/* Least loss at a fixed ratio u = beta/alpha <= 1, infinite without a branch: s(M_L) = p (2 I + (1-u) A), A the
 * adjacency of the triangular graph with eigenvalues 2(r-2), r-4, -2. Above 1 the
 * features stay and only the cost grows. */
static double relaxed_at(const struct problem *problem, double ratio) {
    int classes = problem->shape.classes, order = reference_graph_order(classes);
    const int adjacency[3] = {2 * (order - 2), order - 4, -2};
    struct branch branch;
    double z;
    start_branch(problem, classes * (2 + (order - 2) * ratio * ratio), &branch);
    for (int i = 0; i < 3; i++) {
        double scale = 2 + (1 - ratio) * adjacency[i];
        branch.gain[i] = scale * scale;
    }
    return branch_minimum(&branch, &z) ? branch_value(&branch, z) : (double)INFINITY;
}

/* At u = 0 one gain vanishes like u^2: t = u^(1/3) spreads what is near. */
static double relaxed_cubed(const struct problem *problem, double t) {
    return relaxed_at(problem, t * t * t);
}

/* Golden-section search; 40 steps narrow a step of the scan to 1e-9, where a smooth
 * minimum's value is exact to rounding. */
static double refine(const struct problem *problem, double low, double high) {
    static const double golden = 0.61803398874989484820;
    double left = high - golden * (high - low), right = low + golden * (high - low);
    double at_left = relaxed_cubed(problem, left);
    double at_right = relaxed_cubed(problem, right);
    for (int i = 0; i < 40; i++) {
        if (at_left < at_right) {
            high = right;
            right = left;
            at_right = at_left;
            left = high - golden * (high - low);
            at_left = relaxed_cubed(problem, left);
        } else {
            low = left;
            left = right;
            at_left = at_right;
            right = low + golden * (high - low);
            at_right = relaxed_cubed(problem, right);
        }
    }
    return fmin(at_left, at_right);
}

double srg_relaxed_loss(const struct problem *problem) {
    enum { STEPS = 32 };
    double value[STEPS + 1], least = INFINITY;
    for (int i = 0; i <= STEPS; i++) {
        value[i] = relaxed_cubed(problem, (double)i / STEPS);
        least = fmin(least, value[i]);
    }
    for (int i = 0; i <= STEPS; i++) {
        int below = i > 0 ? i - 1 : i, above = i < STEPS ? i + 1 : i;
        if (isfinite(value[i]) && value[i] <= value[below] && value[i] <= value[above])
            least = fmin(least,
                         refine(problem, (double)below / STEPS, (double)above / STEPS));
    }
    return isfinite(least) ? least : (double)NAN;
}

#include <math.h>
#include <string.h>

#include "dufm/branch.h"
#include "dufm/entropy.h"
#include "dufm/reference.h"
#include "dufm/srg.h"

/* Vertices of the largest graph whose cliques are listed: 32,640 classes. */
enum { ORDER_MAX = 256 };

bool reference_can_plant(enum init_kind init, const struct problem *problem,
                         const char **why) {
    if (init == INIT_DNC) return reference_has_dnc(problem, why);
    if (init != INIT_SRG && init != INIT_CLIQUE) {
        *why = "a planted kind: dnc, srg or clique";
        return false;
    }
    if (!reference_has_srg(problem, why)) return false;
    if (reference_graph_order(problem->shape.classes) > ORDER_MAX)
        *why = "at most 32640 classes";
    return *why == NULL;
}

/* A start under construction. */
struct plot {
    const struct problem *problem;
    struct factors *to;
    double scale; /* of every planted entry */
    int order;    /* r */
    double mu;    /* lambda_l |W_l|^2, the same for every balanced factor */
};

/* An entry of a column-major matrix is planted on top of the noise. */
static void plant_entry(const struct plot *plot, int layer, size_t row, size_t column,
                        double value) {
    const struct shape *shape = &plot->to->shape;
    double *matrix = layer == 0 ? plot->to->feature : plot->to->weight[layer - 1];
    int rows = layer == 0 ? shape->width : shape_rows(shape, layer);
    matrix[row + column * (size_t)rows] += plot->scale * value;
}

/* The same entry of M_1: every sample of the class. */
static void plant_mean(const struct plot *plot, size_t row, size_t class_, double value) {
    size_t samples = (size_t)plot->to->shape.samples;
    for (size_t i = 0; i < samples; i++)
        plant_entry(plot, 0, row, class_ * samples + i, value);
}

static void plant_identity(const struct plot *plot, int layer, int size, double value) {
    for (size_t i = 0; i < (size_t)size; i++)
        plant_entry(plot, layer, i, i, value);
}

/* N(0, noise^2) in every entry, or zeros. */
static void lay_ground(const struct planting *planting, struct factors *parameters) {
    const struct shape *shape = &parameters->shape;
    memset(parameters->data, 0, shape_parameter_count(shape) * sizeof(double));
    if (!(planting->noise > 0)) return;
    for (int layer = 0; layer <= shape->depth; layer++) {
        double *to = layer == 0 ? parameters->feature : parameters->weight[layer - 1];
        size_t columns = layer == 0 ? (size_t)shape_sample_count(shape)
                                    : (size_t)shape_rows(shape, layer);
        size_t count = columns * (size_t)shape->width;
        random_normal(&planting->key, RANDOM_TENSOR_NOISE + (uint32_t)layer, to, count);
        for (size_t i = 0; i < count; i++)
            to[i] *= planting->noise;
    }
}

/* Z = x I: mu = K lbar x^(2/(L+1)) in each of the L+1 factors, all multiples of I_K. */
static void plant_dnc(struct plot *plot) {
    const struct problem *problem = plot->problem;
    int depth = problem->shape.depth, classes = problem->shape.classes;
    double weight = classes * reference_lambda_mean(problem), x;
    (void)branch_power(weight, depth, &x); /* x is defined with and without a branch */
    double mu = weight * pow(x, 2.0 / (depth + 1));
    int samples = shape_sample_count(&problem->shape);
    double feature = sqrt(mu / (problem->lambda_h * samples));
    for (size_t class_ = 0; class_ < (size_t)classes; class_++)
        plant_mean(plot, class_, class_, feature);
    for (int layer = 1; layer <= depth; layer++)
        plant_identity(plot, layer, classes,
                       sqrt(mu / (problem->lambdas[layer - 1] * classes)));
}

/* Z = a (I - 11^T/K) of features behind a ReLU: mu = (K^L (K-1))^(1/(L+1)) lbar
 * a^(2/(L+1)) in each factor, all multiples of I_K but W_L, one of I - 11^T/K. */
static void plant_centred(struct plot *plot) {
    const struct problem *problem = plot->problem;
    const struct shape *shape = &problem->shape;
    double classes = shape->classes, depth = shape->depth, a;
    (void)entropy_dnc(problem, &a); /* a is defined with and without a branch */
    double mu = reference_lambda_mean(problem) * classes *
                pow((classes - 1) / classes * a * a, 1 / (depth + 1));
    double feature = sqrt(mu / (problem->lambda_h * shape->samples * classes));
    double readout = sqrt(mu / (problem->lambdas[shape->depth - 1] * (classes - 1)));
    for (size_t class_ = 0; class_ < (size_t)shape->classes; class_++) {
        plant_mean(plot, class_, class_, feature);
        for (size_t i = 0; i < (size_t)shape->classes; i++)
            plant_entry(plot, shape->depth, class_, i,
                        readout * ((class_ == i) - 1 / classes));
    }
    for (int layer = 1; layer < shape->depth; layer++)
        plant_identity(plot, layer, shape->classes,
                       sqrt(mu / (problem->lambdas[layer - 1] * classes)));
}

/* Entry of a K x (K-1) matrix whose orthonormal columns span what sums to 0 (Helmert):
 * column c is 1 in the rows before c + 1, which has -(c+1), over sqrt((c+1)(c+2)). */
static double helmert(size_t row, size_t column) {
    double size = (double)column + 1;
    double entry = row <= column ? 1 : row == column + 1 ? -size : 0;
    return entry / sqrt(size * (size + 1));
}

/* Z = a (I - 11^T/K): mu = (K-1) lbar a^(2/(L+1)) in each factor, those in between
 * multiples of I_{K-1}. */
static void plant_simplex(struct plot *plot) {
    const struct problem *problem = plot->problem;
    const struct shape *shape = &problem->shape;
    int depth = shape->depth, rank = shape->classes - 1;
    double a;
    (void)entropy_dnc(problem, &a); /* a is defined with and without a branch */
    double square =
        reference_lambda_mean(problem) * pow(a, 2.0 / (depth + 1)); /* mu/(K-1) */
    double feature = sqrt(square / (problem->lambda_h * shape->samples));
    double readout = sqrt(square / problem->lambdas[depth - 1]);
    for (size_t class_ = 0; class_ < (size_t)shape->classes; class_++)
        for (size_t i = 0; i < (size_t)rank; i++) {
            plant_mean(plot, i, class_, feature * helmert(class_, i));
            plant_entry(plot, depth, class_, i, readout * helmert(class_, i));
        }
    for (int layer = 1; layer < depth; layer++)
        plant_identity(plot, layer, rank, sqrt(square / problem->lambdas[layer - 1]));
}

static void plant_collapse(struct plot *plot) {
    if (plot->problem->loss == LOSS_MSE)
        plant_dnc(plot);
    else if (reference_is_linear(plot->problem))
        plant_simplex(plot);
    else
        plant_centred(plot);
}

/* W_1 = a S^(1/2), M_1 = a' S^(-1/2) B with S = (B B^T)^(1/2): the balanced factors of
 * b_2 B. B B^T = (r-2) I + J, so that S^(+-1/2) = small (I - J/r) + large J/r, where
 * small and large are (r-2)^(+-1/4) and (2(r-1))^(+-1/4). */
static void plant_incidence(const struct plot *plot) {
    const struct problem *problem = plot->problem;
    size_t order = (size_t)plot->order, class_ = 0;
    double nuclear = srg_nuclear_norm(plot->order);
    double small = pow(plot->order - 2, 0.25), large = pow(2.0 * (plot->order - 1), 0.25);
    double weight = sqrt(plot->mu / (problem->lambdas[0] * nuclear));
    double mean = sqrt(plot->mu / (problem->shape.samples * problem->lambda_h * nuclear));
    double weight_all = weight * (large - small) / plot->order;
    double mean_all = 2 * mean * (1 / large - 1 / small) / plot->order;
    for (size_t i = 0; i < order; i++)
        for (size_t j = 0; j < order; j++)
            plant_entry(plot, 1, i, j, weight_all + (i == j ? weight * small : 0));
    for (size_t a = 0; a < order; a++)
        for (size_t b = a + 1; b < order; b++, class_++)
            for (size_t i = 0; i < order; i++)
                plant_mean(plot, i, class_,
                           mean_all + (i == a || i == b ? mean / small : 0));
}

/* An m-clique of K_r. */
struct clique {
    int order, size;       /* r, m */
    int vertex[ORDER_MAX]; /* size m, ascending */
    bool holds[ORDER_MAX]; /* size r */
};

static void clique_mark(struct clique *clique) {
    memset(clique->holds, 0, sizeof clique->holds);
    for (int i = 0; i < clique->size; i++)
        clique->holds[clique->vertex[i]] = true;
}

static void clique_first(struct clique *clique, int order, int size) {
    *clique = (struct clique){.order = order, .size = size};
    for (int i = 0; i < size; i++)
        clique->vertex[i] = i;
    clique_mark(clique);
}

/* The next one in lexicographic order; false after the last. */
static bool clique_next(struct clique *clique) {
    int at = clique->size - 1;
    while (at >= 0 && clique->vertex[at] == clique->order - clique->size + at)
        at--;
    if (at < 0) return false;
    clique->vertex[at]++;
    for (int i = at + 1; i < clique->size; i++)
        clique->vertex[i] = clique->vertex[i - 1] + 1;
    clique_mark(clique);
    return true;
}

/* Entries of the ridge solution W_L = (M^T M + K lambda_L I)^(-1) M^T, M = 2 p N: the
 * entry of a class and a clique depends on how many ends of the edge are in the clique.
 * With E_j the projections on the eigenspaces of N^T N, eigenvalues e_j,
 *
 *     W_L = 2 p sum_j E_j N^T / (4 p^2 e_j + K lambda_L).
 *
 * N^T of a clique is the indicator of its edges; its projection on the sums of vertex
 * values is (m-1)/(r-2) (ends - m/(r-1)), of which C(m,2)/K is the constant part. */
static void clique_readout(const struct plot *plot, int size, double p, double entry[3]) {
    const struct problem *problem = plot->problem;
    double classes = problem->shape.classes, order = plot->order, eigenvalue[3];
    double gain[3], constant = size * (size - 1) / 2.0 / classes;
    srg_clique_spectrum(plot->order, size, eigenvalue);
    for (int j = 0; j < 3; j++)
        gain[j] = 2 * p /
                  (4 * p * p * eigenvalue[j] +
                   classes * problem->lambdas[problem->shape.depth - 1]);
    for (int ends = 0; ends < 3; ends++) {
        double vertices = (size - 1) / (order - 2) * (ends - size / (order - 1));
        entry[ends] = gain[0] * constant + gain[1] * (vertices - constant) +
                      gain[2] * ((ends == 2) - vertices);
    }
}

/* One neuron of the last hidden layer: its row of W_{L-1}, its column of W_L. */
static void plant_neuron(const struct plot *plot, const struct clique *clique,
                         size_t neuron, double alpha, const double entry[3]) {
    int depth = plot->problem->shape.depth, order = clique->order;
    for (int i = 0; i < order; i++)
        plant_entry(plot, depth - 1, neuron, (size_t)i,
                    clique->holds[i] ? alpha : -alpha);
    size_t class_ = 0;
    for (int a = 0; a < order; a++)
        for (int b = a + 1; b < order; b++, class_++)
            plant_entry(plot, depth, class_, neuron,
                        entry[clique->holds[a] + clique->holds[b]]);
}

/* mu of the branch's cost, L/2 mu = cost z^(1/L); then every scale follows from
 * lambda_l |W_l|^2 = mu. */
static void plant_cliques(struct plot *plot, int size) {
    const struct problem *problem = plot->problem;
    int depth = problem->shape.depth;
    struct branch branch;
    double z, entry[3];
    srg_clique_branch(problem, size, &branch);
    if (!branch_minimum(&branch, &z)) z = branch_ridge(&branch);
    plot->mu = 2.0 / depth * branch.cost * pow(z, 1.0 / depth);
    plant_incidence(plot);
    for (int layer = 2; layer <= depth - 2; layer++)
        plant_identity(plot, layer, plot->order,
                       sqrt(plot->mu / (problem->lambdas[layer - 1] * plot->order)));
    double p = sqrt(problem->shape.classes * problem->lambdas[depth - 1] * z);
    double norm = srg_binomial(plot->order, size) * plot->order; /* |W_{L-1}|^2/alpha^2 */
    double alpha = sqrt(plot->mu / (problem->lambdas[depth - 2] * norm));
    clique_readout(plot, size, p, entry);
    struct clique clique;
    clique_first(&clique, plot->order, size);
    size_t neuron = 0;
    do
        plant_neuron(plot, &clique, neuron++, alpha, entry);
    while (clique_next(&clique));
}

void reference_plant(const struct problem *problem, const struct planting *planting,
                     struct factors *parameters) {
    double loss;
    struct plot plot = {.problem = problem,
                        .to = parameters,
                        .scale = planting->scale,
                        .order = reference_graph_order(problem->shape.classes)};
    lay_ground(planting, parameters);
    if (planting->init == INIT_DNC)
        plant_collapse(&plot);
    else
        plant_cliques(&plot,
                      planting->init == INIT_SRG ? 2 : srg_clique_best(problem, &loss));
}

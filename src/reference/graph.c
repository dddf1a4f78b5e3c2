#include "dufm/graph.h"

#include <math.h>
#include <stdio.h>

#include "dufm/reference.h"
#include "dufm/srg.h"
#include "dufm/svd.h"

/* What the cost of a graph's layers depends on: those before W_L, for rows of W_{L-1} of
 * squared norm 1 (srg.c has the case of K_r). */
struct incidence {
    double nuclear; /* |B|_* */
    int rank;       /* of B */
};

static void start_branch(const struct problem *problem, struct incidence incidence,
                         struct branch *out) {
    const double *lambdas = problem->lambdas;
    int depth = problem->shape.depth;
    double log_square = 2 * log(incidence.nuclear) +
                        log(problem->shape.samples * problem->lambda_h) + log(lambdas[0]);
    for (int layer = 2; layer <= depth - 2; layer++)
        log_square += log(lambdas[layer - 1] * incidence.rank);
    log_square += log(lambdas[depth - 2]);
    log_square += log(lambdas[depth - 1] * problem->shape.classes);
    *out = (struct branch){.depth = depth, .cost = depth / 2.0 * exp(log_square / depth)};
}

/* A block of the problem's classes under construction. */
struct site {
    const struct problem *problem; /* the whole */
    int classes;                   /* of the block */
    int width;                     /* neurons it may use; <= 0: any */
    struct graph_block best;       /* loss NaN: none yet */
};

static void keep(struct site *site, struct graph_block block) {
    if (isnan(site->best.loss) || block.loss < site->best.loss) site->best = block;
}

/* One vertex, one neuron. */
static void try_class(struct site *site) {
    struct branch branch;
    double z, weight = 0.5 / site->problem->shape.classes;
    start_branch(site->problem, (struct incidence){1, 1}, &branch);
    branch.modes = 1;
    branch.weight[0] = weight;
    branch.gain[0] = 1;
    keep(site, (struct graph_block){GRAPH_ZERO, 0, 0, weight});
    if (branch_minimum(&branch, &z))
        keep(site, (struct graph_block){GRAPH_CLASS, 1, 0, branch_value(&branch, z)});
}

static void weigh_modes(const struct site *site, int modes, const double *count,
                        struct branch *branch) {
    branch->modes = modes;
    for (int i = 0; i < modes; i++)
        branch->weight[i] = count[i] / (2.0 * site->problem->shape.classes);
}

static void try_complete(struct site *site, int order) {
    struct incidence incidence = {srg_nuclear_norm(order), order};
    const double count[3] = {1, order - 1, site->classes - order};
    struct mixture mixture = {.families = 0};
    start_branch(site->problem, incidence, &mixture.branch);
    weigh_modes(site, 3, count, &mixture.branch);
    for (int size = 1; size <= order; size++)
        mixture.family[mixture.families++] = srg_family(order, size);
    if (!mixture_solve(&mixture, site->width)) return;
    keep(site, (struct graph_block){GRAPH_COMPLETE, order, 0, mixture.loss});
}

/* The functions on a x b edges: constant, sums of either side's vertex values, the rest.
 * The response to p q edges has these squared parts. */
static struct mixture_family biclique(int a, int b, int p, int q) {
    double edges = (double)p * q, whole = edges * edges / (a * (double)b);
    double part[4] = {whole, edges * q / b - whole, edges * p / a - whole, 0};
    double norm = (p + b - q) * (double)(q + a - p) / (a + b);
    const double count[4] = {1, a - 1, b - 1, (a - 1.0) * (b - 1)};
    part[3] = edges - part[0] - part[1] - part[2];
    struct mixture_family family = {.size = {p, q},
                                    .neurons = srg_binomial(a, p) * srg_binomial(b, q)};
    for (int i = 0; i < 4; i++)
        family.gain[i] = fmax(part[i], 0) / (count[i] * norm);
    return family;
}

static void try_bipartite(struct site *site, int a, int b) {
    struct incidence incidence = {sqrt(a + b) + (a - 1) * sqrt(b) + (b - 1) * sqrt(a),
                                  a + b - 1};
    const double count[4] = {1, a - 1, b - 1, (a - 1.0) * (b - 1)};
    struct mixture mixture = {.families = 0};
    start_branch(site->problem, incidence, &mixture.branch);
    weigh_modes(site, 4, count, &mixture.branch);
    for (int p = 1; p <= a; p++)
        for (int q = 1; q <= b; q++)
            mixture.family[mixture.families++] = biclique(a, b, p, q);
    if (!mixture_solve(&mixture, site->width)) return;
    keep(site, (struct graph_block){GRAPH_BIPARTITE, a, b, mixture.loss});
}

/* The neurons that are 1 on m of r vertices and -u elsewhere, 0 <= u <= 1, in the modes
 * of K_r and a class on all vertices: the constant on the edges, that class, sums of
 * vertex values, the rest. */
static struct mixture_family inhibited(int order, int m, double u, double c) {
    double within = m * (m - 1) / 2.0, across = m * (double)(order - m), cross = 1 - u;
    double edges = order * (order - 1) / 2.0, sum = 2 * within + cross * across;
    double mean = 2 * sum / order, in = 2 * (m - 1) + cross * (order - m) - mean;
    double out = cross * m - mean, norm = m + (order - m) * u * u;
    double constant = sum * sum / edges;
    double vertices = (m * in * in + (order - m) * out * out) / (order - 2);
    double rest = 4 * within + cross * cross * across - constant - vertices;
    double all = c * fmax(m - (order - m) * u, 0);
    return (struct mixture_family){.size = {m, 0},
                                   .neurons = srg_binomial(order, m),
                                   .gain = {constant / norm, all * all / norm,
                                            vertices / (norm * (order - 1)),
                                            fmax(rest, 0) / (norm * (edges - order))},
                                   .cross = sqrt(constant) * all / norm};
}

/* Solved where it has a loss. With c 1 beside it, B B^T = (r-2) I + (1 + c^2) J. */
static double loss_with_all(const struct site *site, int order, double c) {
    double r = order;
    struct incidence incidence = {sqrt(2 * (r - 1) + c * c * r) + (r - 1) * sqrt(r - 2),
                                  order};
    const double count[4] = {1, 1, r - 1, site->classes - 1 - r};
    struct mixture mixture = {.coupled = true};
    start_branch(site->problem, incidence, &mixture.branch);
    weigh_modes(site, 4, count, &mixture.branch);
    mixture.family[mixture.families++] = inhibited(order, 1, 0, c);
    for (int m = 1; m <= order; m++) {
        double silent = m / (r - m);
        mixture.family[mixture.families++] = inhibited(order, m, 1, c);
        if (silent < 1)
            mixture.family[mixture.families++] = inhibited(order, m, silent, c);
    }
    return mixture_solve(&mixture, site->width) ? mixture.loss : (double)INFINITY;
}

/* Golden-section search of c; any c is a point of the model. */
static void try_with_all(struct site *site, int order) {
    static const double golden = 0.61803398874989484820;
    enum { STEPS = 24 };
    double low = 0.3, high = 1.6, loss[2];
    double c[2] = {high - golden * (high - low), low + golden * (high - low)};
    for (int i = 0; i < 2; i++)
        loss[i] = loss_with_all(site, order, c[i]);
    for (int i = 0; i < STEPS; i++) {
        int better = loss[0] < loss[1] ? 0 : 1;
        if (better == 0)
            high = c[1];
        else
            low = c[0];
        c[!better] = c[better];
        loss[!better] = loss[better];
        c[better] =
            better == 0 ? high - golden * (high - low) : low + golden * (high - low);
        loss[better] = loss_with_all(site, order, c[better]);
    }
    double least = fmin(loss[0], loss[1]);
    if (isfinite(least))
        keep(site, (struct graph_block){GRAPH_WITH_ALL, order, 0, least});
}

/* K_r without some edges. */
struct part {
    int order, classes;
    int ends[GRAPH_CLASSES_MAX][2];
};

static void list_edges(int order, int missing, struct part *part) {
    *part = (struct part){.order = order};
    for (int i = 0; i < order; i++)
        for (int j = i + 1; j < order; j++) {
            if (i == 0 && j <= missing) continue;
            part->ends[part->classes][0] = i;
            part->ends[part->classes++][1] = j;
        }
}

/* m-subsets of the vertices that hold an edge. */
static double count_subsets(const struct part *part, int size) {
    double count = 0;
    for (unsigned set = 0; set < 1u << part->order; set++) {
        if (__builtin_popcount(set) != size) continue;
        bool holds = false;
        for (int k = 0; k < part->classes && !holds; k++)
            holds = (set >> part->ends[k][0] & 1) && (set >> part->ends[k][1] & 1);
        count += holds;
    }
    return count;
}

/* Buffers for matrices of up to K x K. */
struct spectrum {
    struct svd svd;
    double *matrix, *values;
};

static void spectrum_carve(struct spectrum *to, int classes, struct arena *arena) {
    size_t count = (size_t)classes;
    svd_carve(&to->svd, classes, classes, arena);
    to->matrix = arena_take(arena, count * count, sizeof *to->matrix);
    to->values = arena_take(arena, count, sizeof *to->values);
}

static enum error measure(struct spectrum *spectrum, const struct part *part,
                          struct incidence *out) {
    size_t rows = (size_t)part->order;
    for (size_t i = 0; i < rows * (size_t)part->classes; i++)
        spectrum->matrix[i] = 0;
    for (size_t k = 0; k < (size_t)part->classes; k++)
        for (int end = 0; end < 2; end++)
            spectrum->matrix[(size_t)part->ends[k][end] + rows * k] = 1;
    TRY(svd_values(&spectrum->svd, part->order, part->classes, spectrum->matrix,
                   spectrum->values));
    *out = (struct incidence){0, 0};
    for (int i = 0; i < part->order; i++) {
        out->nuclear += spectrum->values[i];
        out->rank += spectrum->values[i] > 1e-9;
    }
    return ERROR_NONE;
}

/* Eigenvalues of N^T N: two edges lie together in the subsets that hold their union. */
static enum error measure_subsets(struct spectrum *spectrum, const struct part *part,
                                  int size) {
    double *entry = spectrum->matrix;
    for (int k = 0; k < part->classes; k++)
        for (int l = 0; l < part->classes; l++) {
            const int *e = part->ends[k], *f = part->ends[l];
            int spanned =
                4 - (e[0] == f[0]) - (e[0] == f[1]) - (e[1] == f[0]) - (e[1] == f[1]);
            *entry++ = srg_binomial(part->order - spanned, size - spanned);
        }
    return svd_values(&spectrum->svd, part->classes, part->classes, spectrum->matrix,
                      spectrum->values);
}

static enum error try_subsets(struct site *site, const struct part *part, int size,
                              struct spectrum *spectrum, struct branch *branch) {
    double neurons = count_subsets(part, size), z;
    if (site->width > 0 && neurons > site->width) return ERROR_NONE;
    TRY(measure_subsets(spectrum, part, size));
    branch->modes = part->classes;
    for (int i = 0; i < part->classes; i++) {
        branch->weight[i] = 0.5 / site->problem->shape.classes;
        branch->gain[i] = 4 * spectrum->values[i] / (neurons * part->order);
    }
    if (!branch_minimum(branch, &z)) return ERROR_NONE;
    int missing = part->order * (part->order - 1) / 2 - part->classes;
    keep(site,
         (struct graph_block){GRAPH_PART, part->order, missing, branch_value(branch, z)});
    return ERROR_NONE;
}

/* Without an isolated vertex and with a triangle: B has rank r, no row is projected. */
static enum error try_part(struct site *site, int order, struct spectrum *spectrum) {
    struct part part;
    struct incidence incidence;
    struct branch branch;
    list_edges(order, order * (order - 1) / 2 - site->classes, &part);
    TRY(measure(spectrum, &part, &incidence));
    start_branch(site->problem, incidence, &branch);
    for (int size = 2; size < order; size++)
        TRY(try_subsets(site, &part, size, spectrum, &branch));
    return ERROR_NONE;
}

static enum error try_graphs(struct site *site, struct spectrum *spectrum) {
    int classes = site->classes, order = 3;
    if (classes == 1) try_class(site);
    if (classes < 3) return ERROR_NONE;
    while (order * (order - 1) / 2 < classes)
        order++;
    for (int a = 2; a * a <= classes; a++)
        if (classes % a == 0) try_bipartite(site, a, classes / a);
    if (order > 4 && (order - 1) * (order - 2) / 2 + 1 == classes)
        try_with_all(site, order - 1);
    if (order * (order - 1) / 2 > classes) return try_part(site, order, spectrum);
    try_complete(site, order);
    return ERROR_NONE;
}

/* Of k = 0 .. K classes: the best last block, and the loss of all. */
struct division {
    struct graph_block block[GRAPH_CLASSES_MAX + 1];
    double loss[GRAPH_CLASSES_MAX + 1];
    int last[GRAPH_CLASSES_MAX + 1]; /* classes of the last block */
};

static enum error find_blocks(const struct problem *problem, struct spectrum *spectrum,
                              struct graph_block *best) {
    const struct shape *shape = &problem->shape;
    for (int k = 1; k <= shape->classes; k++) {
        struct site site = {problem, k, 0, {GRAPH_ZERO, 0, 0, NAN}};
        if (shape->width > 0)
            site.width = (int)((long long)shape->width * k / shape->classes);
        TRY(try_graphs(&site, spectrum));
        best[k] = site.best;
    }
    return ERROR_NONE;
}

/* The least sum, by the size of the last block; the larger one among equals. A block that
 * no graph has is NaN and never taken. */
static void divide(struct division *division, int classes) {
    division->loss[0] = 0;
    for (int k = 1; k <= classes; k++) {
        division->loss[k] = division->loss[k - 1] + division->block[1].loss;
        division->last[k] = 1;
        for (int last = 2; last <= k; last++) {
            double loss = division->loss[k - last] + division->block[last].loss;
            if (!(loss <= division->loss[k])) continue;
            division->loss[k] = loss;
            division->last[k] = last;
        }
    }
}

/* Blocks by falling number of classes. */
static void read_blocks(const struct division *division, int classes,
                        struct graph_solution *out) {
    int count[GRAPH_CLASSES_MAX + 1] = {0};
    for (int k = classes; k > 0; k -= division->last[k])
        count[division->last[k]]++;
    for (int size = classes; size > 0; size--)
        for (int i = 0; i < count[size]; i++)
            out->block[out->blocks++] = division->block[size];
    out->loss = out->block[0].kind == GRAPH_ZERO ? (double)NAN : division->loss[classes];
    if (isnan(out->loss)) out->blocks = 0;
}

enum error graph_best(const struct problem *problem, struct graph_solution *out) {
    const char *why;
    int classes = problem->shape.classes;
    *out = (struct graph_solution){.loss = NAN};
    if (problem->loss != LOSS_MSE || !reference_has_dnc(problem, &why) ||
        problem->shape.depth < 3 || problem->activation != ACTIVATION_RELU ||
        classes > GRAPH_CLASSES_MAX)
        return ERROR_NONE;
    struct arena arena = {0};
    struct spectrum spectrum;
    struct division division;
    spectrum_carve(&spectrum, classes, &arena);
    TRY(arena_reserve(&arena));
    spectrum_carve(&spectrum, classes, &arena);
    enum error error = find_blocks(problem, &spectrum, division.block);
    arena_release(&arena);
    TRY(error);
    divide(&division, classes);
    read_blocks(&division, classes, out);
    return ERROR_NONE;
}

static void name_block(const struct graph_block *block, int count, char *text,
                       size_t size) {
    static const char *const singles[] = {"classes left out", "single classes"};
    char times[16] = "";
    if (count > 1) snprintf(times, sizeof times, "%d ", count);
    if (block->kind == GRAPH_COMPLETE)
        snprintf(text, size, "%sK_%d", times, block->a);
    else if (block->kind == GRAPH_BIPARTITE)
        snprintf(text, size, "%sK_{%d,%d}", times, block->a, block->b);
    else if (block->kind == GRAPH_WITH_ALL)
        snprintf(text, size, "%sK_%d and a class on all its vertices", times, block->a);
    else if (block->kind == GRAPH_PART)
        snprintf(text, size, "%sK_%d without %d edge%s of a vertex", times, block->a,
                 block->b, block->b == 1 ? "" : "s");
    else if (count > 1)
        snprintf(text, size, "%s%s", times, singles[block->kind == GRAPH_CLASS]);
    else
        snprintf(text, size,
                 block->kind == GRAPH_CLASS ? "a single class" : "a class left out");
}

void graph_describe(const struct graph_solution *solution, char *text, size_t size) {
    size_t used = 0;
    if (size > 0) text[0] = '\0';
    for (int i = 0, count; i < solution->blocks; i += count) {
        const struct graph_block *block = &solution->block[i];
        char name[64];
        for (count = 1; i + count < solution->blocks; count++)
            if (block[count].kind != block->kind || block[count].a != block->a ||
                block[count].b != block->b)
                break;
        name_block(block, count, name, sizeof name);
        if (used >= size) return;
        int length =
            snprintf(text + used, size - used, "%s%s", used > 0 ? " + " : "", name);
        if (length < 0) return;
        used += (size_t)length;
    }
}

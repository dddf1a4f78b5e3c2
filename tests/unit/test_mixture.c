/* Mixtures of families of neurons, and solutions on other graphs: the losses that are
 * stated are those of the model at weights built by hand. */
#include <string.h>

#include "dufm/graph.h"
#include "dufm/reference.h"
#include "dufm/srg.h"
#include "unit.h"

static struct problem problem_make(struct shape shape, double lambda, double spread) {
    struct problem problem = {.shape = shape,
                              .loss = LOSS_MSE,
                              .activation = ACTIVATION_RELU,
                              .lambda_h = lambda * (1 + spread)};
    for (int i = 0; i < shape.depth; i++)
        problem.lambdas[i] = lambda * (1 + spread * ((i * 2) % 5));
    return problem;
}

/* Solve A X = C by elimination, A (n x n) positive definite, C (n x m), column-major. */
static void eliminate(int n, int m, double *a, double *c) {
    for (int p = 0; p < n; p++)
        for (int i = 0; i < n; i++) {
            double factor = a[i + p * n] / a[p + p * n];
            if (i == p) continue;
            for (int j = p; j < n; j++)
                a[i + j * n] -= factor * a[p + j * n];
            for (int j = 0; j < m; j++)
                c[i + j * n] -= factor * c[p + j * n];
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            c[i + j * n] /= a[i + i * n];
}

/* W_L = (M^T M + K lambda_L I)^(-1) M^T, M (d x K). */
static void plant_ridge(const struct problem *problem, const double *mean, double *last) {
    int classes = problem->shape.classes, width = problem->shape.width;
    double *gram = calloc((size_t)(classes * classes), sizeof *gram);
    assert_non_null(gram);
    for (int k = 0; k < classes; k++)
        for (int l = 0; l < classes; l++)
            for (int i = 0; i < width; i++)
                gram[k + l * classes] += mean[i + k * width] * mean[i + l * width];
    for (int k = 0; k < classes; k++)
        gram[k + k * classes] += classes * problem->lambdas[problem->shape.depth - 1];
    for (int k = 0; k < classes; k++)
        for (int i = 0; i < width; i++)
            last[k + i * classes] = mean[i + k * width];
    eliminate(classes, width, gram, last);
    free(gram);
}

/* Rows of W_{L-1} and the features s(M_L) that they make of b B. */
static void plant_rows(const struct problem *problem, const struct mixture *mixture,
                       double square, double b, double *weight, double *mean) {
    int width = problem->shape.width, row = 0;
    int order = reference_graph_order(problem->shape.classes);
    for (int f = 0; f < mixture->families; f++) {
        const struct mixture_family *family = &mixture->family[f];
        int size = family->size[0];
        if (!(family->share > 0)) continue;
        double alpha =
            sqrt(family->share * square / family->neurons / (size == 1 ? 1 : order));
        for (unsigned set = 0; set < 1u << order; set++) {
            int class_ = 0;
            if (__builtin_popcount(set) != size) continue;
            for (int i = 0; i < order; i++)
                weight[row + i * width] = set >> i & 1 ? alpha : size == 1 ? 0 : -alpha;
            for (int i = 0; i < order; i++)
                for (int j = i + 1; j < order; j++, class_++)
                    mean[row + class_ * width] =
                        b * fmax(0, weight[row + i * width] + weight[row + j * width]);
            row++;
        }
    }
}

static void scale(double *values, size_t count, double factor) {
    for (size_t i = 0; i < count; i++)
        values[i] *= factor;
}

/* The plain solution's first layers at other scales, then the rows above. */
static void plant_mixture(struct model *model, const struct mixture *mixture,
                          struct factors *to) {
    const struct problem *problem = &model->problem;
    const struct shape *shape = &problem->shape;
    int depth = shape->depth;
    size_t square = (size_t)shape->width * (size_t)shape->width;
    struct planting planting = {.init = INIT_SRG, .scale = 1};
    struct loss_terms terms;
    reference_plant(problem, &planting, to);
    model_loss(model, to, &terms);
    double mu = 2.0 / depth * mixture->branch.cost * pow(mixture->z, 1.0 / depth);
    double factor = sqrt(mu / (2 * terms.feature_regularization));
    scale(to->feature, (size_t)(shape->width * shape_sample_count(shape)), factor);
    for (int layer = 1; layer < depth - 1; layer++)
        scale(to->weight[layer - 1], square, factor);
    memset(to->weight[depth - 2], 0, square * sizeof(double));
    double *mean = calloc((size_t)(shape->width * shape->classes), sizeof *mean);
    assert_non_null(mean);
    double norm = mu / problem->lambdas[depth - 2];
    double b = sqrt(mixture->z * shape->classes * problem->lambdas[depth - 1] / norm);
    plant_rows(problem, mixture, norm, b, to->weight[depth - 2], mean);
    plant_ridge(problem, mean, to->weight[depth - 1]);
    free(mean);
}

static void carve(struct arena *arena, const struct problem *problem, struct model *model,
                  struct factors *parameters) {
    model_carve(model, problem, arena);
    double *data =
        arena_take(arena, shape_parameter_count(&problem->shape), sizeof *data);
    if (data != NULL) factors_view(parameters, &problem->shape, data);
}

static double loss_of(const struct problem *problem, const struct mixture *mixture) {
    struct arena arena = {0};
    struct model model;
    struct factors parameters;
    struct loss_terms terms;
    carve(&arena, problem, &model, &parameters);
    assert_int_equal(arena_reserve(&arena), ERROR_NONE);
    carve(&arena, problem, &model, &parameters);
    plant_mixture(&model, mixture, &parameters);
    model_loss(&model, &parameters, &terms);
    for (int layer = 0; layer < problem->shape.depth; layer++)
        assert_close(terms.weight_regularization[layer], terms.feature_regularization,
                     1e-10);
    arena_release(&arena);
    return terms.total;
}

static int active(const struct mixture *mixture) {
    int count = 0;
    double sum = 0;
    for (int f = 0; f < mixture->families; f++) {
        assert_true(mixture->family[f].share >= 0);
        count += mixture->family[f].share > 0;
        sum += mixture->family[f].share;
    }
    assert_close(sum, 1, 1e-13);
    return count;
}

static void mixture_is_a_point_of_the_model(void **state) {
    (void)state;
    static const struct {
        struct shape shape; /* L, d, K, n */
        double lambda, spread;
        int active;
    } cases[] = {
        {{4, 30, 6, 1, 0}, 0.004, 0, 2},    {{3, 15, 6, 2, 0}, 0.003, 0.1, 2},
        {{5, 40, 6, 1, 0}, 0.001, 0.2, 2},  {{4, 30, 10, 1, 0}, 0.004, 0, 1},
        {{5, 45, 15, 2, 0}, 0.002, 0.1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem problem =
            problem_make(cases[i].shape, cases[i].lambda, cases[i].spread);
        struct mixture mixture;
        struct reference reference;
        srg_mixture(&problem, &mixture);
        assert_int_equal(active(&mixture), cases[i].active);
        assert_close(loss_of(&problem, &mixture), mixture.loss, 1e-12);
        reference_compute(&problem, &reference);
        assert_close(reference.loss_mixture, mixture.loss, 1e-14);
        if (cases[i].active > 1)
            assert_true(reference.loss_mixture < reference.loss_srg_clique - 1e-4);
    }
}

/* As lambda grows the minima rise past the trivial loss, then they go, all order and
 * losses with them; the relaxed and the mixed one stay at least as long as those in them. */
static void graph_branches_end(void **state) {
    (void)state;
    double last = 0;
    bool above = false, gone = false;
    for (double lambda = 0.01; lambda < 0.15; lambda *= 1.02) {
        struct problem problem = problem_make((struct shape){4, 0, 10, 1, 0}, lambda, 0);
        struct reference reference;
        reference_compute(&problem, &reference);
        double clique = reference.loss_srg_clique;
        assert_int_equal(is_nan(clique), reference.clique_order == 0);
        if (!is_nan(reference.loss_srg))
            assert_true(reference.loss_srg_relaxed <= reference.loss_srg &&
                        clique <= reference.loss_srg);
        gone = gone || is_nan(clique);
        if (gone) {
            assert_true(is_nan(clique) && is_nan(reference.loss_srg));
            continue;
        }
        assert_true(clique > last && reference.loss_mixture <= clique);
        last = clique;
        above = above || clique > 0.5;
    }
    assert_true(above && gone);
}

static void mixture_is_never_above_the_cliques(void **state) {
    (void)state;
    static const int classes[] = {6, 10, 15, 28, 45, 66}, widths[] = {0, 1, 3, 20};
    static const double lambdas[] = {1e-5, 0.001, 0.01, 0.03, 0.3};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        for (size_t j = 0; j < sizeof widths / sizeof *widths; j++)
            for (size_t k = 0; k < sizeof lambdas / sizeof *lambdas; k++) {
                int width = widths[j] == 0 ? 0 : classes[i] + widths[j] - 1;
                struct problem problem = problem_make(
                    (struct shape){3 + (int)(i % 3), width, classes[i], 1, 0}, lambdas[k],
                    0);
                struct reference reference;
                struct mixture mixture;
                reference_compute(&problem, &reference);
                if (!is_nan(reference.loss_srg_clique))
                    assert_true(reference.loss_mixture <= reference.loss_srg_clique);
                srg_mixture(&problem, &mixture);
                if (is_nan(mixture.loss)) continue;
                double neurons = 0;
                for (int f = 0; f < mixture.families; f++)
                    if (mixture.family[f].share > 0) neurons += mixture.family[f].neurons;
                assert_true(active(&mixture) <= 3);
                assert_true(width == 0 || neurons <= width);
                assert_true(mixture.loss <= reference.loss_srg_clique + 1e-15 ||
                            reference.loss_srg_clique == 0.5);
            }
}

/* Coupled modes are those of the matrix that rotates into them. */
static void coupled_modes_are_eigenvalues(void **state) {
    (void)state;
    const double angle = 0.7, s = sin(angle), c = cos(angle);
    struct mixture plain = {
        .branch = {.depth = 4, .cost = 0.05, .modes = 3, .weight = {0.2, 0.2, 0.1}},
        .families = 3,
        .family = {{.neurons = 4, .gain = {2, 0.5, 0.1}},
                   {.neurons = 4, .gain = {0.4, 2.2, 0.1}},
                   {.neurons = 2, .gain = {0.5, 0.5, 3}}}};
    struct mixture turned = plain;
    turned.coupled = true;
    for (int f = 0; f < 3; f++) {
        const double *gain = plain.family[f].gain;
        turned.family[f].gain[0] = c * c * gain[0] + s * s * gain[1];
        turned.family[f].gain[1] = s * s * gain[0] + c * c * gain[1];
        turned.family[f].cross = c * s * (gain[0] - gain[1]);
    }
    assert_true(mixture_solve(&plain, 0) && mixture_solve(&turned, 0));
    assert_close(turned.loss, plain.loss, 1e-12);
    assert_int_equal(active(&plain), 3);
    for (int f = 0; f < 3; f++)
        assert_close(turned.family[f].share, plain.family[f].share, 1e-4);
}

/* Two families, each the better one in its own mode, mix by halves. */
static void symmetric_families_share_alike(void **state) {
    (void)state;
    struct mixture mixture = {
        .branch = {.depth = 3, .cost = 0.05, .modes = 2, .weight = {0.25, 0.25}},
        .families = 3,
        .family = {{.neurons = 4, .gain = {2, 0.5}},
                   {.neurons = 4, .gain = {0.5, 2}},
                   {.neurons = 2, .gain = {1, 1}}}};
    assert_true(mixture_solve(&mixture, 0));
    assert_close(mixture.family[0].share, 0.5, 1e-6);
    assert_close(mixture.family[1].share, 0.5, 1e-6);
    double both = mixture.loss;
    assert_true(mixture_solve(&mixture, 7)); /* not both of them */
    assert_true(mixture.family[0].share == 0 || mixture.family[1].share == 0);
    assert_true(mixture.loss > both);
    assert_true(mixture_solve(&mixture, 3)); /* the small one alone */
    assert_true(mixture.family[2].share == 1);
    assert_false(mixture_solve(&mixture, 1));
    mixture.branch.cost = 10;
    assert_false(mixture_solve(&mixture, 0));
}

static void orders_of_cliques(void **state) {
    (void)state;
    struct problem problem = problem_make((struct shape){4, 25, 15, 1, 0}, 0.001, 0.1);
    double losses[6], best;
    srg_clique_losses(&problem, losses);
    int order = srg_clique_best(&problem, &best);
    assert_true(is_nan(losses[0]) && is_nan(losses[1]));
    for (int m = 2; m < 6; m++) /* 15, 20, 15, 6 cliques */
        assert_true(losses[m] >= best);
    assert_true(losses[order] == best);
    problem.shape.width = 19;
    srg_clique_losses(&problem, losses);
    assert_true(is_nan(losses[3]) && !is_nan(losses[2]) && !is_nan(losses[4]));
}

static void graphs_of_numbers_of_classes(void **state) {
    (void)state;
    static const struct {
        int classes, depth;
        double lambda;
        const char *name;
    } cases[] = {
        {2, 4, 0.004, "2 single classes"},
        {5, 4, 0.004, "K_{2,2} + a single class"},
        {6, 4, 0.004, "K_{2,3}"},
        {9, 4, 0.004, "K_5 without 1 edge of a vertex"},
        {10, 4, 0.004, "K_5"},
        {7, 4, 0.004, "K_4 and a class on all its vertices"},
        {11, 4, 0.004, "K_5 and a class on all its vertices"},
        {12, 3, 0.004, "K_5 + 2 single classes"},
        {17, 4, 0.004, "K_6 and a class on all its vertices + a single class"},
        {12, 4, 0.004, "K_{3,4}"},
        {13, 4, 0.004, "K_6 without 2 edges of a vertex"},
        {41, 4, 0.0001, ""},
        {12, 2, 0.004, ""},
        {12, 4, 0.5, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem problem =
            problem_make((struct shape){cases[i].depth, 0, cases[i].classes, 1, 0},
                         cases[i].lambda, 0);
        struct graph_solution solution;
        char name[128];
        assert_int_equal(graph_best(&problem, &solution), ERROR_NONE);
        graph_describe(&solution, name, sizeof name);
        assert_string_equal(name, cases[i].name);
        assert_true(is_nan(solution.loss) == (*name == '\0'));
    }
}

/* Blocks have scales of their own, so that their losses add up; single classes are DNC,
 * and K_r alone is the mixture. */
static void graphs_are_sums_of_their_blocks(void **state) {
    (void)state;
    for (int classes = 2; classes <= 36; classes++) {
        struct problem problem =
            problem_make((struct shape){3 + classes % 3, 0, classes, 2, 0}, 0.001, 0.1);
        struct graph_solution solution;
        struct reference reference;
        assert_int_equal(graph_best(&problem, &solution), ERROR_NONE);
        reference_compute(&problem, &reference);
        double sum = 0, alone = NAN;
        bool single = true;
        for (int i = 0; i < solution.blocks; i++) {
            sum += solution.block[i].loss;
            single = single && solution.block[i].kind == GRAPH_CLASS;
            if (solution.block[i].kind == GRAPH_COMPLETE) alone = solution.block[i].loss;
        }
        assert_close(sum, solution.loss, 1e-13);
        assert_true(solution.loss <= reference.loss_dnc * (1 + 1e-13));
        if (single) assert_close(solution.loss, reference.loss_dnc, 1e-12);
        if (is_nan(reference.loss_mixture)) continue;
        assert_true(solution.loss <= reference.loss_mixture * (1 + 1e-13));
        if (solution.blocks == 1 && !is_nan(alone))
            assert_close(alone, reference.loss_mixture, 1e-13);
    }
}

static void descriptions_fit_their_text(void **state) {
    (void)state;
    struct graph_solution solution = {.blocks = 6,
                                      .block = {{GRAPH_COMPLETE, 5, 0, 0},
                                                {GRAPH_COMPLETE, 5, 0, 0},
                                                {GRAPH_PART, 4, 2, 0},
                                                {GRAPH_BIPARTITE, 2, 2, 0},
                                                {GRAPH_CLASS, 1, 0, 0},
                                                {GRAPH_ZERO, 0, 0, 0}}};
    char text[128], little[8];
    graph_describe(&solution, text, sizeof text);
    assert_string_equal(text, "2 K_5 + K_4 without 2 edges of a vertex + K_{2,2} + a "
                              "single class + a class left out");
    graph_describe(&solution, little, sizeof little);
    assert_string_equal(little, "2 K_5 +");
}

/* As few neurons as classes hold DNC; more hold more graphs. */
static void graphs_fit_the_width(void **state) {
    (void)state;
    for (int classes = 7; classes <= 40; classes += 3) {
        struct problem problem =
            problem_make((struct shape){4, 0, classes, 1, 0}, 0.0005, 0.05);
        struct graph_solution any, solution;
        assert_int_equal(graph_best(&problem, &any), ERROR_NONE);
        for (int extra = -1; extra <= 48; extra += 7) {
            problem.shape.width = classes + extra;
            assert_int_equal(graph_best(&problem, &solution), ERROR_NONE);
            assert_true(is_nan(solution.loss) == (extra < 0));
            if (extra >= 0) assert_true(solution.loss >= any.loss * (1 - 1e-13));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixture_is_a_point_of_the_model),
        cmocka_unit_test(mixture_is_never_above_the_cliques),
        cmocka_unit_test(graph_branches_end),
        cmocka_unit_test(coupled_modes_are_eigenvalues),
        cmocka_unit_test(symmetric_families_share_alike),
        cmocka_unit_test(orders_of_cliques),
        cmocka_unit_test(graphs_of_numbers_of_classes),
        cmocka_unit_test(graphs_are_sums_of_their_blocks),
        cmocka_unit_test(descriptions_fit_their_text),
        cmocka_unit_test(graphs_fit_the_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reference solutions against the model itself: the planted points have the losses that
 * the closed forms promise. */
#include <string.h>

#include "dufm/reference.h"
#include "dufm/srg.h"
#include "dufm/svd.h"
#include "unit.h"

enum { EQUAL, UNEQUAL };

static struct problem problem_make(struct shape shape, double lambda, int kind) {
    struct problem problem = {.shape = shape,
                              .loss = LOSS_MSE,
                              .activation = ACTIVATION_RELU,
                              .lambda_h = lambda};
    for (int i = 0; i < shape.depth; i++)
        problem.lambdas[i] = kind == EQUAL ? lambda : lambda * (1 + 0.3 * ((i * 2) % 5));
    if (kind == UNEQUAL) problem.lambda_h = lambda / 2;
    return problem;
}

/* A model with its parameters and a second set of them. */
struct bench {
    struct arena arena;
    struct model model;
    struct factors parameters, gradient;
};

static void bench_carve(struct bench *bench, const struct problem *problem) {
    size_t count = shape_parameter_count(&problem->shape);
    model_carve(&bench->model, problem, &bench->arena);
    double *first = arena_take(&bench->arena, count, sizeof *first);
    double *second = arena_take(&bench->arena, count, sizeof *second);
    if (first == NULL) return;
    factors_view(&bench->parameters, &problem->shape, first);
    factors_view(&bench->gradient, &problem->shape, second);
}

static void bench_open(struct bench *bench, const struct problem *problem) {
    *bench = (struct bench){0};
    bench_carve(bench, problem);
    assert_int_equal(arena_reserve(&bench->arena), ERROR_NONE);
    bench_carve(bench, problem);
}

static void plant(struct bench *bench, enum init_kind init, double scale) {
    struct planting planting = {.init = init, .scale = scale};
    const char *why;
    assert_true(reference_can_plant(init, &bench->model.problem, &why));
    assert_null(why);
    reference_plant(&bench->model.problem, &planting, &bench->parameters);
}

/* Numerical rank of a matrix (no values between the tolerance and the zeros). */
static int rank_of(int rows, int columns, const double *matrix) {
    struct arena arena = {0};
    struct svd svd;
    svd_carve(&svd, rows, columns, &arena);
    assert_int_equal(arena_reserve(&arena), ERROR_NONE);
    svd_carve(&svd, rows, columns, &arena);
    int least = rows < columns ? rows : columns, rank = 0;
    double *values = calloc((size_t)least, sizeof *values);
    assert_non_null(values);
    assert_int_equal(svd_values(&svd, rows, columns, matrix, values), ERROR_NONE);
    while (rank < least && values[rank] > 1e-9 * values[0])
        rank++;
    free(values);
    arena_release(&arena);
    return rank;
}

static const struct {
    struct shape shape; /* L, d, K, n */
    double lambda;
    int kind;
} cases[] = {
    {{4, 30, 10, 1, 0}, 0.004, EQUAL},    {{3, 21, 6, 3, 0}, 0.003, UNEQUAL},
    {{5, 35, 10, 2, 0}, 0.001, UNEQUAL},  {{7, 60, 15, 1, 0}, 0.0005, EQUAL},
    {{4, 10, 10, 3, 0}, 0.002, UNEQUAL},  {{6, 40, 21, 2, 0}, 0.0005, UNEQUAL},
    {{3, 120, 28, 1, 0}, 0.001, UNEQUAL},
};
enum { CASES = sizeof cases / sizeof *cases };

static void planted_loss_is_the_reference(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++) {
        struct problem problem =
            problem_make(cases[i].shape, cases[i].lambda, cases[i].kind);
        struct reference reference;
        reference_compute(&problem, &reference);
        const double expected[] = {reference.loss_dnc, reference.loss_srg,
                                   reference.loss_srg_clique};
        static const enum init_kind init[] = {INIT_DNC, INIT_SRG, INIT_CLIQUE};
        struct bench bench;
        bench_open(&bench, &problem);
        for (int j = 0; j < 3; j++) {
            struct loss_terms terms;
            plant(&bench, init[j], 1);
            model_loss(&bench.model, &bench.parameters, &terms);
            assert_close(terms.total, expected[j], 1e-12);
        }
        arena_release(&bench.arena);
    }
}

/* At an optimum lambda_l |W_l|^2 is the same for all factors. */
static void planted_factors_are_balanced(void **state) {
    (void)state;
    static const enum init_kind init[] = {INIT_DNC, INIT_SRG, INIT_CLIQUE};
    for (int i = 0; i < CASES; i++) {
        struct problem problem =
            problem_make(cases[i].shape, cases[i].lambda, cases[i].kind);
        struct bench bench;
        bench_open(&bench, &problem);
        for (int j = 0; j < 3; j++) {
            struct loss_terms terms;
            plant(&bench, init[j], 1);
            model_loss(&bench.model, &bench.parameters, &terms);
            for (int layer = 0; layer < problem.shape.depth; layer++)
                assert_close(terms.weight_regularization[layer],
                             terms.feature_regularization, 1e-12);
        }
        arena_release(&bench.arena);
    }
}

static void dnc_is_stationary(void **state) {
    (void)state;
    static const struct shape shapes[] = {
        {1, 8, 5, 2, 0}, {2, 5, 5, 1, 0}, {4, 12, 7, 3, 0}, {9, 6, 4, 1, 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int activation = ACTIVATION_RELU; activation <= ACTIVATION_LINEAR;
             activation++) {
            struct problem problem = problem_make(shapes[i], 0.002, UNEQUAL);
            problem.activation = (enum activation_kind)activation;
            struct bench bench;
            bench_open(&bench, &problem);
            plant(&bench, INIT_DNC, 1);
            model_gradient(&bench.model, &bench.parameters, &bench.gradient);
            double square = 0;
            for (size_t j = 0; j < shape_parameter_count(&problem.shape); j++)
                square += bench.gradient.data[j] * bench.gradient.data[j];
            assert_true(sqrt(square) < 1e-14);
            assert_true(bench.parameters.feature[0] > 0.1);
            arena_release(&bench.arena);
        }
}

static void ranks_are_those_of_the_structure(void **state) {
    (void)state;
    struct problem problem =
        problem_make((struct shape){5, 35, 10, 2, 0}, 0.001, UNEQUAL);
    struct reference reference;
    reference_compute(&problem, &reference);
    assert_int_equal(reference.clique_order, 3);
    struct bench bench;
    bench_open(&bench, &problem);
    static const struct {
        enum init_kind init;
        int inner, last; /* rank of H_1, W_1 .. W_{L-1}, and of W_L */
    } expected[] = {{INIT_DNC, 10, 10}, {INIT_SRG, 5, 10}, {INIT_CLIQUE, 5, 10}};
    for (int i = 0; i < 3; i++) {
        plant(&bench, expected[i].init, 1);
        assert_int_equal(rank_of(35, 20, bench.parameters.feature), expected[i].inner);
        for (int layer = 1; layer < 5; layer++)
            assert_int_equal(rank_of(35, 35, bench.parameters.weight[layer - 1]),
                             expected[i].inner);
        assert_int_equal(rank_of(10, 35, bench.parameters.weight[4]), expected[i].last);
    }
    arena_release(&bench.arena);
}

static int rows_used(const struct factors *factors, int layer) {
    int rows = shape_rows(&factors->shape, layer), used = 0;
    for (int i = 0; i < rows; i++)
        used += factors->weight[layer - 1][i] != 0; /* column 0 */
    return used;
}

/* One last hidden neuron for each edge, or for each clique of the order reported. */
static void last_hidden_layer_has_a_neuron_a_clique(void **state) {
    (void)state;
    struct problem problem = problem_make((struct shape){4, 25, 10, 1, 0}, 0.004, EQUAL);
    struct bench bench;
    bench_open(&bench, &problem);
    plant(&bench, INIT_SRG, 1);
    assert_int_equal(rows_used(&bench.parameters, 3), 10);
    arena_release(&bench.arena);
    problem =
        problem_make((struct shape){3, 40, 21, 1, 0}, 0.001, EQUAL); /* C(7,3) = 35 */
    bench_open(&bench, &problem);
    plant(&bench, INIT_CLIQUE, 1);
    assert_int_equal(rows_used(&bench.parameters, 2), 35);
    arena_release(&bench.arena);
}

/* Past the ridge there is no optimum, yet the start is there: nonzero, same structure. */
static void starts_exist_without_a_branch(void **state) {
    (void)state;
    static const enum init_kind init[] = {INIT_DNC, INIT_SRG, INIT_CLIQUE};
    struct problem problem = problem_make((struct shape){4, 30, 10, 1, 0}, 0.2, EQUAL);
    struct reference reference;
    reference_compute(&problem, &reference);
    assert_true(is_nan(reference.loss_dnc) && is_nan(reference.loss_srg));
    assert_true(is_nan(reference.loss_srg_relaxed) && is_nan(reference.loss_mixture));
    assert_true(is_nan(reference.loss_srg_clique));
    assert_int_equal(reference.clique_order, 0);
    struct bench bench;
    bench_open(&bench, &problem);
    for (int i = 0; i < 3; i++) {
        struct loss_terms terms;
        plant(&bench, init[i], 1);
        model_loss(&bench.model, &bench.parameters, &terms);
        assert_true(terms.fit < 0.4 && terms.total > 0.5);
        assert_int_equal(rank_of(30, 10, bench.parameters.feature), i == 0 ? 10 : 5);
    }
    arena_release(&bench.arena);
}

static void scale_multiplies_every_parameter(void **state) {
    (void)state;
    static const enum init_kind init[] = {INIT_DNC, INIT_SRG, INIT_CLIQUE};
    struct problem problem =
        problem_make((struct shape){4, 30, 10, 2, 0}, 0.004, UNEQUAL);
    size_t count = shape_parameter_count(&problem.shape);
    struct bench bench;
    bench_open(&bench, &problem);
    for (int i = 0; i < 3; i++) {
        plant(&bench, init[i], 1);
        memcpy(bench.gradient.data, bench.parameters.data, count * sizeof(double));
        plant(&bench, init[i], 0.25);
        for (size_t j = 0; j < count; j++)
            assert_true(bench.parameters.data[j] == 0.25 * bench.gradient.data[j]);
    }
    arena_release(&bench.arena);
}

/* Every entry of every tensor gets its own deviate of its own stream. */
static void noise_is_added_to_every_entry(void **state) {
    (void)state;
    struct problem problem = problem_make((struct shape){3, 8, 6, 2, 0}, 0.004, EQUAL);
    struct planting planting = {.init = INIT_SRG, .scale = 1, .key = {3, 6, 3, 8, 2}};
    struct bench bench;
    double deviate[96];
    bench_open(&bench, &problem);
    plant(&bench, INIT_SRG, 1);
    memcpy(bench.gradient.data, bench.parameters.data,
           shape_parameter_count(&problem.shape) * sizeof(double));
    planting.noise = 0.01;
    reference_plant(&problem, &planting, &bench.parameters);
    for (int layer = 0; layer <= 3; layer++) {
        size_t count = layer == 0 ? 96 : layer == 3 ? 48 : 64;
        const double *clean =
            layer == 0 ? bench.gradient.feature : bench.gradient.weight[layer - 1];
        const double *noisy =
            layer == 0 ? bench.parameters.feature : bench.parameters.weight[layer - 1];
        random_normal(&planting.key, RANDOM_TENSOR_NOISE + (uint32_t)layer, deviate,
                      count);
        for (size_t i = 0; i < count; i++)
            assert_true(fabs(noisy[i] - clean[i] - 0.01 * deviate[i]) < 1e-15);
    }
    arena_release(&bench.arena);
}

static void known_values(void **state) {
    (void)state;
    struct problem problem = problem_make((struct shape){4, 0, 10, 1, 0}, 0.004, EQUAL);
    struct reference reference;
    reference_compute(&problem, &reference);
    assert_true(reference.loss_trivial == 0.5);
    assert_close(reference.loss_dnc, 0.0991798746, 1e-9);
    assert_close(reference.loss_srg, 0.0894708949, 1e-9);
    assert_close(reference.loss_srg_relaxed, 0.0875722646, 1e-9);
    assert_close(reference.loss_srg_clique, 0.0809113, 1e-6);
    assert_int_equal(reference.clique_order, 3);
    assert_true(is_nan(reference.loss_low_rank));
    assert_close(reference.kappa_ratio, 0.04 / pow(27.0 / 65536, 0.2), 1e-14);
}

/* n acts through n lambda_H alone; lambda_H and the lambda of W_1 are interchangeable. */
static void symmetries_of_the_losses(void **state) {
    (void)state;
    struct problem one = problem_make((struct shape){5, 0, 15, 4, 0}, 0.001, UNEQUAL);
    struct problem other = one;
    other.shape.samples = 1;
    other.lambda_h = one.lambdas[0];
    other.lambdas[0] = 4 * one.lambda_h;
    struct reference a, b;
    reference_compute(&one, &a);
    reference_compute(&other, &b);
    assert_close(a.loss_dnc, b.loss_dnc, 1e-14);
    assert_close(a.loss_srg, b.loss_srg, 1e-14);
    assert_close(a.loss_srg_relaxed, b.loss_srg_relaxed, 1e-13);
    assert_close(a.loss_srg_clique, b.loss_srg_clique, 1e-13);
}

static void existence(void **state) {
    (void)state;
    static const struct {
        struct shape shape; /* L, d, K, n; d = 0: no limit */
        enum activation_kind activation;
        double lambda;
        bool dnc, srg;
    } table[] = {
        {{4, 10, 10, 1, 0}, ACTIVATION_RELU, 0.001, true, true},
        {{4, 9, 10, 1, 0}, ACTIVATION_RELU, 0.001, false, false},
        {{3, 0, 6, 1, 0}, ACTIVATION_RELU, 0.001, true, true},
        {{2, 0, 6, 1, 0}, ACTIVATION_RELU, 0.001, true, false},
        {{3, 0, 3, 1, 0}, ACTIVATION_RELU, 0.001, true, false},
        {{3, 0, 11, 1, 0}, ACTIVATION_RELU, 0.001, true, false},
        {{3, 0, 6, 1, 0}, ACTIVATION_LINEAR, 0.001, true, false},
        {{1, 0, 1, 1, 0}, ACTIVATION_RELU, 0.001, true, false},
        {{4, 0, 10, 1, 0}, ACTIVATION_RELU, 0, false, false},
        {{4, 0, 10, 1, 0}, ACTIVATION_RELU, -1, false, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct problem problem = problem_make(table[i].shape, table[i].lambda, EQUAL);
        problem.activation = table[i].activation;
        struct reference reference;
        const char *why;
        reference_compute(&problem, &reference);
        assert_int_equal(!is_nan(reference.loss_dnc), table[i].dnc);
        assert_int_equal(!is_nan(reference.loss_srg), table[i].srg);
        assert_int_equal(!is_nan(reference.loss_srg_relaxed), table[i].srg);
        assert_int_equal(!is_nan(reference.loss_srg_clique), table[i].srg);
        assert_int_equal(!is_nan(reference.rho), table[i].srg);
        assert_int_equal(reference.clique_order != 0, table[i].srg);
        assert_int_equal(reference_can_plant(INIT_DNC, &problem, &why), table[i].dnc);
        assert_int_equal(why == NULL, table[i].dnc);
        assert_int_equal(reference_can_plant(INIT_SRG, &problem, &why), table[i].srg);
        assert_int_equal(reference_can_plant(INIT_CLIQUE, &problem, &why), table[i].srg);
        assert_int_equal(why == NULL, table[i].srg);
        assert_false(reference_can_plant(INIT_FAN_IN, &problem, &why));
    }
}

static void graph_order_of_triangular_numbers(void **state) {
    (void)state;
    int found = 0;
    for (int classes = 1; classes <= 5000; classes++) {
        int order = reference_graph_order(classes);
        if (order == 0) continue;
        found++;
        assert_int_equal(order, found + 3);
        assert_int_equal(classes, order * (order - 1) / 2);
    }
    assert_int_equal(found, 97); /* r = 4 .. 100 */
}

/* A wider layer never hurts; of C(8,m) = 28, 56, 70, 56, 28, 8 for m = 2..7. */
static void clique_order_fits_the_width(void **state) {
    (void)state;
    struct problem problem = problem_make((struct shape){4, 0, 28, 1, 0}, 0.0005, EQUAL);
    static const int width[] = {28, 55, 56, 69, 70, 0};
    static const int order[] = {6, 6, 5, 5, 4, 4};
    double last = INFINITY;
    for (size_t i = 0; i < sizeof width / sizeof *width; i++) {
        struct reference reference;
        problem.shape.width = width[i];
        reference_compute(&problem, &reference);
        assert_true(reference.loss_srg_clique <= last);
        last = reference.loss_srg_clique;
        assert_int_equal(reference.clique_order, order[i]);
        assert_true(reference.loss_srg_clique <= reference.loss_srg);
        assert_true(reference.loss_srg_relaxed <= reference.loss_srg);
    }
}

/* Squared singular values of the clique-edge inclusion matrix, built by hand. */
static void clique_spectrum_is_that_of_the_inclusion_matrix(void **state) {
    (void)state;
    enum { ORDER = 6, CLASSES = 15 };
    for (int size = 2; size < ORDER; size++) {
        double inclusion[20 * CLASSES] = {0}, value[CLASSES], expected[3];
        int cliques = 0, rows = (int)srg_binomial(ORDER, size);
        for (unsigned set = 0; set < 1u << ORDER; set++) {
            if (__builtin_popcount(set) != size) continue;
            int edge = 0;
            for (int a = 0; a < ORDER; a++)
                for (int b = a + 1; b < ORDER; b++, edge++)
                    inclusion[cliques + rows * edge] = (set >> a & 1) && (set >> b & 1);
            cliques++;
        }
        assert_int_equal(cliques, rows);
        struct arena arena = {0};
        struct svd svd;
        svd_carve(&svd, rows, CLASSES, &arena);
        assert_int_equal(arena_reserve(&arena), ERROR_NONE);
        svd_carve(&svd, rows, CLASSES, &arena);
        assert_int_equal(svd_values(&svd, rows, CLASSES, inclusion, value), ERROR_NONE);
        arena_release(&arena);
        srg_clique_spectrum(ORDER, size, expected); /* descending; 1, r - 1, K - r */
        for (int i = 0; i < CLASSES && i < rows; i++)
            assert_true(fabs(value[i] * value[i] - expected[i == 0      ? 0
                                                            : i < ORDER ? 1
                                                                        : 2]) < 1e-12);
    }
}

/* Products of many small lambdas underflow; their mean does not. */
static void mean_lambda_of_deep_problems(void **state) {
    (void)state;
    struct problem problem =
        problem_make((struct shape){DEPTH_MAX, 0, 10, 1, 0}, 0x1p-30, EQUAL);
    assert_true(reference_lambda_mean(&problem) == 0x1p-30);
    struct reference reference;
    reference_compute(&problem, &reference);
    assert_true(reference.loss_dnc > 0 && reference.loss_dnc < 1e-6);
    assert_true(reference.loss_srg_relaxed > 0 && reference.loss_srg_relaxed < 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_loss_is_the_reference),
        cmocka_unit_test(planted_factors_are_balanced),
        cmocka_unit_test(dnc_is_stationary),
        cmocka_unit_test(ranks_are_those_of_the_structure),
        cmocka_unit_test(last_hidden_layer_has_a_neuron_a_clique),
        cmocka_unit_test(starts_exist_without_a_branch),
        cmocka_unit_test(scale_multiplies_every_parameter),
        cmocka_unit_test(noise_is_added_to_every_entry),
        cmocka_unit_test(known_values),
        cmocka_unit_test(symmetries_of_the_losses),
        cmocka_unit_test(existence),
        cmocka_unit_test(graph_order_of_triangular_numbers),
        cmocka_unit_test(clique_order_fits_the_width),
        cmocka_unit_test(clique_spectrum_is_that_of_the_inclusion_matrix),
        cmocka_unit_test(mean_lambda_of_deep_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

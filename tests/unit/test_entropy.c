/* Solutions of the cross-entropy loss against the model itself: planted collapse, linear
 * and behind a ReLU, and pairs of classes laid out by hand, have the losses of the closed forms. */
#include <string.h>

#include "dufm/entropy.h"
#include "dufm/reference.h"
#include "problems.h"

static struct problem linear_problem(struct shape shape, double least) {
    struct problem problem = make_problem(shape, ACTIVATION_LINEAR);
    problem.loss = LOSS_CE;
    problem.lambda_h = least / 2;
    for (int layer = 0; layer < shape.depth; layer++)
        problem.lambdas[layer] = least * (1 + 0.3 * (layer * 2 % 5));
    return problem;
}

static double gradient_norm(struct fixture *fixture) {
    double square = 0;
    model_gradient(&fixture->model, &fixture->parameters, &fixture->gradient);
    for (size_t i = 0; i < shape_parameter_count(&fixture->problem.shape); i++)
        square += fixture->gradient.data[i] * fixture->gradient.data[i];
    return sqrt(square);
}

/* The parameters are stationary, balanced, and have that loss. */
static void check_solution(struct fixture *fixture, double loss) {
    struct loss_terms terms;
    model_loss(&fixture->model, &fixture->parameters, &terms);
    assert_near(terms.total, loss, 1e-12 * loss);
    for (int layer = 0; layer < fixture->problem.shape.depth; layer++)
        assert_near(terms.weight_regularization[layer] / terms.feature_regularization, 1,
                    1e-12);
    assert_true(gradient_norm(fixture) < 1e-13);
    assert_true(terms.fit < 0.9 * terms.total);
}

static const struct shape shapes[] = {/* L, d, K, n */
                                      {1, 4, 4, 2, 0},  {2, 3, 4, 1, 0},
                                      {2, 9, 10, 5, 0}, {3, 12, 6, 3, 0},
                                      {4, 12, 8, 1, 0}, {7, 5, 6, 2, 0}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void check_planted(enum activation_kind activation, const struct shape *at,
                          int count) {
    for (int i = 0; i < count; i++) {
        struct problem problem = linear_problem(at[i], 0.0005);
        struct planting planting = {.init = INIT_DNC, .scale = 1};
        struct reference reference;
        struct fixture fixture;
        const char *why;
        problem.activation = activation;
        fixture_set_up(&fixture, &problem, 1.0);
        reference_compute(&problem, &reference);
        assert_true(reference_can_plant(INIT_DNC, &problem, &why));
        reference_plant(&problem, &planting, &fixture.parameters);
        check_solution(&fixture, reference.loss_dnc);
        fixture_tear_down(&fixture);
    }
}

static void test_planted_simplex(void **state) {
    (void)state;
    check_planted(ACTIVATION_LINEAR, shapes, SHAPES);
}

/* At L = 1 no ReLU acts: the simplex fits a width of K - 1. */
static void test_planted_behind_relu(void **state) {
    (void)state;
    static const struct shape at[] = {/* L, d, K, n */
                                      {1, 3, 4, 2, 0},   {2, 4, 4, 1, 0},
                                      {2, 12, 10, 5, 0}, {3, 12, 6, 3, 0},
                                      {4, 12, 8, 1, 0},  {7, 6, 6, 2, 0}};
    check_planted(ACTIVATION_RELU, at, sizeof at / sizeof *at);
}

/* Points behind ReLUs that keep the symmetry of the classes: the features of hidden layer
 * l have eigenvalue p on what sums to 0 and q >= p on the constant vector. Where q = p, so
 * that entries off the diagonal may have been below 0, those before the ReLU are p + c and
 * p - (K-1) c. */
struct symmetric {
    double p, ratio, c; /* q = ratio p */
};

static double symmetric_loss(const struct problem *problem,
                             const struct symmetric layer[], double a) {
    int depth = problem->shape.depth;
    double K = problem->shape.classes, p = 1, q = 1;
    double loss = log1p((K - 1) * exp(-a));
    for (int l = 2; l <= depth; l++) {
        const struct symmetric *to = &layer[l];
        double rest = to->p + to->c, all = to->p * to->ratio - (K - 1) * to->c;
        loss +=
            l == 2
                ? sqrt(problem->shape.samples * problem->lambda_h * problem->lambdas[0]) *
                      ((K - 1) * rest + fabs(all))
                : problem->lambdas[l - 2] / 2 *
                      ((K - 1) * pow(rest / p, 2) + pow(all / q, 2));
        p = to->p;
        q = to->p * to->ratio;
    }
    return loss + problem->lambdas[depth - 1] / 2 * (K - 1) * pow(a / p, 2);
}

static double uniform(struct random_key *key) {
    double value;
    random_normal(key, 0, &value, 1);
    key->seed++;
    return 0.5 * erfc(value / M_SQRT2);
}

/* The point where all factors are balanced, of features that are multiples of I; returns
 * a. */
static double balance(const struct problem *problem, struct symmetric layer[]) {
    double K = problem->shape.classes, a;
    int depth = problem->shape.depth;
    (void)entropy_dnc(problem, &a);
    double mu = reference_lambda_mean(problem) *
                pow(pow(K, depth) * (K - 1) * a * a, 1.0 / (depth + 1));
    double first =
        problem->shape.samples * problem->lambda_h * problem->lambdas[0]; /* squared */
    for (int l = 2; l <= depth; l++)
        layer[l] = (struct symmetric){
            l == 2 ? mu / (K * sqrt(first))
                   : layer[l - 1].p * sqrt(mu / (K * problem->lambdas[l - 2])),
            1, 0};
    return a;
}

/* The loss of a random point about the balanced one, near or far: other scales, some
 * layers with a mean, some with entries below 0 before the ReLU. */
static double draw_symmetric(const struct problem *problem, struct random_key *key) {
    struct symmetric layer[8];
    double far = pow(10, -3 * uniform(key)), a = balance(problem, layer);
    for (int l = 2; l <= problem->shape.depth; l++) {
        double kind = uniform(key);
        layer[l].p *= exp(far * (2 * uniform(key) - 1));
        if (kind < 0.4) layer[l].ratio += far * uniform(key);
        if (kind > 0.6) layer[l].c = layer[l].p * far * uniform(key);
    }
    return symmetric_loss(problem, layer, a * exp(far * (2 * uniform(key) - 1)));
}

static void test_relu_is_least_of_its_symmetry(void **state) {
    (void)state;
    static const struct shape at[] = {{2, 0, 5, 1, 0}, {3, 0, 4, 2, 0}, {5, 0, 10, 3, 0}};
    for (int i = 0; i < 3; i++) {
        struct problem problem = linear_problem(at[i], 0.002);
        problem.activation = ACTIVATION_RELU;
        struct random_key key = {.seed = 1};
        struct symmetric layer[8];
        double a = balance(&problem, layer), least = entropy_dnc(&problem, &a);
        double nearest = INFINITY;
        assert_near(symmetric_loss(&problem, layer, a), least, 1e-12);
        for (int j = 0; j < 30000; j++)
            nearest = fmin(nearest, draw_symmetric(&problem, &key));
        assert_true(nearest >= least * (1 - 1e-14));
        assert_true(nearest < 1.00001 * least);
    }
}

/* Column k of the K x K/2 matrix whose entries are 1, -1 over sqrt 2 in rows 2k, 2k+1. */
static double pair_entry(int row, int column) {
    return row / 2 == column ? (row % 2 == 0 ? M_SQRT1_2 : -M_SQRT1_2) : 0;
}

/* Balanced factors of Z = b blockdiag([1, -1; -1, 1]): every one has K/2 singular values
 * whose squares are lbar (2b)^(2/(L+1)) over its own lambda. */
static void lay_pairs(struct fixture *fixture, double b) {
    const struct problem *problem = &fixture->problem;
    const struct shape *shape = &problem->shape;
    struct factors *to = &fixture->parameters;
    double square = reference_lambda_mean(problem) * pow(2 * b, 2.0 / (shape->depth + 1));
    memset(to->data, 0, shape_parameter_count(shape) * sizeof(double));
    for (int i = 0; i < shape->classes / 2; i++) {
        for (int j = 0; j < shape_sample_count(shape); j++)
            to->feature[i + j * shape->width] =
                sqrt(square / (problem->lambda_h * shape->samples)) *
                pair_entry(j / shape->samples, i);
        for (int layer = 1; layer < shape->depth; layer++)
            to->weight[layer - 1][i + i * shape->width] =
                sqrt(square / problem->lambdas[layer - 1]);
        for (int k = 0; k < shape->classes; k++)
            to->weight[shape->depth - 1][k + i * shape->classes] =
                sqrt(square / problem->lambdas[shape->depth - 1]) * pair_entry(k, i);
    }
}

static void test_pairs_of_classes(void **state) {
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        struct problem problem = linear_problem(shapes[i], 0.0005);
        struct reference reference;
        struct fixture fixture;
        double b;
        fixture_set_up(&fixture, &problem, 1.0);
        reference_compute(&problem, &reference);
        assert_true(entropy_low_rank(&problem, &b) == reference.loss_low_rank);
        lay_pairs(&fixture, b);
        check_solution(&fixture, reference.loss_low_rank);
        fixture_tear_down(&fixture);
    }
}

/* Two classes are one pair. */
static void test_two_classes(void **state) {
    (void)state;
    for (int depth = 1; depth < 6; depth++) {
        struct problem problem = linear_problem((struct shape){depth, 1, 2, 3, 0}, 0.01);
        double a, b, dnc = entropy_dnc(&problem, &a);
        assert_near(entropy_low_rank(&problem, &b), dnc, 1e-15);
        assert_near(2 * b, a, 1e-12);
    }
}

/* Four classes, two layers: the only crossing. On its two sides the two losses change
 * places; n is part of the weight. */
static void test_crossing(void **state) {
    (void)state;
    for (int depth = 1; depth <= 9; depth++)
        for (int classes = 2; classes <= 60; classes += 2)
            assert_int_equal(isnan(entropy_crossing(classes, depth)),
                             classes != 4 || depth != 2);
    for (int samples = 1; samples <= 8; samples += 7) {
        struct problem problem = linear_problem((struct shape){2, 0, 4, samples, 0}, 1);
        double lambda = reference_crossing_lambda(&problem);
        for (int side = -1; side <= 1; side += 2) {
            struct reference reference;
            for (int layer = 0; layer < 2; layer++)
                problem.lambdas[layer] = lambda * (1 + 1e-6 * side);
            problem.lambda_h = problem.lambdas[0];
            reference_compute(&problem, &reference);
            assert_int_equal(reference.loss_low_rank<reference.loss_dnc, side> 0);
            assert_near(reference.loss_low_rank, reference.loss_dnc, 1e-6);
            assert_int_equal(reference_dnc_is_beaten(&problem, &reference), side > 0);
        }
    }
    struct problem narrow = linear_problem((struct shape){2, 2, 4, 1, 0}, 0.01);
    assert_true(isnan(reference_crossing_lambda(&narrow)));
}

/* As lambda grows, the minimum rises, past log K where it starts as a ridge, and goes. */
static void test_branch_ends(void **state) {
    (void)state;
    for (int depth = 1; depth < 6; depth++) {
        double last = 0, a = 0;
        bool above = false;
        struct problem problem = linear_problem((struct shape){depth, 9, 5, 1, 0}, 1e-4);
        for (double lambda = 1e-4;; lambda *= 1.01) {
            for (int layer = 0; layer < depth; layer++)
                problem.lambdas[layer] = lambda;
            problem.lambda_h = lambda;
            double loss = entropy_dnc(&problem, &a);
            if (isnan(loss)) break;
            assert_true(loss > last && a > 0);
            last = loss;
            above = above || loss > log(5);
        }
        assert_int_equal(above, depth > 1);
        assert_true(depth == 1 ? a == 0 : a > 0.1); /* the ridge */
        assert_true(last > 0.9 * log(5));
    }
}

/* Far from 1, nothing overflows. */
static void test_extreme_lambdas(void **state) {
    (void)state;
    for (int depth = 1; depth <= DEPTH_MAX; depth *= 4)
        for (int power = -300; power <= 300; power += 50) {
            struct problem problem =
                linear_problem((struct shape){depth, 0, 10, 4, 0}, pow(10, power));
            double a, b, dnc = entropy_dnc(&problem, &a),
                         low_rank = entropy_low_rank(&problem, &b);
            assert_int_equal(isfinite(dnc), power < 0);
            assert_int_equal(isfinite(low_rank), power < 0);
            assert_true(isfinite(a) && isfinite(b));
        }
}

static void test_existence(void **state) {
    (void)state;
    const struct {
        struct shape shape;
        bool relu, dnc, bound, low_rank, beaten;
    } table[] = {
        {{3, 0, 4, 1, 0}, false, true, false, true, true},
        {{3, 0, 3, 1, 0}, false, true, false, false, false},
        {{2, 0, 5, 1, 0}, false, true, false, false, false},
        {{2, 0, 6, 1, 0}, false, true, false, true, true},
        {{1, 0, 6, 1, 0}, false, true, false, true, false},
        {{2, 5, 6, 1, 0}, false, true, false, true, true},
        {{2, 4, 6, 1, 0}, false, false, false, true, true},
        {{2, 2, 6, 1, 0}, false, false, false, false, true},
        {{3, 0, 4, 1, 0}, true, true, true, false, false},
        {{3, 4, 4, 1, 0}, true, true, true, false, false},
        {{3, 3, 4, 1, 0}, true, false, false, false, false},
        {{1, 3, 4, 1, 0}, true, true, true, true, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct problem problem = linear_problem(table[i].shape, 0.001);
        struct reference reference;
        const char *why;
        if (table[i].relu) problem.activation = ACTIVATION_RELU;
        reference_compute(&problem, &reference);
        assert_true(reference.loss_trivial == log(table[i].shape.classes));
        assert_int_equal(!isnan(reference.loss_dnc), table[i].dnc);
        assert_int_equal(!isnan(reference.loss_dnc_bound), table[i].bound);
        assert_int_equal(!isnan(reference.loss_low_rank), table[i].low_rank);
        assert_int_equal(reference_dnc_is_beaten(&problem, &reference), table[i].beaten);
        assert_int_equal(reference_can_plant(INIT_DNC, &problem, &why), table[i].dnc);
        assert_int_equal(why == NULL, table[i].dnc);
        assert_false(reference_can_plant(INIT_SRG, &problem, &why));
        assert_string_equal(why, "the mse loss");
    }
}

/* Of unbalanced classes only the trivial solution is known. */
static void test_unbalanced_classes(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct problem problem = linear_problem((struct shape){3, 20, 6, 5, 2}, 0.001);
        problem.loss = i % 2 == 0 ? LOSS_MSE : LOSS_CE;
        problem.activation = i / 2 == 0 ? ACTIVATION_RELU : ACTIVATION_LINEAR;
        struct reference reference;
        const char *why;
        reference_compute(&problem, &reference);
        assert_true(reference.loss_trivial == (i % 2 == 0 ? 0.5 : log(6)));
        const double rest[] = {reference.loss_dnc,
                               reference.loss_dnc_bound,
                               reference.loss_srg,
                               reference.loss_srg_relaxed,
                               reference.loss_srg_clique,
                               reference.loss_low_rank,
                               reference.rho,
                               reference.kappa_ratio};
        for (int j = 0; j < 8; j++)
            assert_true(isnan(rest[j]));
        assert_int_equal(reference.clique_order, 0);
        assert_false(reference_can_plant(INIT_DNC, &problem, &why));
        assert_string_equal(why, "as many samples in every class");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted_simplex),
        cmocka_unit_test(test_planted_behind_relu),
        cmocka_unit_test(test_relu_is_least_of_its_symmetry),
        cmocka_unit_test(test_pairs_of_classes),
        cmocka_unit_test(test_two_classes),
        cmocka_unit_test(test_crossing),
        cmocka_unit_test(test_branch_ends),
        cmocka_unit_test(test_extreme_lambdas),
        cmocka_unit_test(test_existence),
        cmocka_unit_test(test_unbalanced_classes),
    };
    return cmocka_run_group_tests_name("entropy", tests, NULL, NULL);
}

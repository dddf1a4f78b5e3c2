/* The Hessian's products: central differences of the gradient, symmetry, the convention at
 * kinks. */
#include <string.h>

#include "dufm/blas.h"
#include "dufm/hessian.h"
#include "dufm/loss.h"
#include "problems.h"

/* A fixture with the Hessian at its parameters and two directions. */
struct bench {
    struct fixture fixture;
    struct hessian hessian;
    struct factors one, other, product;
    struct arena arena;
};

static void carve(struct bench *bench) {
    const struct problem *problem = &bench->fixture.problem;
    struct factors *blocks[] = {&bench->one, &bench->other, &bench->product};
    for (int i = 0; i < 3; i++)
        factors_view(blocks[i], &problem->shape,
                     arena_take(&bench->arena, shape_parameter_count(&problem->shape),
                                sizeof(double)));
    hessian_carve(&bench->hessian, problem, &bench->arena);
}

static size_t count_of(const struct bench *bench) {
    return shape_parameter_count(&bench->fixture.problem.shape);
}

static void set_up(struct bench *bench, const struct problem *problem) {
    *bench = (struct bench){.arena = {0}};
    fixture_set_up(&bench->fixture, problem, 1.3);
    carve(bench);
    assert_ok(arena_reserve(&bench->arena));
    carve(bench);
    struct random_key key = {.seed = 11};
    random_normal(&key, 1, bench->one.data, count_of(bench));
    random_normal(&key, 2, bench->other.data, count_of(bench));
    hessian_stand(&bench->hessian, &bench->fixture.model, &bench->fixture.parameters);
}

static void tear_down(struct bench *bench) {
    arena_release(&bench->arena);
    fixture_tear_down(&bench->fixture);
}

/* Depths, samples, losses and activations; unequal lambdas, unequal classes. */
enum { PROBLEMS = 3 * 3 * 2 * 2 };

static struct problem problem_number(int i) {
    static const int depths[] = {1, 2, 5};
    static const int samples[][2] = {{1, 0}, {3, 0}, {4, 2}};
    struct shape shape = {depths[i / 12], 7, 4, samples[i / 4 % 3][0],
                          samples[i / 4 % 3][1]};
    struct problem problem =
        make_problem(shape, i % 2 == 0 ? ACTIVATION_RELU : ACTIVATION_LINEAR);
    problem.loss = i / 2 % 2 == 0 ? LOSS_MSE : LOSS_CE;
    return problem;
}

/* (g(x + h v) - g(x - h v)) / 2h, into `out`; the parameters come back to their bits. */
static void difference_quotient(struct bench *bench, double step, double *out) {
    struct fixture *fixture = &bench->fixture;
    size_t count = count_of(bench);
    double *x = fixture->parameters.data;
    memcpy(fixture->other.data, x, count * sizeof *x);
    for (int side = 0; side < 2; side++) {
        memcpy(x, fixture->other.data, count * sizeof *x);
        blas_add(side == 0 ? step : -step, bench->one.data, x, count);
        model_gradient(&fixture->model, &fixture->parameters, &fixture->gradient);
        if (side == 0) memset(out, 0, count * sizeof *out);
        blas_add(side == 0 ? 0.5 / step : -0.5 / step, fixture->gradient.data, out,
                 count);
    }
    memcpy(x, fixture->other.data, count * sizeof *x);
}

/* Away from kinks: random parameters have none within the step. */
static void test_differences_of_the_gradient(void **state) {
    (void)state;
    for (int i = 0; i < PROBLEMS; i++) {
        struct problem problem = problem_number(i);
        struct bench bench;
        set_up(&bench, &problem);
        hessian_apply(&bench.hessian, &bench.one, &bench.product);
        double norm = sqrt(blas_square_sum(bench.product.data, count_of(&bench)));
        difference_quotient(&bench, 1e-6, bench.other.data);
        blas_add(-1.0, bench.product.data, bench.other.data, count_of(&bench));
        double error = sqrt(blas_square_sum(bench.other.data, count_of(&bench)));
        assert_near(error / norm, 0.0, 1e-7);
        tear_down(&bench);
    }
}

/* u . H v = v . H u */
static void test_symmetry(void **state) {
    (void)state;
    for (int i = 0; i < PROBLEMS; i++) {
        struct problem problem = problem_number(i);
        struct bench bench;
        set_up(&bench, &problem);
        size_t count = count_of(&bench);
        hessian_apply(&bench.hessian, &bench.one, &bench.product);
        double left = blas_dot(bench.other.data, bench.product.data, count);
        hessian_apply(&bench.hessian, &bench.other, &bench.product);
        double right = blas_dot(bench.one.data, bench.product.data, count);
        double scale = sqrt(blas_square_sum(bench.one.data, count) *
                            blas_square_sum(bench.product.data, count));
        assert_near(left, right, 1e-13 * scale);
        tear_down(&bench);
    }
}

/* All parameters 0: lambda v, and nothing of the fit from L = 2 on. */
static void test_trivial_point(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 5, 3, 2, 0}, ACTIVATION_RELU);
    struct bench bench;
    set_up(&bench, &problem);
    memset(bench.fixture.parameters.data, 0, count_of(&bench) * sizeof(double));
    hessian_stand(&bench.hessian, &bench.fixture.model, &bench.fixture.parameters);
    hessian_apply(&bench.hessian, &bench.one, &bench.product);
    for (int i = 0; i < 5 * 6; i++)
        assert_near(bench.product.feature[i], 0.013 * bench.one.feature[i], 1e-16);
    for (int i = 0; i < 3 * 5; i++)
        assert_near(bench.product.weight[2][i], 0.010 * bench.one.weight[2][i], 1e-16);
    tear_down(&bench);
}

/* One sample, one unit a layer, at the kink w1 h = 0: the unit counts as off, and the
 * Hessian is lambda on every parameter. */
static void test_the_side_of_a_kink(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){2, 1, 1, 1, 0}, ACTIVATION_RELU);
    struct bench bench;
    set_up(&bench, &problem);
    bench.fixture.parameters.feature[0] = 0.0;
    hessian_stand(&bench.hessian, &bench.fixture.model, &bench.fixture.parameters);
    hessian_apply(&bench.hessian, &bench.one, &bench.product);
    assert_near(bench.product.feature[0], 0.013 * bench.one.feature[0], 1e-16);
    assert_near(bench.product.weight[0][0], 0.004 * bench.one.weight[0][0], 1e-16);
    assert_near(bench.product.weight[1][0], 0.007 * bench.one.weight[1][0], 1e-16);
    tear_down(&bench);
}

/* p (1 - p) where the rest of the columns' probability is far below 1's last digit. */
static void test_cross_entropy_that_is_nearly_sure(void **state) {
    (void)state;
    struct shape shape = {1, 2, 2, 1, 0};
    double z[4] = {40, 0, 0, 40}, change[4] = {1, 0, 0, 0};
    loss_residual(LOSS_CE, &shape, z);
    loss_residual_change(LOSS_CE, &shape, z, change);
    assert_close(change[0], 0.5 * exp(-40), 1e-14);
    assert_close(change[1], -0.5 * exp(-40), 1e-14);
    assert_true(change[2] == 0 && change[3] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences_of_the_gradient),
        cmocka_unit_test(test_symmetry),
        cmocka_unit_test(test_trivial_point),
        cmocka_unit_test(test_the_side_of_a_kink),
        cmocka_unit_test(test_cross_entropy_that_is_nearly_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

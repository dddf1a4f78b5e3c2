/* What says how firm an ending is: likeness of two endings, sharpness of an optimizer, ends of
 * the spectrum at known places. */
#include <string.h>

#include "dufm/curvature.h"
#include "dufm/likeness.h"
#include "dufm/vector.h"
#include "problems.h"

enum { WIDTH = 6, CLASSES = 4 };

struct bench {
    struct fixture fixture;
    struct likeness likeness;
    struct curvature curvature;
    struct arena arena;
};

static void carve(struct bench *bench, int steps) {
    const struct problem *problem = &bench->fixture.problem;
    likeness_carve(&bench->likeness, &problem->shape, &bench->arena);
    curvature_carve(&bench->curvature, problem, &bench->arena);
    curvature_carve_basis(&bench->curvature, &problem->shape, steps, &bench->arena);
}

static void set_up(struct bench *bench, int depth, int samples) {
    struct problem problem =
        make_problem((struct shape){depth, WIDTH, CLASSES, samples, 0}, ACTIVATION_RELU);
    *bench = (struct bench){.arena = {0}};
    fixture_set_up(&bench->fixture, &problem, 1.3);
    carve(bench, 400);
    assert_ok(arena_reserve(&bench->arena));
    carve(bench, 400);
}

static void tear_down(struct bench *bench) {
    arena_release(&bench->arena);
    fixture_tear_down(&bench->fixture);
}

static void keep(struct bench *bench) {
    model_forward(&bench->fixture.model, &bench->fixture.parameters);
    likeness_keep(&bench->likeness, &bench->fixture.model, &bench->fixture.parameters);
}

static double distance(struct bench *bench) {
    model_forward(&bench->fixture.model, &bench->fixture.parameters);
    return likeness_distance(&bench->likeness, &bench->fixture.model,
                             &bench->fixture.parameters);
}

/* Neurons of H_2 in another order: rows of W_1 and columns of W_2 go round. */
static void reorder_neurons(struct factors *parameters) {
    double *first = parameters->weight[0], *second = parameters->weight[1];
    size_t rows = (size_t)shape_rows(&parameters->shape, 2);
    double kept[WIDTH], column[WIDTH];
    for (int j = 0; j < WIDTH; j++)
        kept[j] = first[j * WIDTH];
    memcpy(column, second, rows * sizeof *second);
    for (int i = 0; i + 1 < WIDTH; i++) {
        for (int j = 0; j < WIDTH; j++)
            first[j * WIDTH + i] = first[j * WIDTH + i + 1];
        memcpy(second + (size_t)i * rows, second + (size_t)(i + 1) * rows,
               rows * sizeof *second);
    }
    for (int j = 0; j < WIDTH; j++)
        first[j * WIDTH + WIDTH - 1] = kept[j];
    memcpy(second + (WIDTH - 1) * rows, column, rows * sizeof *second);
}

/* Order of neurons and size do not count; what else changes does. */
static void test_likeness(void **state) {
    (void)state;
    for (int depth = 2; depth <= 4; depth++) {
        struct bench bench;
        set_up(&bench, depth, depth == 3 ? 1 : 3);
        struct factors *parameters = &bench.fixture.parameters;
        keep(&bench);
        assert_true(distance(&bench) == 0.0);
        reorder_neurons(parameters);
        assert_near(distance(&bench), 0.0, 1e-14);
        vector_scale(1.7, parameters->weight[0], WIDTH * WIDTH);
        assert_near(distance(&bench), 0.0, 1e-14);
        parameters->feature[3] += 1.0;
        double moved = distance(&bench);
        assert_true(moved > 1e-3 && moved < sqrt(2));
        memset(parameters->weight[0], 0, WIDTH * WIDTH * sizeof(double));
        assert_true(is_nan(distance(&bench)));
        tear_down(&bench);
    }
}

/* By hand, of the only layer: class means e_1, e_2, ... and all of them e_1. */
static void test_likeness_by_hand(void **state) {
    (void)state;
    struct bench bench;
    set_up(&bench, 1, 1);
    double *feature = bench.fixture.parameters.feature;
    memset(feature, 0, WIDTH * CLASSES * sizeof *feature);
    for (int k = 0; k < CLASSES; k++)
        feature[k * WIDTH + k] = 3.0;
    keep(&bench);
    memset(feature, 0, WIDTH * CLASSES * sizeof *feature);
    for (int k = 0; k < CLASSES; k++)
        feature[k * WIDTH] = 2.0;
    /* |I/2 - 11^T/4|_F^2 = 4 (1/4)^2 + 12 (1/4)^2 = 1 */
    assert_near(distance(&bench), 1.0, 1e-14);
    tear_down(&bench);
}

static void test_sharpness(void **state) {
    (void)state;
    struct point point = {.optimizer = OPTIMIZER_GD, .learning_rate = 0.5};
    assert_near(curvature_sharpness(&point, 4.0), 1.0, 0);
    point.optimizer = OPTIMIZER_MOMENTUM;
    point.momentum = 0.5;
    assert_near(curvature_sharpness(&point, 6.0), 1.0, 0);
    point.optimizer = OPTIMIZER_ADAM;
    assert_true(is_nan(curvature_sharpness(&point, 6.0)));
    point.optimizer = OPTIMIZER_LBFGS;
    assert_true(is_nan(curvature_sharpness(&point, 6.0)));
}

/* At 0 the Hessian is lambda on each factor: the ends are the largest and the smallest. */
static void test_curvatures_where_all_is_zero(void **state) {
    (void)state;
    struct point point = {.optimizer = OPTIMIZER_GD, .learning_rate = 0.5, .classes = 4};
    struct firmness firmness;
    struct bench bench;
    set_up(&bench, 3, 2);
    memset(bench.fixture.parameters.data, 0,
           shape_parameter_count(&bench.fixture.problem.shape) * sizeof(double));
    struct curvature_site site = {.model = &bench.fixture.model,
                                  .parameters = &bench.fixture.parameters,
                                  .point = &point};
    assert_ok(curvature_measure(&bench.curvature, &site, &firmness));
    assert_near(firmness.curvature_max, 0.013, 1e-15);
    assert_near(firmness.curvature_min, 0.004, 1e-15);
    assert_near(firmness.sharpness, 0.013 * 0.25, 1e-15);
    assert_int_equal(firmness.curvature_steps, 4); /* lambda_H and three lambdas */
    assert_true(firmness.curvature_residual_max > 0);
    assert_true(firmness.curvature_residual_max < 1e-12);
    tear_down(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_likeness),
        cmocka_unit_test(test_likeness_by_hand),
        cmocka_unit_test(test_sharpness),
        cmocka_unit_test(test_curvatures_where_all_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

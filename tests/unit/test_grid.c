/* Numbering of points, kinds of points, and the exact values that generators make. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dufm/sweep.h"

static struct sweep *parse(const char *text) {
    struct sweep *sweep = NULL;
    assert_ok(sweep_parse("test.yaml", text, strlen(text), &sweep));
    return sweep;
}

static const char product[] = "grid:\n"
                              "  depth: [4, 3]\n"
                              "  width: [16, 24, 32]\n"
                              "  lambda: {log2: [-9, -8]}\n"
                              "  seed: {range: [5, 9]}\n"
                              "point: {classes: 6, samples: 2}\n";

/* The last axis runs fastest; a point is made from its number alone. */
static void numbers_follow_nested_loops(void **state) {
    (void)state;
    static const int depths[] = {4, 3}, widths[] = {16, 24, 32};
    struct sweep *sweep = parse(product);
    assert_int_equal(grid_count(sweep), 2 * 3 * 2 * 5);
    uint64_t index = 0;
    for (int d = 0; d < 2; d++)
        for (int w = 0; w < 3; w++)
            for (int l = -9; l <= -8; l++)
                for (int seed = 5; seed <= 9; seed++) {
                    struct point point;
                    grid_point(sweep, index++, &point);
                    assert_int_equal(point.depth, depths[d]);
                    assert_int_equal(point.width, widths[w]);
                    assert_true(point.lambda == ldexp(1, l));
                    assert_true(point.lambdas[point.depth - 1] == ldexp(1, l));
                    assert_int_equal(point.seed, seed);
                    assert_int_equal(point.classes, 6);
                    assert_int_equal(point.samples, 2);
                }
    sweep_destroy(&sweep);
    assert_null(sweep);
}

static void random_access_equals_iteration(void **state) {
    (void)state;
    struct sweep *sweep = parse(product);
    uint64_t identities[60];
    struct point point;
    for (uint64_t i = 0; i < 60; i++) {
        grid_point(sweep, i, &point);
        identities[i] = point_identity(&point);
        for (uint64_t j = 0; j < i; j++)
            assert_int_not_equal(identities[j], identities[i]);
    }
    for (uint64_t i = 0, at = 17; i < 60; i++, at = (at + 37) % 60) {
        grid_point(sweep, at, &point);
        assert_int_equal(point_identity(&point), identities[at]);
    }
    sweep_destroy(&sweep);
}

static void kinds_carry_their_points(void **state) {
    (void)state;
    static const char *const names[] = {"width", "depth", "classes", NULL};
    struct sweep *sweep = parse(product);
    struct grid_view view;
    assert_ok(grid_view_create(&sweep->grids[0], names, &view));
    assert_int_equal(view.count, 6);
    for (uint64_t i = 0; i < view.count; i++) {
        struct point seen, same;
        assert_int_equal(grid_view_point(&view, i, &seen), 10);
        grid_point(sweep, i * 10, &same);
        assert_true(point_equals(&seen, &same));
        assert_int_equal(point_identity(&seen), point_identity(&same));
    }
    grid_view_destroy(&view);
    sweep_destroy(&sweep);
}

/* Generators against literals: bit for bit. */
struct generated {
    const char *text; /* of the axis */
    int count;
    double values[8];
};

static const struct generated generators[] = {
    {"lambda: 0.004", 1, {0.004}},
    {"lambda: [1e-3, 0.5, 2]", 3, {1e-3, 0.5, 2}},
    {"lambda: {log2: [-12, -10]}", 3, {0x1p-12, 0x1p-11, 0x1p-10}},
    {"lambda: {log2: [-60, -60]}", 1, {0x1p-60}},
    {"lambda: {log10: [-5, 1]}", 7, {1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10}},
    {"lambda: {linspace: [0.1, 0.7, 7]}", 7, {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7}},
    {"lambda: {linspace: [0.3, 0.1, 3]}", 3, {0.3, 0.2, 0.1}},
    {"lambda: {logspace: [1e-4, 1e-2, 5]}",
     5,
     {1e-4, 0.000316227766017, 1e-3, 0.00316227766017, 1e-2}},
    {"lambda: {from: 0.1, to: 0.3, step: 0.1}", 3, {0.1, 0.2, 0.3}},
    {"lambda: {from: 3, to: 0.7, step: -0.5}", 5, {3, 2.5, 2, 1.5, 1}},
    {"lambda: {from: 0.001, to: 0.01, factor: 3}", 3, {0.001, 0.003, 0.009}},
    {"lambda: {from: 0.1, to: 0.8, factor: 2}", 4, {0.1, 0.2, 0.4, 0.8}},
    {"lambda: {from: 0.8, to: 0.1, factor: 0.5}", 4, {0.8, 0.4, 0.2, 0.1}},
    {"lambda: {range: [1, 3]}", 3, {1, 2, 3}},
    {"samples: {range: [3, 3]}", 1, {3}},
    {"samples: {from: 16, to: 64, factor: 2}", 3, {16, 32, 64}},
    {"samples: {from: 16, to: 54, factor: 1.5}", 4, {16, 24, 36, 54}},
    {"samples: {from: 2, to: 9, step: 3}", 3, {2, 5, 8}},
    {"samples: {log2: [0, 4]}", 5, {1, 2, 4, 8, 16}},
    {"samples: {logspace: [10, 1000, 3]}", 3, {10, 100, 1000}},
    {"samples: [1e3, 2E1, +5, 1.5e1]", 4, {1000, 20, 5, 15}},
    {"seed: {range: [2147483645, 2147483647]}", 3, {2147483645, 2147483646, 2147483647}},
    {"init: [constant, fan_in]", 2, {INIT_CONSTANT, INIT_FAN_IN}},
    {"stop_gradient: [-0.0, .5, 5.]", 3, {0, 0.5, 5}},
};

static void generated_values_are_exact(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof generators / sizeof *generators; i++) {
        const struct generated *want = &generators[i];
        bool lambda = strncmp(want->text, "lambda", 6) == 0;
        char text[256];
        snprintf(text, sizeof text,
                 "grid:\n  %s\npoint: {depth: 3, width: 8, classes: 6%s}", want->text,
                 lambda ? "" : ", lambda: 0.01");
        struct sweep *sweep = parse(text);
        const struct axis *axis = &sweep->grids[0].axes[0];
        assert_int_equal(axis->count, want->count);
        for (int j = 0; j < want->count; j++)
            if (axis_value(axis, (uint64_t)j) != want->values[j])
                fail_msg("%s: value %d is %.17g, expected %.17g", want->text, j,
                         axis_value(axis, (uint64_t)j), want->values[j]);
        sweep_destroy(&sweep);
    }
}

static void long_ranges_take_no_memory(void **state) {
    (void)state;
    struct sweep *sweep =
        parse("grid: {seed: {range: [0, 99999999]}}\n"
              "point: {depth: 3, width: 8, classes: 6, lambda: 0.01}\n");
    struct point point;
    assert_int_equal(grid_count(sweep), 100000000);
    assert_null(sweep->grids[0].axes[0].values);
    grid_point(sweep, 98765432, &point);
    assert_int_equal(point.seed, 98765432);
    sweep_destroy(&sweep);
}

static void lists_of_layers(void **state) {
    (void)state;
    struct sweep *sweep = parse("grid:\n"
                                "  lambdas: [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]\n"
                                "  seed: [4, 2]\n"
                                "point: {depth: 3, width: 8, classes: 6}\n");
    static const double second[] = {0.3, 0.2, 0.1};
    struct point point;
    grid_point(sweep, 3, &point);
    assert_memory_equal(point.lambdas, second, sizeof second);
    assert_true(isnan(point.lambda));
    assert_true(point.lambda_h == 0.3);
    assert_int_equal(point.seed, 2);
    sweep_destroy(&sweep);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_follow_nested_loops),
        cmocka_unit_test(random_access_equals_iteration),
        cmocka_unit_test(kinds_carry_their_points),
        cmocka_unit_test(generated_values_are_exact),
        cmocka_unit_test(long_ranges_take_no_memory),
        cmocka_unit_test(lists_of_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

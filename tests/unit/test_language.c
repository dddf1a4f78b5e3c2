/* Zips, unions, excludes, overrides, repeats, derived parameters: which points there are,
 * and that any of them is found by its number alone. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dufm/given.h"
#include "dufm/sweep.h"

static struct sweep *parse(const char *text) {
    struct sweep *sweep = NULL;
    assert_ok(sweep_parse("test.yaml", text, strlen(text), &sweep));
    return sweep;
}

/* A sweep and its points in order, "depth width classes lambda seed max_steps" each. */
struct points {
    const char *text;
    int count;
    const char *rows[12];
};

static const struct points table[] = {
    {"zip: {depth: [3, 4, 3], width: [16, 32, 32]}\n"
     "point: {classes: 6, lambda: 0.5}\n",
     3,
     {"3 16 6 0.5 0 200000", "4 32 6 0.5 0 200000", "3 32 6 0.5 0 200000"}},
    {"grid: {lambda: [0.5, 0.25], zip: [{depth: [3, 4], classes: {range: [6, 7]}}],\n"
     "       width: [8, 9]}\n",
     8,
     {"3 8 6 0.5 0 200000", "3 9 6 0.5 0 200000", "4 8 7 0.5 0 200000",
      "4 9 7 0.5 0 200000", "3 8 6 0.25 0 200000", "3 9 6 0.25 0 200000",
      "4 8 7 0.25 0 200000", "4 9 7 0.25 0 200000"}},
    {"repeats: 2\ngrid: {depth: [3, 4]}\npoint: {width: 8, classes: 6, lambda: 0.5}\n",
     4,
     {"3 8 6 0.5 0 200000", "3 8 6 0.5 1 200000", "4 8 6 0.5 0 200000",
      "4 8 6 0.5 1 200000"}},
    {"repeats: {count: 2, first: 40}\n"
     "point: {depth: 3, width: 8, classes: 6, lambda: 0.5}\n",
     2,
     {"3 8 6 0.5 40 200000", "3 8 6 0.5 41 200000"}},
    {"grid: {depth: [3, 4], width: [8, 16, 32]}\npoint: {classes: 6, lambda: 0.5}\n"
     "exclude:\n- depth = 3 and width in [16, 32]\n- width = 2 * 16\n",
     3,
     {"3 8 6 0.5 0 200000", "4 8 6 0.5 0 200000", "4 16 6 0.5 0 200000"}},
    {"grid: {depth: [3, 4, 5]}\npoint: {width: 8, classes: 6, lambda: 0.5}\noverride:\n"
     "- {where: depth > 3, set: {max_steps: 100, lambda: 0.25}}\n"
     "- {where: depth > 4 and lambda = 0.5, set: {max_steps: 50}}\n",
     3,
     {"3 8 6 0.5 0 200000", "4 8 6 0.25 0 100", "5 8 6 0.25 0 50"}},
    {"grid: {depth: [3, 4]}\npoint: {width: 8, classes: 6, lambda: 0.5}\n"
     "override: {where: depth = 4, set: {width: 9}}\nexclude: width = 8\n",
     1,
     {"4 9 6 0.5 0 200000"}},
    {"point: {classes: 6, lambda: 0.5}\nunion:\n- grid: {depth: [3, 4], width: [8, 9]}\n"
     "- grid: {width: [9, 10, 8], depth: [4, 5]}\n- zip: {depth: [3, 5], width: [8, 9]}\n"
     "- point: {depth: 4, width: 9, max_steps: 7}\n",
     9,
     {"3 8 6 0.5 0 200000", "3 9 6 0.5 0 200000", "4 8 6 0.5 0 200000",
      "4 9 6 0.5 0 200000", "5 9 6 0.5 0 200000", "4 10 6 0.5 0 200000",
      "5 10 6 0.5 0 200000", "5 8 6 0.5 0 200000", "4 9 6 0.5 0 7"}},
    /* An excluded point of an earlier grid comes back with a later one. */
    {"point: {classes: 6, lambda: 0.5}\nunion:\n"
     "- {grid: {depth: [3, 4], width: [8, 9]}, exclude: depth = 4 and width = 9}\n"
     "- {grid: {depth: [4]}, point: {width: 9}}\n",
     4,
     {"3 8 6 0.5 0 200000", "3 9 6 0.5 0 200000", "4 8 6 0.5 0 200000",
      "4 9 6 0.5 0 200000"}},
    /* The same points in other words: lambdas, derived values, overrides. */
    {"point: {classes: 6, width: 8}\nunion:\n"
     "- {grid: {depth: [3, 4]}, point: {lambda: 0.5}}\n"
     "- {grid: {lambdas: [[0.5, 0.5, 0.5], [0.5, 0.5, 0.25]]}, point: {depth: 3}}\n"
     "- {grid: {depth: [3, 5]}, point: {lambda: 0.25},\n"
     "   override: {where: depth = 3, set: {lambda: 0.5}}}\n"
     "- {grid: {depth: [3, 4]}, point: {lambda: 0.5, horizon: 5e4}}\n",
     4,
     {"3 8 6 0.5 0 200000", "4 8 6 0.5 0 200000", "3 8 6 nan 0 200000",
      "5 8 6 0.25 0 200000"}},
    /* Values that derive the same width make one point. */
    {"grid: {width_per_class: [1, 1.05, 1.5, 2], classes: [6, 10]}\n"
     "point: {depth: 3, lambda: 0.5}\nexclude: width > 15\n",
     6,
     {"3 6 6 0.5 0 200000", "3 10 10 0.5 0 200000", "3 11 10 0.5 0 200000",
      "3 9 6 0.5 0 200000", "3 15 10 0.5 0 200000", "3 12 6 0.5 0 200000"}},
    /* Choices that move with what only one of them looks at. */
    {"zip: {optimizer: [gd, momentum, gd], momentum: [0.9, 0.8, 0.7]}\n"
     "point: {depth: 3, width: 8, classes: 6, lambda: 0.5}\n",
     2,
     {"3 8 6 0.5 0 200000", "3 8 6 0.5 0 200000"}},
    {"grid: {seed: [3, 1, 2], depth: [3, 4]}\nexclude: seed = 1 or seed = 3 and depth = "
     "4\n"
     "point: {width: 8, classes: 6, lambda: 0.5}\n",
     3,
     {"3 8 6 0.5 3 200000", "3 8 6 0.5 2 200000", "4 8 6 0.5 2 200000"}},
};

static void points_are_as_written(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct sweep *sweep = parse(table[i].text);
        if (grid_count(sweep) != (uint64_t)table[i].count)
            fail_msg("%s\n%d points", table[i].text, (int)grid_count(sweep));
        for (int j = table[i].count - 1; j >= 0; j--) {
            struct point point;
            char row[128];
            grid_point(sweep, (uint64_t)j, &point);
            snprintf(row, sizeof row, "%d %d %d %g %d %d", point.depth, point.width,
                     point.classes, point.lambda, point.seed, point.max_steps);
            if (strcmp(row, table[i].rows[j]) != 0)
                fail_msg("%s\npoint %d is %s, expected %s", table[i].text, j, row,
                         table[i].rows[j]);
        }
        sweep_destroy(&sweep);
    }
}

/* Sweeps whose axes, of three kinds in every order, are relevant to a condition or not. */
static void random_access_equals_iteration(void **state) {
    (void)state;
    static const char *const axes[] = {"width: [8, 16, 32, 64]", "seed: {range: [2, 6]}",
                                       "depth: [5, 3, 4]"};
    static const char *const excludes[] = {"width = 16", "seed > 3 and depth = 4",
                                           "width > 3 * depth * seed",
                                           "not (depth = 3 or width = 64 and seed = 6)"};
    for (int order = 0; order < 6; order++)
        for (size_t e = 0; e < sizeof excludes / sizeof *excludes; e++) {
            int first = order / 2, second = (first + 1 + order % 2) % 3;
            char text[512], whole[640];
            snprintf(text, sizeof text,
                     "grid: {%s, %s, %s}\npoint: {classes: 6, lambda: 0.5}\n",
                     axes[first], axes[second], axes[3 - first - second]);
            snprintf(whole, sizeof whole, "%sexclude: %s\n", text, excludes[e]);
            struct sweep *all = parse(text), *some = parse(whole);
            uint64_t next = 0;
            for (uint64_t i = 0; i < grid_count(all); i++) {
                struct point point, found;
                grid_point(all, i, &point);
                bool width = point.width == 16, seed = point.seed > 3;
                bool out[] = {
                    width, seed && point.depth == 4,
                    point.width > 3 * point.depth * point.seed,
                    !(point.depth == 3 || (point.width == 64 && point.seed == 6))};
                if (out[e]) continue;
                assert_true(next < grid_count(some));
                grid_point(some, next++, &found);
                assert_true(point_equals(&point, &found));
            }
            assert_int_equal(next, grid_count(some));
            assert_int_equal(some->grids[0].excluded, grid_count(all) - next);
            sweep_destroy(&all);
            sweep_destroy(&some);
        }
}

/* Kinds count the points that exist, and only those. */
static void kinds_count_what_exists(void **state) {
    (void)state;
    static const char *const names[] = {"depth", NULL};
    struct sweep *sweep =
        parse("grid: {seed: {range: [0, 9]}, depth: [3, 4, 5], width: [8, 16]}\n"
              "point: {classes: 6, lambda: 0.5}\n"
              "exclude: [depth = 3 and seed > 6, depth = 4, seed = 0]\n");
    static const uint64_t expected[] = {12, 0, 18}; /* seeds 1..6, none, 1..9 */
    struct grid_view view;
    assert_ok(grid_view_create(&sweep->grids[0], names, &view));
    assert_int_equal(view.count, 3);
    for (uint64_t i = 0; i < 3; i++) {
        struct point point;
        assert_int_equal(grid_view_point(&view, i, &point), expected[i]);
        assert_int_equal(point.depth, 3 + (int)i);
    }
    assert_int_equal(grid_count(sweep), 30);
    grid_view_destroy(&view);
    sweep_destroy(&sweep);
}

static void extents_are_of_what_exists(void **state) {
    (void)state;
    struct sweep *sweep =
        parse("union:\n- grid: {depth: [3, 9], width: [8, 99], classes: [6, 50]}\n"
              "  exclude: depth = 9 or width = 99 or classes = 50\n"
              "- point: {depth: 4, width: 6, classes: 7, samples: 3}\n"
              "point: {lambda: 0.5}\n");
    struct extent extent = extent_of_sweep(sweep);
    assert_int_equal(extent.layer, 4);
    assert_int_equal(extent.index, 8);
    assert_int_equal(extent.class_, 7);
    assert_int_equal(extent.sample, 21);
    sweep_destroy(&sweep);
}

/* One point, made by `given` in place of lambda, width or max_steps. */
static struct point only_point(const char *given) {
    char text[512];
    struct point point;
    snprintf(text, sizeof text, "point: {%s}\n", given);
    struct sweep *sweep = parse(text);
    assert_int_equal(grid_count(sweep), 1);
    grid_point(sweep, 0, &point);
    sweep_destroy(&sweep);
    return point;
}

/* Against values worked out by hand, to the last of 12 digits. */
static void derived_values_are_exact(void **state) {
    (void)state;
    static const struct {
        const char *given;
        int width, max_steps;
        double lambda, lambda_h;
    } cases[] = {
        {"depth: 3, classes: 6, lambda: 0.25, width_per_class: 2.5", 15, 200000, 0.25,
         0.25},
        {"depth: 3, classes: 7, lambda: 0.25, width_per_class: 1.5", 11, 200000, 0.25,
         0.25}, /* 10.5 is rounded away from zero */
        {"depth: 3, classes: 10, lambda: 0.25, width_per_class: 0.3", 3, 200000, 0.25,
         0.25},
        /* kappa_max(1) = 1, (2) = (1/16)^(1/3), (3) = (4/729)^(1/4) */
        {"depth: 1, width: 9, classes: 8, kappa_ratio: 0.5", 9, 200000, 0.0625, 0.0625},
        {"depth: 2, width: 9, classes: 8, kappa_ratio: 1", 9, 200000, 0.049606282874,
         0.049606282874},
        {"depth: 3, width: 9, classes: 6, kappa_ratio: 0.5", 9, 200000, 0.0226804605813,
         0.0226804605813},
        /* lbar = n^(1/(L+1)) lambda: four samples at depth 1 halve it */
        {"depth: 1, width: 9, classes: 8, samples: 4, kappa_ratio: 0.5", 9, 200000,
         0.03125, 0.03125},
        /* lbar^2 = lambda_h lambda at depth 1 */
        {"depth: 1, width: 9, classes: 8, lambda_h: 0.25, kappa_ratio: 0.5", 9, 200000,
         0.015625, 0.25},
        {"depth: 3, width: 9, classes: 6, lambda: 0.125, learning_rate: 0.5, horizon: 10",
         9, 160, 0.125, 0.125},
        {"depth: 3, width: 9, classes: 6, lambda: 0.125, lambda_h: 0.0625, horizon: "
         "10.01",
         9, 321, 0.125, 0.0625},
        {"depth: 3, width: 9, classes: 6, lambda: 0.1, learning_rate: 0.3, horizon: 3", 9,
         100, 0.1, 0.1}, /* not 101 by rounding of 0.3 * 0.1 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct point point = only_point(cases[i].given);
        if (point.width != cases[i].width || point.max_steps != cases[i].max_steps ||
            point.lambda != cases[i].lambda || point.lambda_h != cases[i].lambda_h)
            fail_msg("%s: width %d, max_steps %d, lambda %.17g, lambda_h %.17g",
                     cases[i].given, point.width, point.max_steps, point.lambda,
                     point.lambda_h);
    }
}

/* What is derived and what is computed from the result agree, and the identity is that of
 * the resolved parameters. */
static void derived_points_are_ordinary_points(void **state) {
    (void)state;
    for (int depth = 1; depth <= DEPTH_MAX; depth += 9)
        for (int samples = 1; samples < 100; samples *= 7) {
            char text[256];
            snprintf(text, sizeof text,
                     "depth: %d, classes: 10, samples: %d, kappa_ratio: 0.37, "
                     "width_per_class: 3%s",
                     depth, samples, samples > 1 ? ", lambda_h: 0.02" : "");
            struct point point = only_point(text);
            int kappa = given_find("kappa_ratio"), per = given_find("width_per_class");
            assert_near(given_value(kappa, &point), 0.37, 1e-10);
            assert_true(given_value(per, &point) == 3);
            snprintf(text, sizeof text,
                     "depth: %d, classes: 10, samples: %d, lambda: %.12g, width: 30%s",
                     depth, samples, point.lambda, samples > 1 ? ", lambda_h: 0.02" : "");
            struct point plain = only_point(text);
            assert_true(point_equals(&point, &plain));
            assert_int_equal(point_identity(&point), point_identity(&plain));
        }
}

static void varying_parameters_are_found(void **state) {
    (void)state;
    static const struct {
        const char *text, *names;
    } cases[] = {
        {"grid: {width: [8, 9], depth: 3, lambda: [1, 2]}\npoint: {classes: 6}\n",
         "width lambda "},
        {"grid: {kappa_ratio: [0.1, 0.2], depth: [3, 4]}\n"
         "point: {classes: 6, width: 8, horizon: 9}\n",
         "lambda depth max_steps "},
        {"grid: {classes: [6, 7]}\npoint: {depth: 3, lambda: 1, width_per_class: 2}\n",
         "classes width "},
        {"repeats: 3\npoint: {depth: 3, classes: 6, width: 8, lambda: 1}\n"
         "override: {where: seed = 1, set: {init_scale: 2}}\n",
         "seed init_scale "},
        {"union: [{point: {depth: 3}}, {point: {depth: 4, loss: mse}}]\n"
         "point: {classes: 6, width: 8, lambda: 1}\n",
         "depth "},
        {"point: {depth: 3, classes: 6, width: 8, lambda: 1}\n", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct parameter *varying[GIVEN_MAX];
        char names[512] = "";
        struct sweep *sweep = parse(cases[i].text);
        int count = sweep_varying(sweep, varying);
        for (int j = 0; j < count; j++)
            strcat(strcat(names, varying[j]->name), " ");
        assert_string_equal(names, cases[i].names);
        sweep_destroy(&sweep);
    }
}

static void canonical_texts_tell_languages_apart(void **state) {
    (void)state;
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"zip: {depth: [3, 4], width: [8, 9]}\npoint: {classes: 6, lambda: 1}\n",
         "axes: depth + width\n"},
        {"repeats: 3\ngrid: {depth: [3, 4]}\npoint: {width: 8, classes: 6, lambda: 1}\n",
         "axes: depth, seed\n"},
        {"grid: {depth: [3, 4]}\npoint: {width: 8, classes: 6, lambda: 1}\n"
         "exclude: [depth   =  3, width < 3]\n",
         "\nexclude: depth = 3; width < 3\n"},
        {"point: {depth: 3, width: 8, classes: 6, lambda: 1}\n"
         "override: {where: depth = 4, set: {max_steps: 9, init: dnc}}\n",
         "\noverride: max_steps = 9, init = dnc where depth = 4\n"},
        {"point: {depth: 3, width_per_class: 8, classes: 6, kappa_ratio: 1}\n",
         "\nwidth_per_class: 8\n"},
        {"union: [{point: {depth: 3}}, {point: {depth: 4}}]\n"
         "point: {width: 8, classes: 6, lambda: 1}\n",
         "\ngrid 2.depth: 4\n"},
    };
    char *texts[sizeof cases / sizeof *cases];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sweep *sweep = parse(cases[i].text);
        assert_ok(sweep_canonical(sweep, &texts[i]));
        if (strstr(texts[i], cases[i].line) == NULL)
            fail_msg("%s\nlacks %s", texts[i], cases[i].line);
        sweep_destroy(&sweep);
        for (size_t j = 0; j < i; j++) {
            char *said = NULL;
            assert_ok(sweep_difference(texts[i], texts[j], &said));
            assert_true(*said != '\0');
            free(said);
        }
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        free(texts[i]);
}

/* What is in words. */
static void explanations_say_what_is_meant(void **state) {
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"point: {depth: 3, width: 8, classes: 6, lambda: 1}\n",
         "This is one point, with depth 3, width 8, classes 6 and lambda 1: 1 point.\n"},
        {"grid: {depth: [3, 4]}\nrepeats: 2000\nzip: {width: [8, 9], classes: [6, 7]}\n"
         "point: {lambda: 1}\nexclude: [width = 9 and depth = 4, seed = 5]\n"
         "override: {where: depth = 4, set: {max_steps: 9}}\n",
         "This is the product of depth (2 values: 3, 4), width with classes (2 pairs: 8, "
         "9 "
         "with 6, 7) and seed (2,000 values: 0..1999), with lambda 1; where depth = 4: "
         "max_steps 9; except where width = 9 and depth = 4, or where seed = 5 (2,003 of "
         "8,000 combinations): 5,997 points.\n"},
        {"union: [{grid: {depth: [3, 4]}}, {grid: {depth: [4, 5]}}]\n"
         "point: {width: 8, classes: 6, lambda: 1}\n",
         "Grid 2: all values of depth (2 values: 4, 5), with width 8, classes 6 and "
         "lambda "
         "1: 1 point; 1 more occurs twice and is kept once.\n"
         "Together: 3 points; 1 more occurs twice and is kept once.\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *said = NULL;
        struct sweep *sweep = parse(cases[i].text);
        assert_ok(sweep_explain(sweep, &said));
        if (strstr(said, cases[i].said) == NULL) fail_msg("%s", said);
        free(said);
        sweep_destroy(&sweep);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_as_written),
        cmocka_unit_test(random_access_equals_iteration),
        cmocka_unit_test(kinds_count_what_exists),
        cmocka_unit_test(extents_are_of_what_exists),
        cmocka_unit_test(derived_values_are_exact),
        cmocka_unit_test(derived_points_are_ordinary_points),
        cmocka_unit_test(varying_parameters_are_found),
        cmocka_unit_test(canonical_texts_tell_languages_apart),
        cmocka_unit_test(explanations_say_what_is_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

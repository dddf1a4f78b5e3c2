/* A sweep as a whole: output options, lengths, canonical text, differences, rules. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dufm/sweep.h"

#define POINT "point: {depth: 3, width: 8, classes: 6, lambda: 0.01}\n"

static struct sweep *parse(const char *text) {
    struct sweep *sweep = NULL;
    assert_ok(sweep_parse("folder/test.yaml", text, strlen(text), &sweep));
    return sweep;
}

static char *canonical(const char *text) {
    struct sweep *sweep = parse(text);
    char *out = NULL;
    assert_ok(sweep_canonical(sweep, &out));
    sweep_destroy(&sweep);
    return out;
}

static void assert_contains(const char *text, const char *part) {
    if (strstr(text, part) == NULL) fail_msg("'%s' lacks '%s'", text, part);
}

static void names_and_output(void **state) {
    (void)state;
    struct sweep *sweep = parse(POINT);
    assert_string_equal(sweep->name, "test");
    assert_string_equal(sweep->path, "folder/test.yaml");
    assert_string_equal(sweep->text, POINT);
    assert_int_equal(grid_count(sweep), 1);
    assert_int_equal(sweep->output.history, 64);
    assert_true(sweep->output.gram);
    assert_false(sweep->output.weights);
    sweep_destroy(&sweep);
    sweep = parse(POINT "name: other\noutput: {history: 0, gram: false, weights: true}");
    assert_string_equal(sweep->name, "other");
    assert_int_equal(sweep->output.history, 0);
    assert_false(sweep->output.gram);
    assert_true(sweep->output.weights);
    sweep_destroy(&sweep);
}

static void extents_are_the_maxima(void **state) {
    (void)state;
    struct sweep *sweep =
        parse("grid: {depth: [5, 3], width: [8, 20, 4], classes: [6, 10],\n"
              "  samples: {range: [1, 3]}}\n"
              "point: {lambda: 0.01}\noutput: {weights: true}\n");
    struct extent most = extent_of_sweep(sweep), seen = {0};
    for (uint64_t i = 0; i < grid_count(sweep); i++) {
        struct point point;
        grid_point(sweep, i, &point);
        struct extent one = extent_of_point(&point, &sweep->output);
        assert_int_equal(one.index,
                         point.width > point.classes ? point.width : point.classes);
        assert_int_equal(one.sample, point.classes * point.samples);
        if (one.layer > seen.layer) seen.layer = one.layer;
        if (one.index > seen.index) seen.index = one.index;
        if (one.class_ > seen.class_) seen.class_ = one.class_;
        if (one.sample > seen.sample) seen.sample = one.sample;
        if (one.row > seen.row) seen.row = one.row;
        if (one.column > seen.column) seen.column = one.column;
    }
    assert_int_equal(most.layer, seen.layer);
    assert_int_equal(most.index, seen.index);
    assert_int_equal(most.class_, seen.class_);
    assert_int_equal(most.sample, seen.sample);
    assert_int_equal(most.row, seen.row);
    assert_int_equal(most.column, seen.column);
    assert_int_equal(most.record, 64);
    sweep_destroy(&sweep);
}

/* Equal grids in other words have equal texts. */
static void canonical_text_is_of_the_grid(void **state) {
    (void)state;
    static const char *const same[] = {
        "grid: {seed: [0, 1, 2, 3], lambda: [0.25, 0.5]}\n"
        "point: {depth: 3, width: 8, classes: 6}\n",
        "# a comment\nname: other\ngrid:\n  seed: {range: [0, 3]}\n"
        "  lambda: {log2: [-2, -1]}\n  depth: 3\n  width: [8]\n"
        "point: {classes: 6, samples: 1, learning_rate: 5e-1, loss: mse}\n"
        "output: {history: 64}\n",
        "point: &p {width: 8, depth: 3, classes: 6}\n"
        "grid: {seed: {linspace: [0, 3, 4]}, lambda: [.25, 0.5]}\n"};
    char *first = canonical(same[0]);
    assert_contains(first, "axes: seed, lambda\n");
    assert_contains(first, "seed: 0..3\n");
    assert_contains(first, "lambda: 0.25, 0.5\n");
    assert_contains(first, "optimizer: gd\n");
    assert_contains(first, "max_seconds: unlimited\n");
    for (size_t i = 1; i < sizeof same / sizeof *same; i++) {
        char *other = canonical(same[i]);
        assert_string_equal(first, other);
        free(other);
    }
    free(first);
}

/* Pairs of sweeps and what the difference must say. */
static void differences_are_named(void **state) {
    (void)state;
    static const struct {
        const char *file, *sweep, *said;
    } cases[] = {
        {POINT, POINT "grid: {samples: 1}", ""},
        {POINT, "point: {depth: 4, width: 8, classes: 6, lambda: 0.01}",
         "depth: the file has 3, the sweep has 4\n"},
        {POINT, POINT "grid: {seed: {range: [0, 9]}}",
         "seed: the file has 0, the sweep has 0..9"},
        {POINT "grid: {seed: [1, 2], samples: [1, 2]}",
         POINT "grid: {samples: [1, 2], seed: [1, 2]}",
         "axes: the file has seed, samples, the sweep has samples, seed\n"},
        {POINT, "point: {depth: 3, width: 8, classes: 6, lambdas: [0.01, 0.01, 0.02]}",
         "lambda: the file has 0.01, the sweep does not give it\n"
         "lambdas: the file does not give it, the sweep has [0.01, 0.01, 0.02]\n"},
        {POINT, POINT "output: {gram: false}",
         "output.gram: the file has true, the sweep has false\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *file = canonical(cases[i].file), *sweep = canonical(cases[i].sweep);
        char *said = NULL;
        assert_ok(sweep_difference(file, sweep, &said));
        assert_contains(said, cases[i].said);
        assert_int_equal(*said == '\0', *cases[i].said == '\0');
        free(file);
        free(sweep);
        free(said);
    }
}

/* A parameter that an older program did not know differs only off its fallback. */
static void new_parameters_do_not_differ(void **state) {
    (void)state;
    char *said = NULL;
    assert_ok(sweep_difference("axes:\ndepth: 3\n", "axes:\ndepth: 3\ndecay_steps: 0\n",
                               &said));
    assert_string_equal(said, "");
    free(said);
    assert_ok(sweep_difference("axes:\ndepth: 3\n", "axes:\ndepth: 3\ndecay_steps: 9\n",
                               &said));
    assert_contains(said, "decay_steps: the file does not give it, the sweep has 9");
    free(said);
}

/* Axes too long to show still tell themselves apart. */
static void long_axes_are_hashed(void **state) {
    (void)state;
    char *one = canonical(POINT "grid: {learning_rate: {linspace: [0.1, 0.9, 4001]}}");
    char *two = canonical(POINT "grid: {learning_rate: {linspace: [0.1, 0.9, 4003]}}");
    assert_contains(one, "(4001 values, hash ");
    assert_true(strlen(one) < 2000);
    assert_string_not_equal(one, two);
    free(one);
    free(two);
}

/* Combinations that rules allow, over whole grids. */
static void combinations_that_are_fine(void **state) {
    (void)state;
    static const char *const fine[] = {
        "grid: {init: [srg, clique], classes: [6, 10, 15], depth: [3, 7], width: [15, "
        "64]}\n"
        "point: {lambda: 0.004}\n",
        "grid: {init: [dnc, fan_in], classes: [2, 7], depth: 1}\n"
        "point: {lambda: 0.004, width: 7, activation: linear}\n",
        "grid: {optimizer: [gd, momentum]}\npoint: {depth: 3, width: 8, classes: 6,\n"
        "  lambda: 0.01, momentum: 0.8}\n",
        "grid: {init_noise: [0, 0.1], init: srg}\npoint: {depth: 3, width: 8, classes: "
        "6,\n"
        "  lambda: &l 0.01, lambda_h: *l}\n",
        "\xef\xbb\xbfpoint: {depth: 3, width: 8, classes: 6, lambda: 0.01}\r\n",
    };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        struct sweep *sweep = parse(fine[i]);
        assert_true(grid_count(sweep) >= 1);
        sweep_destroy(&sweep);
    }
}

/* Every text cut short is read or refused, never crashes (ASan looks on). */
static void cut_texts_are_refused_or_read(void **state) {
    (void)state;
    static const char whole[] =
        "name: 'x'\ngrid: {lambdas: [[1, 2, 3], [3, 2, 1]], seed: {range: [0, 3]}}\n"
        "point: {depth: &d 3, width: 8, classes: 6, samples: *d}\noutput: {gram: true}\n";
    int read = 0;
    for (size_t bytes = 0; bytes < sizeof whole; bytes++) {
        struct sweep *sweep = NULL;
        enum error error = sweep_parse("cut.yaml", whole, bytes, &sweep);
        assert_true(error == ERROR_NONE || error == ERROR_INPUT);
        assert_true((error == ERROR_NONE) == (sweep != NULL));
        if (error == ERROR_INPUT)
            assert_true(strncmp(error_message(), "cut.yaml", 8) == 0);
        read += error == ERROR_NONE;
        sweep_destroy(&sweep);
    }
    assert_in_range(read, 1, 4); /* whole, or cut within the last section */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_output),
        cmocka_unit_test(extents_are_the_maxima),
        cmocka_unit_test(canonical_text_is_of_the_grid),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(new_parameters_do_not_differ),
        cmocka_unit_test(long_axes_are_hashed),
        cmocka_unit_test(combinations_that_are_fine),
        cmocka_unit_test(cut_texts_are_refused_or_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

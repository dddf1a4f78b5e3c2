/* The factor of blocks against an SVD of the whole, and against values that a Gram matrix
 * would lose. */
#include <string.h>

#include "dufm/random.h"
#include "dufm/svd.h"
#include "dufm/triangle.h"
#include "unit.h"

enum { WIDE = 70, TALL = 300 };

static double samples[WIDE * TALL]; /* d x N: the transpose of A */

struct bench {
    struct triangle triangle;
    double *factor;
    struct svd svd;
    struct arena arena;
};

/* Blocks of up to `rows`. */
static void set_up_for(struct bench *bench, int rows) {
    *bench = (struct bench){0};
    for (int pass = 0; pass < 2; pass++) {
        triangle_carve(&bench->triangle, WIDE, rows, &bench->arena);
        bench->factor = arena_take(&bench->arena, WIDE * WIDE, sizeof(double));
        svd_carve(&bench->svd, WIDE, TALL, &bench->arena);
        if (pass == 0) assert_ok(arena_reserve(&bench->arena));
    }
}

static void set_up(struct bench *bench) {
    set_up_for(bench, TALL);
}

/* The factor of samples first .. last - 1, of `width` features, seen in blocks of `step`. */
static void factor_of(struct bench *bench, int width, int first, int last, int step,
                      double *factor) {
    triangle_begin(&bench->triangle, width, factor);
    for (; first < last; first += step) {
        int rows = last - first < step ? last - first : step;
        triangle_add(
            &bench->triangle,
            (struct const_matrix){width, rows, samples + (size_t)(first * width)});
    }
}

/* Values of `samples` (width x count) seen in blocks of `step`. */
static void by_blocks(struct bench *bench, int width, int count, int step,
                      double *values) {
    factor_of(bench, width, 0, count, step, bench->factor);
    assert_ok(svd_values(&bench->svd, width, width, bench->factor, values));
}

static void compare_with_whole(struct bench *bench, int width, int step) {
    double want[WIDE], got[WIDE];
    assert_ok(svd_values(&bench->svd, width, TALL, samples, want));
    by_blocks(bench, width, TALL, step, got);
    for (int i = 0; i < width; i++)
        assert_near(got[i] / want[0], want[i] / want[0], 1e-13);
}

/* All kinds of panels and tiles, blocks that are full and that are not. */
static void test_values_of_the_whole(void **state) {
    static const int steps[] = {1, 7, 64, TALL};
    (void)state;
    random_normal(&(struct random_key){.seed = 3}, 1, samples, WIDE * TALL);
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct bench bench;
        set_up_for(&bench, steps[s]);
        for (int width = 1; width <= WIDE; width++)
            compare_with_whole(&bench, width, steps[s]);
        compare_with_whole(&bench, WIDE, (steps[s] + 1) / 2);
        arena_release(&bench.arena);
    }
}

/* Whose squares are no numbers any more. */
static void test_extreme_values(void **state) {
    static const double scales[] = {1e-290, 1e-170, 1e170, 1e290};
    struct bench bench;
    (void)state;
    set_up(&bench);
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        random_normal(&(struct random_key){.seed = 6}, 1, samples, WIDE * TALL);
        for (int i = 0; i < WIDE * TALL; i++)
            samples[i] *= scales[s];
        compare_with_whole(&bench, 45, 100);
    }
    arena_release(&bench.arena);
}

/* A column of zeros, and one that is another's double. */
static void test_columns_that_depend(void **state) {
    struct bench bench;
    (void)state;
    set_up(&bench);
    random_normal(&(struct random_key){.seed = 7}, 1, samples, WIDE * TALL);
    for (int j = 0; j < TALL; j++) {
        samples[j * 40 + 3] = 0;
        samples[j * 40 + 39] = 2 * samples[j * 40 + 11];
    }
    compare_with_whole(&bench, 40, 64);
    arena_release(&bench.arena);
}

/* Two directions, 1 and 1e-11 in size: the square of the second is below the rounding of
 * the square of the first. */
static void test_small_values_survive(void **state) {
    struct bench bench;
    double got[2];
    (void)state;
    set_up(&bench);
    for (int j = 0; j < TALL; j++) {
        double sign = j % 2 ? 1 : -1;
        samples[2 * j] = 1 + 1e-11 * sign;
        samples[2 * j + 1] = 1 - 1e-11 * sign;
    }
    by_blocks(&bench, 2, TALL, 50, got);
    assert_near(got[0], sqrt(2.0 * TALL), 1e-12);
    assert_near(got[1] / sqrt(2.0 * TALL), 1e-11, 1e-15);
    arena_release(&bench.arena);
}

/* Fewer rows than columns: the other values are zero. */
static void test_few_rows(void **state) {
    struct bench bench;
    double want[WIDE], got[WIDE];
    (void)state;
    set_up(&bench);
    random_normal(&(struct random_key){.seed = 4}, 1, samples, WIDE * TALL);
    assert_ok(svd_values(&bench.svd, WIDE, 5, samples, want));
    by_blocks(&bench, WIDE, 5, 3, got);
    for (int i = 0; i < WIDE; i++)
        assert_near(got[i], i < 5 ? want[i] : 0, 1e-13 * want[0]);
    arena_release(&bench.arena);
}

/* Of parts, the last one of fewer rows than columns. */
static void test_merged_parts(void **state) {
    static double other[WIDE * WIDE], begun[WIDE * WIDE];
    static const int ends[] = {130, TALL - 20, TALL};
    struct bench bench;
    double want[WIDE], got[WIDE];
    (void)state;
    set_up(&bench);
    random_normal(&(struct random_key){.seed = 5}, 1, samples, WIDE * TALL);
    for (int width = 1; width <= WIDE; width += 23) {
        assert_ok(svd_values(&bench.svd, width, TALL, samples, want));
        factor_of(&bench, width, 0, ends[0], 64, bench.factor);
        for (int i = 1; i < 3; i++) {
            factor_of(&bench, width, ends[i - 1], ends[i], 64, other);
            triangle_begin(&bench.triangle, WIDE, begun); /* whatever came last */
            assert_ok(triangle_merge(&bench.triangle, width, bench.factor, other));
        }
        for (int j = 0; j < width; j++)
            for (int i = j + 1; i < width; i++)
                assert_true(bench.factor[j * width + i] == 0);
        assert_ok(svd_values(&bench.svd, width, width, bench.factor, got));
        for (int i = 0; i < width; i++)
            assert_near(got[i], want[i], 1e-13 * want[0]);
    }
    arena_release(&bench.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_values_of_the_whole),
                                       cmocka_unit_test(test_extreme_values),
                                       cmocka_unit_test(test_columns_that_depend),
                                       cmocka_unit_test(test_small_values_survive),
                                       cmocka_unit_test(test_few_rows),
                                       cmocka_unit_test(test_merged_parts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

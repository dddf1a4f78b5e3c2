/* The line search on kinks, where no derivative is continuous, and at its limits. */
#include <math.h>

#include "dufm/linesearch.h"
#include "unit.h"

/* A function of one variable on the ray from `start` in a direction. */
struct ray {
    double (*f)(double x);
    double (*slope)(double x);
    double start, direction;
    double at;  /* x asked last */
    int values; /* asked */
};

static double value_at(void *context, double t) {
    struct ray *ray = context;
    ray->at = ray->start + t * ray->direction;
    ray->values++;
    return ray->f(ray->at);
}

static double slope_here(void *context) {
    const struct ray *ray = context;
    return ray->slope(ray->at) * ray->direction;
}

static double absolute_slope(double x) {
    return x > 0 ? 1 : -1;
}

/* Convex, with kinks at 0 and 1: slopes -2, -0.5, 3. */
static double pieces(double x) {
    return x < 0 ? -2 * x : x < 1 ? -0.5 * x : 3 * (x - 1) - 0.5;
}

static double pieces_slope(double x) {
    return x < 0 ? -2 : x < 1 ? -0.5 : 3;
}

/* Two parabolas that meet in a kink at 0, where the minimum is. */
static double parabolas(double x) {
    return x < 0 ? x * x - 3 * x : 10 * x * x + x;
}

static double parabolas_slope(double x) {
    return x < 0 ? 2 * x - 3 : 20 * x + 1;
}

static double wave(double x) {
    return sin(x) + 0.01 * x * x;
}

static double wave_slope(double x) {
    return cos(x) + 0.02 * x;
}

static double square(double x) {
    return x * x;
}

static double square_slope(double x) {
    return 2 * x;
}

/* The start is a minimum that claims otherwise: nothing lowers it. */
static double liar_slope(double x) {
    (void)x;
    return 1;
}

static double cliff(double x) {
    return x > -0.5 ? x : NAN;
}

static double cliff_slope(double x) {
    (void)x;
    return 1;
}

static void test_wolfe_conditions(void **state) {
    (void)state;
    const struct ray rays[] = {
        {fabs, absolute_slope, 1, -1, 0, 0},
        {fabs, absolute_slope, 1, -1e-3, 0, 0},
        {fabs, absolute_slope, 1, -1e4, 0, 0},
        {fabs, absolute_slope, -1, 0.3, 0, 0},
        {pieces, pieces_slope, -3, 1, 0, 0},
        {pieces, pieces_slope, 2, -7, 0, 0},
        {parabolas, parabolas_slope, -2, 1, 0, 0},
        {parabolas, parabolas_slope, 5, -100, 0, 0},
        {wave, wave_slope, 0, -1, 0, 0},
        {wave, wave_slope, 9, 1e-5, 0, 0},
        {square, square_slope, 1e8, -1, 0, 0},
    };
    for (size_t i = 0; i < sizeof rays / sizeof *rays; i++) {
        struct ray ray = rays[i];
        struct line line = {ray.f(ray.start), ray.slope(ray.start) * ray.direction,
                            value_at, slope_here, &ray};
        double step = -1;
        assert_int_equal(linesearch_run(&line, 1, &step), LINE_WOLFE);
        assert_true(ray.at == ray.start + step * ray.direction); /* asked last */
        assert_true(ray.f(ray.at) - line.value < 1e-4 * step * line.slope);
        assert_true(slope_here(&ray) >= 0.9 * line.slope);
        assert_true(ray.values <= LINE_VALUES_MAX);
    }
}

/* Before the kink of |x| the slope is as steep as at the start: 0.3, 0.6, 1.2. */
static void test_kink_is_crossed(void **state) {
    (void)state;
    struct ray ray = {fabs, absolute_slope, 1, -1, 0, 0};
    struct line line = {1, -1, value_at, slope_here, &ray};
    double step;
    assert_int_equal(linesearch_run(&line, 0.3, &step), LINE_WOLFE);
    assert_near(step, 1.2, 1e-15);
    assert_int_equal(ray.values, 3);
}

static void test_nothing_lowers(void **state) {
    (void)state;
    struct ray ray = {square, liar_slope, 0, -1, 0, 0};
    struct line line = {0, -1, value_at, slope_here, &ray};
    double step = -1;
    assert_int_equal(linesearch_run(&line, 1, &step), LINE_NOWHERE);
    assert_true(step == 0);
    assert_true(ray.values <= LINE_VALUES_MAX);
}

/* What is no number is too high: the search comes to rest before it, where x has fallen
 * although the slope is as steep as at the start. */
static void test_lower_before_what_is_no_number(void **state) {
    (void)state;
    struct ray ray = {cliff, cliff_slope, 1, -1, 0, 0};
    struct line line = {1, -1, value_at, slope_here, &ray};
    double step = -1;
    assert_int_equal(linesearch_run(&line, 1, &step), LINE_LOWER);
    assert_true(ray.at == 1 - step && isfinite(cliff(ray.at)));
    assert_near(ray.at, -0.5, 1e-12);
    assert_true(ray.values <= LINE_VALUES_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wolfe_conditions),
        cmocka_unit_test(test_kink_is_crossed),
        cmocka_unit_test(test_nothing_lowers),
        cmocka_unit_test(test_lower_before_what_is_no_number),
    };
    return cmocka_run_group_tests_name("linesearch", tests, NULL, NULL);
}

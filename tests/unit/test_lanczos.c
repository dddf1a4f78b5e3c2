/* The ends of spectra by Lanczos' method: known ones, and those of whole Hessians by LAPACK. */
#include "dufm/lanczos.h"

#include <lapacke.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/hessian.h"
#include "problems.h"

struct bench {
    struct lanczos lanczos;
    struct arena arena;
};

static void set_up(struct bench *bench, size_t size, int steps) {
    *bench = (struct bench){.arena = {0}};
    lanczos_carve(&bench->lanczos, size, steps, &bench->arena);
    assert_int_equal(bench->arena.used, lanczos_bytes(size, steps));
    assert_ok(arena_reserve(&bench->arena));
    lanczos_carve(&bench->lanczos, size, steps, &bench->arena);
    struct random_key key = {.seed = 5};
    random_normal(&key, 1, bench->lanczos.basis, size);
}

static void tear_down(struct bench *bench) {
    arena_release(&bench->arena);
}

/* A diagonal matrix. */
struct diagonal {
    size_t size;
    const double *values;
    int asked, stop_at; /* polls; the one that stops, -1: none */
};

static void multiply(void *context, const double *x, double *y) {
    const struct diagonal *matrix = context;
    for (size_t i = 0; i < matrix->size; i++)
        y[i] = matrix->values[i] * x[i];
}

static bool stop(void *context) {
    struct diagonal *matrix = context;
    return matrix->asked++ == matrix->stop_at;
}

static struct lanczos_task task_of(struct diagonal *matrix, double tolerance) {
    return (struct lanczos_task){multiply, matrix, stop, matrix, tolerance};
}

static const double spectrum[] = {-2, 0, 0, 0, 0.25, 0.5, 0.5, 1, 1.5, 3};
enum { SPECTRUM = sizeof spectrum / sizeof *spectrum, DISTINCT = 7 };

/* As many steps as there are different eigenvalues exhaust the space. */
static void test_a_known_spectrum(void **state) {
    (void)state;
    struct diagonal matrix = {SPECTRUM, spectrum, 0, -1};
    struct lanczos_task task = task_of(&matrix, 0);
    struct lanczos_ends ends;
    struct bench bench;
    set_up(&bench, SPECTRUM, 50);
    assert_int_equal(bench.lanczos.steps, SPECTRUM);
    assert_ok(lanczos_run(&bench.lanczos, &task, &ends));
    assert_near(ends.largest.value, 3, 1e-13);
    assert_near(ends.smallest.value, -2, 1e-13);
    assert_true(ends.largest.residual < 1e-12 && ends.smallest.residual < 1e-12);
    assert_int_equal(ends.steps, DISTINCT);
    assert_int_equal(matrix.asked, DISTINCT);
    tear_down(&bench);
}

/* Of few steps: not there yet, but an eigenvalue lies within the bound. */
static void test_residual_bounds(void **state) {
    (void)state;
    for (int steps = 1; steps < DISTINCT; steps++) {
        struct diagonal matrix = {SPECTRUM, spectrum, 0, -1};
        struct lanczos_task task = task_of(&matrix, 0);
        struct lanczos_ends ends;
        struct bench bench;
        set_up(&bench, SPECTRUM, steps);
        assert_ok(lanczos_run(&bench.lanczos, &task, &ends));
        assert_int_equal(ends.steps, steps);
        double nearest = INFINITY;
        for (int i = 0; i < SPECTRUM; i++)
            nearest = fmin(nearest, fabs(spectrum[i] - ends.largest.value));
        assert_true(ends.largest.residual > 1e-6);
        assert_true(nearest <= ends.largest.residual * (1 + 1e-12));
        assert_true(ends.largest.value <= 3 + 1e-13);
        assert_true(ends.smallest.value >= -2 - 1e-13);
        tear_down(&bench);
    }
}

/* A tolerance ends it before the steps do. */
static void test_tolerance(void **state) {
    (void)state;
    enum { SIZE = 400 };
    double values[SIZE];
    for (int i = 0; i < SIZE; i++)
        values[i] = i / (double)SIZE;
    values[SIZE - 1] = 2;
    values[0] = -1;
    struct diagonal matrix = {SIZE, values, 0, -1};
    struct lanczos_task task = task_of(&matrix, 1e-6);
    struct lanczos_ends ends;
    struct bench bench;
    set_up(&bench, SIZE, 300);
    assert_ok(lanczos_run(&bench.lanczos, &task, &ends));
    assert_true(ends.steps < 60);
    assert_true(ends.largest.residual <= 2e-6 && ends.smallest.residual <= 2e-6);
    assert_near(ends.largest.value, 2, 1e-10);
    assert_near(ends.smallest.value, -1, 1e-10);
    tear_down(&bench);
}

static void test_interruption_and_what_is_not_finite(void **state) {
    (void)state;
    double values[SPECTRUM];
    struct diagonal matrix = {SPECTRUM, spectrum, 0, 3};
    struct lanczos_task task = task_of(&matrix, 0);
    struct lanczos_ends ends;
    struct bench bench;
    set_up(&bench, SPECTRUM, 50);
    assert_int_equal(lanczos_run(&bench.lanczos, &task, &ends), ERROR_INTERRUPTED);
    memcpy(values, spectrum, sizeof values);
    values[4] = INFINITY;
    struct diagonal infinite = {SPECTRUM, values, 0, -1};
    task = task_of(&infinite, 0);
    assert_ok(lanczos_run(&bench.lanczos, &task, &ends));
    assert_true(is_nan(ends.largest.value) && is_nan(ends.smallest.residual));
    tear_down(&bench);
}

/* ---- Hessians ---- */

struct curved {
    struct hessian hessian;
    struct factors in, out;
};

static void apply(void *context, const double *x, double *y) {
    struct curved *curved = context;
    const struct shape *shape = &curved->hessian.model->problem.shape;
    size_t bytes = shape_parameter_count(shape) * sizeof *x;
    memcpy(curved->in.data, x, bytes);
    factors_view(&curved->out, shape, y);
    hessian_apply(&curved->hessian, &curved->in, &curved->out);
}

static void carve(struct curved *curved, const struct problem *problem,
                  struct arena *arena) {
    size_t count = shape_parameter_count(&problem->shape);
    hessian_carve(&curved->hessian, problem, arena);
    factors_view(&curved->in, &problem->shape, arena_take(arena, count, sizeof(double)));
}

/* Every eigenvalue, ascending, of the matrix whose columns are products with unit vectors. */
static double *all_values(struct curved *curved, size_t count) {
    double *matrix = calloc(count * (count + 2), sizeof *matrix);
    assert_non_null(matrix);
    double *values = matrix + count * count, *unit = values + count;
    for (size_t i = 0; i < count; i++) {
        unit[i] = 1;
        apply(curved, unit, matrix + i * count);
        unit[i] = 0;
    }
    int size = (int)count;
    assert_int_equal(
        LAPACKE_dsyev(LAPACK_COL_MAJOR, 'N', 'L', size, matrix, size, values), 0);
    memmove(matrix, values, count * sizeof *values);
    return matrix;
}

static void test_dense_hessians(void **state) {
    (void)state;
    static const struct shape shapes[] = {
        {1, 4, 3, 2, 0}, {3, 5, 4, 1, 0}, {4, 6, 3, 2, 1}};
    for (int i = 0; i < 3 * 4; i++) {
        struct problem problem =
            make_problem(shapes[i / 4], i % 2 == 0 ? ACTIVATION_RELU : ACTIVATION_LINEAR);
        struct fixture fixture;
        struct curved curved;
        struct bench bench;
        struct arena arena = {0};
        struct lanczos_ends ends;
        problem.loss = i / 2 % 2 == 0 ? LOSS_MSE : LOSS_CE;
        fixture_set_up(&fixture, &problem, 1.3);
        carve(&curved, &problem, &arena);
        assert_ok(arena_reserve(&arena));
        carve(&curved, &problem, &arena);
        hessian_stand(&curved.hessian, &fixture.model, &fixture.parameters);
        size_t count = shape_parameter_count(&problem.shape);
        double *values = all_values(&curved, count);
        set_up(&bench, count, 2000);
        struct lanczos_task task = {apply, &curved, NULL, NULL, 1e-9};
        assert_ok(lanczos_run(&bench.lanczos, &task, &ends));
        assert_near(ends.largest.value, values[count - 1], 1e-11);
        assert_near(ends.smallest.value, values[0], 1e-11);
        assert_true(values[0] < values[count - 1] - 0.1);
        free(values);
        tear_down(&bench);
        arena_release(&arena);
        fixture_tear_down(&fixture);
    }
}

int main(void) {
    assert_ok(blas_single_thread());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_spectrum),
        cmocka_unit_test(test_residual_bounds),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_interruption_and_what_is_not_finite),
        cmocka_unit_test(test_dense_hessians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

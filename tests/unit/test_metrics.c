/* Singular values of known matrices, ranks, class means. */
#include <string.h>

#include "dufm/blas.h"
#include "dufm/collapse.h"
#include "dufm/spectra.h"
#include "dufm/svd.h"
#include "problems.h"

static void set_up_svd(struct svd *svd, int rows, int columns, struct arena *arena) {
    *arena = (struct arena){0};
    svd_carve(svd, rows, columns, arena);
    assert_ok(arena_reserve(arena));
    svd_carve(svd, rows, columns, arena);
}

static void values_of(int rows, int columns, const double *matrix, double *values) {
    struct arena arena;
    struct svd svd;
    set_up_svd(&svd, rows, columns, &arena);
    assert_ok(svd_values(&svd, rows, columns, matrix, values));
    arena_release(&arena);
}

static void test_svd(void **state) {
    (void)state;
    const double wide[] = {3, 0, 0, -4, 0, 0}; /* 2 x 3 */
    double values[3];
    values_of(2, 3, wide, values);
    assert_near(values[0], 4, 1e-14);
    assert_near(values[1], 3, 1e-14);
    const double ones[] = {1, 1, 1, 1, 1, 1}; /* 3 x 2, rank 1 */
    values_of(3, 2, ones, values);
    assert_near(values[0], sqrt(6), 1e-14);
    assert_near(values[1], 0, 1e-15);
    const double broken[] = {1, NAN, 1, INFINITY, 1, 1};
    values_of(3, 2, broken, values);
    assert_true(isnan(values[0]) && isnan(values[1]));
}

/* Trace and determinant identities on a random matrix: sum s^2 = |A|_F^2 at every shape.
 */
static void test_svd_norm(void **state) {
    (void)state;
    static double matrix[70 * 70], values[70];
    struct random_key key = {.seed = 1};
    random_normal(&key, 1, matrix, 70 * 70);
    for (int rows = 1; rows <= 70; rows += 23)
        for (int columns = 1; columns <= 70; columns += 23) {
            values_of(rows, columns, matrix, values);
            int count = rows < columns ? rows : columns;
            double norm = blas_square_sum(matrix, (size_t)(rows * columns));
            assert_near(blas_square_sum(values, (size_t)count), norm, 1e-12 * norm);
        }
}

enum { SIDE_MAX = 12 };

/* U^T U = I, and the rows of U^T A have the norms s_i; the values are those without
 * vectors. */
static void check_left(int rows, int columns, const double *matrix) {
    double values[SIDE_MAX], plain[SIDE_MAX], left[SIDE_MAX * SIDE_MAX];
    double gram[SIDE_MAX * SIDE_MAX] = {0}, along[SIDE_MAX * SIDE_MAX] = {0};
    struct arena arena;
    struct svd svd;
    int count = rows < columns ? rows : columns;
    struct const_matrix given = {rows, columns, matrix}, vectors = {rows, count, left};
    set_up_svd(&svd, rows, columns, &arena);
    assert_ok(svd_left(&svd, given, values, left));
    arena_release(&arena);
    values_of(rows, columns, matrix, plain);
    blas_multiply_left_transposed(1, vectors, vectors, 0,
                                  (struct matrix){count, count, gram});
    blas_multiply_left_transposed(1, vectors, given, 0,
                                  (struct matrix){count, columns, along});
    for (int i = 0; i < count; i++) {
        double square = 0;
        for (int j = 0; j < columns; j++)
            square += along[j * count + i] * along[j * count + i];
        assert_near(values[i], plain[i], 1e-13);
        assert_near(sqrt(square), values[i], 1e-13);
        for (int j = 0; j < count; j++)
            assert_near(gram[j * count + i], i == j, 1e-14);
    }
}

static void test_svd_left(void **state) {
    (void)state;
    double matrix[SIDE_MAX * SIDE_MAX], values[2], left[6];
    struct random_key key = {.seed = 3};
    random_normal(&key, 1, matrix, SIDE_MAX * SIDE_MAX);
    check_left(12, 5, matrix);
    check_left(5, 12, matrix);
    check_left(1, 7, matrix);
    check_left(12, 12, matrix);
    const double broken[] = {1, 2, 3, 4, NAN, 6};
    struct arena arena;
    struct svd svd;
    set_up_svd(&svd, 3, 2, &arena);
    assert_ok(svd_left(&svd, (struct const_matrix){3, 2, broken}, values, left));
    assert_true(isnan(values[0]) && isnan(left[5]));
    arena_release(&arena);
}

/* The fast values against the good ones, at odd and even sizes, tall and wide. */
static void test_svd_by_gram(void **state) {
    (void)state;
    double matrix[SIDE_MAX * SIDE_MAX], want[SIDE_MAX], got[SIDE_MAX];
    struct random_key key = {.seed = 4};
    random_normal(&key, 1, matrix, SIDE_MAX * SIDE_MAX);
    for (int rows = 1; rows <= SIDE_MAX; rows++)
        for (int columns = 1; columns <= SIDE_MAX; columns++) {
            int count = rows < columns ? rows : columns;
            struct arena arena;
            struct svd svd;
            set_up_svd(&svd, rows, columns, &arena);
            assert_ok(svd_values_by_gram(
                &svd, (struct const_matrix){rows, columns, matrix}, got));
            arena_release(&arena);
            values_of(rows, columns, matrix, want);
            for (int i = 0; i < count; i++)
                assert_near(got[i], want[i], 1e-14 * want[0] * want[0] / want[i]);
        }
    struct arena arena;
    struct svd svd;
    set_up_svd(&svd, 3, 2, &arena);
    const double ones[] = {1, 1, 1, 1, 1, 1}, broken[] = {1, INFINITY, 1, 1, 1, 1};
    assert_ok(svd_values_by_gram(&svd, (struct const_matrix){3, 2, ones}, got));
    assert_near(got[0], sqrt(6), 1e-14);
    assert_near(got[1], 0, 1e-7);
    assert_ok(svd_values_by_gram(&svd, (struct const_matrix){3, 2, broken}, got));
    assert_true(isnan(got[0]) && isnan(got[1]));
    const double huge[] = {1e160, -1e170, 1, 1e200, 1, 1}; /* its squares overflow */
    assert_ok(svd_values_by_gram(&svd, (struct const_matrix){3, 2, huge}, got));
    assert_true(isnan(got[0]) && isnan(got[1]));
    arena_release(&arena);
}

static void test_ranks(void **state) {
    (void)state;
    const double values[] = {2.0, 0.3, 0.03, 1e-3, 0.0};
    assert_int_equal(spectra_rank(values, 5, 1e-1), 2);
    assert_int_equal(spectra_rank(values, 5, 1e-2), 3);
    assert_int_equal(spectra_rank(values, 5, 1e-6), 4);
    const double tiny[] = {5e-7, 4e-7};
    assert_int_equal(spectra_rank(tiny, 2, 1e-1), 0);
    const double broken[] = {NAN, NAN};
    assert_int_equal(spectra_rank(broken, 2, 1e-1), -1);

    const double flat[] = {3, 3, 3, 3}, zero[] = {0, 0};
    assert_near(spectra_stable_rank(flat, 4), 4, 1e-14);
    assert_near(spectra_effective_rank(flat, 4), 4, 1e-14);
    const double half[] = {2, 1};
    assert_near(spectra_stable_rank(half, 2), 1.25, 1e-15);
    assert_near(spectra_effective_rank(half, 2), exp(log(3) - 2.0 / 3 * log(2)), 1e-14);
    assert_true(isnan(spectra_stable_rank(zero, 2)) &&
                isnan(spectra_effective_rank(zero, 2)));
}

static void test_class_means(void **state) {
    (void)state;
    const double samples[] = {1, 2, 3, 4, 10, 20, 30, 40}; /* 2 x 4, two classes of two */
    double mean[4];
    spectra_class_means(&(struct shape){1, 2, 2, 2, 0}, samples, mean);
    const double want[] = {2, 3, 20, 30};
    for (int i = 0; i < 4; i++)
        assert_near(mean[i], want[i], 1e-14);
}

struct measured {
    struct fixture fixture;
    struct spectra spectra;
    struct collapse collapse;
    struct result result;
    struct arena arena;
};

static void measure(struct measured *measured) {
    const struct shape *shape = &measured->fixture.problem.shape;
    int index = shape->width > shape->classes ? shape->width : shape->classes;
    struct extent extent = {.layer = shape->depth,
                            .index = index,
                            .class_ = shape->classes,
                            .sample = shape_sample_count(shape),
                            .gram = true};
    measured->arena = (struct arena){0};
    for (int pass = 0; pass < 2; pass++) {
        spectra_carve(&measured->spectra, shape, &measured->arena);
        collapse_carve(&measured->collapse, shape, &measured->arena);
        result_carve(&measured->result, &extent, &measured->arena);
        if (pass == 0) assert_ok(arena_reserve(&measured->arena));
    }
    result_clear(&measured->result);
    struct loss_terms terms;
    model_loss(&measured->fixture.model, &measured->fixture.parameters, &terms);
    assert_ok(spectra_measure(&measured->spectra, &measured->fixture.model,
                              &measured->fixture.parameters, &measured->result));
    assert_ok(collapse_measure(&measured->collapse, &measured->fixture.model,
                               &measured->fixture.parameters, &measured->result));
}

static void measured_tear_down(struct measured *measured) {
    arena_release(&measured->arena);
    fixture_tear_down(&measured->fixture);
}

/* Identity blocks in every factor: H_1 = I (x) 1_n^T, W_l = I. */
static void set_identity(struct factors *factors) {
    const struct shape *shape = &factors->shape;
    memset(factors->data, 0, shape_parameter_count(shape) * sizeof(double));
    for (int j = 0; j < shape_sample_count(shape); j++)
        factors->feature[j * shape->width + j / shape->samples] = 1.0;
    for (int layer = 1; layer <= shape->depth; layer++) {
        for (int i = 0; i < shape->classes; i++)
            factors->weight[layer - 1][i * shape_rows(shape, layer) + i] = 1.0;
    }
}

static void test_collapsed(void **state) {
    (void)state;
    struct measured measured;
    struct problem problem = make_problem((struct shape){3, 6, 4, 3, 0}, ACTIVATION_RELU);
    fixture_set_up(&measured.fixture, &problem, 1.0);
    set_identity(&measured.fixture.parameters);
    measure(&measured);
    const struct result *result = &measured.result;
    for (int layer = 0; layer < 3; layer++) {
        assert_near(result->sv[SPECTRUM_MEAN_POST][layer * 6], 1.0, 1e-14);
        assert_near(result->sv[SPECTRUM_FEATURE_PRE][layer * 6], sqrt(3.0), 1e-14);
        assert_near(result->sv[SPECTRUM_MEAN_POST][layer * 6 + 3], 1.0, 1e-14);
        assert_near(result->nc2_frame_post[layer], 0.0, 1e-14);
        assert_int_equal(result->rank[SPECTRUM_MEAN_POST][layer * TOLERANCE_COUNT], 4);
        assert_near(result->gram_post[layer * 16 + 5], 1.0, 1e-14);
        assert_near(result->gram_post[layer * 16 + 1], 0.0, 1e-14);
    }
    assert_true(isnan(result->sv[SPECTRUM_MEAN_POST][4]));
    assert_near(result->sv_output[0], sqrt(3.0), 1e-14);
    assert_true(isnan(result->sv_output[5]));
    measured_tear_down(&measured);
}

static void test_single_thread(void **state) {
    (void)state;
    assert_ok(blas_single_thread());
    assert_int_equal(blas_thread_count(), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_svd),       cmocka_unit_test(test_svd_norm),
        cmocka_unit_test(test_ranks),     cmocka_unit_test(test_class_means),
        cmocka_unit_test(test_svd_left),  cmocka_unit_test(test_svd_by_gram),
        cmocka_unit_test(test_collapsed), cmocka_unit_test(test_single_thread),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

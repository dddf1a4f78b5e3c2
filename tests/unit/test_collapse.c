/* Collapse metrics on features made by hand: simplex ETF, orthogonal frame, incidence
 * matrix of a graph, closed forms for each; and where they are undefined. */
#include <float.h>
#include <string.h>

#include "dufm/alignment.h"
#include "dufm/collapse.h"
#include "dufm/frame.h"
#include "dufm/monitor.h"
#include "dufm/spectra.h"
#include "dufm/variability.h"
#include "problems.h"

enum { ORDER = 5, EDGES = ORDER * (ORDER - 1) / 2, SAMPLES_MAX = 40, WIDTH_MAX = 12 };

struct bench {
    struct shape shape;
    double samples[WIDTH_MAX * SAMPLES_MAX]; /* d x N */
    struct means means;
    struct variability variability;
    struct alignment alignment;
    struct arena arena;
};

static void carve(struct bench *bench) {
    means_carve(&bench->means, &bench->shape, &bench->arena);
    variability_carve(&bench->variability, &bench->shape,
                      shape_sample_count(&bench->shape), &bench->arena);
    alignment_carve(&bench->alignment, &bench->shape, &bench->arena);
}

static void set_up(struct bench *bench, int width, int classes, int samples) {
    *bench = (struct bench){.shape = {2, width, classes, samples, 0}};
    carve(bench);
    assert_ok(arena_reserve(&bench->arena));
    carve(bench);
}

static void tear_down(struct bench *bench) {
    arena_release(&bench->arena);
}

/* Entry (row, class) of every sample of the class. */
static void add_mean(struct bench *bench, int row, int class_, double value) {
    int width = bench->shape.width, samples = bench->shape.samples;
    for (int i = 0; i < samples; i++)
        bench->samples[(class_ * samples + i) * width + row] += value;
}

/* Samples of every class at their mean plus and minus `size` along a coordinate; an even
 * number of them. */
static void add_spread(struct bench *bench, int row, double size) {
    for (int j = 0; j < shape_sample_count(&bench->shape); j++)
        bench->samples[j * bench->shape.width + row] += j % 2 == 0 ? size : -size;
}

struct values {
    double trace, pinv, frame, simplex, equinorm, equiangle;
};

static struct values measure(struct bench *bench) {
    static double gram[EDGES * EDGES];
    int classes = bench->shape.classes;
    struct const_matrix mean = {bench->shape.width, classes, bench->means.mean};
    struct const_matrix centred = {bench->shape.width, classes, bench->means.centred};
    struct matrix out = {classes, classes, gram};
    struct values values;
    means_take(&bench->means, bench->samples);
    values.trace = variability_trace(&bench->means);
    assert_ok(variability_pinv(&bench->variability, &bench->means, &values.pinv));
    blas_multiply_left_transposed(1, mean, mean, 0, out);
    values.frame = frame_orthogonal_distance(gram, classes);
    blas_multiply_left_transposed(1, centred, centred, 0, out);
    values.simplex = frame_simplex_distance(gram, classes);
    values.equinorm = frame_equinorm_spread(gram, classes);
    values.equiangle = frame_equiangle_spread(gram, classes, bench->means.zero);
    return values;
}

/* M = size (I - 11^T/K) in the first K rows, and a shift common to all classes. */
static void make_simplex(struct bench *bench, double size, double shift) {
    int classes = bench->shape.classes;
    for (int k = 0; k < classes; k++)
        for (int i = 0; i < classes; i++)
            add_mean(bench, i, k, size * ((i == k) - 1.0 / classes) + shift);
}

static void test_simplex(void **state) {
    (void)state;
    for (int classes = 2; classes <= 10; classes += 4) {
        struct bench bench;
        set_up(&bench, 12, classes, 2);
        make_simplex(&bench, 3.0, 0.7);
        struct values values = measure(&bench);
        assert_near(values.simplex, 0, 1e-14);
        assert_near(values.equinorm, 0, 1e-14);
        assert_near(values.equiangle, 0, 1e-14);
        assert_near(values.trace, 0, 1e-30);
        assert_near(values.pinv, 0, 1e-30);
        tear_down(&bench);
    }
}

/* S_B = size^2/K (I - 11^T/K). Deviations along a coordinate outside of its span: tr(S_W)
 * = spread^2, nothing for the pseudo-inverse. Along coordinate 0: of that the part 1 -
 * 1/K lies in the span, where pinv(S_B) = K/size^2. */
static void test_variability(void **state) {
    (void)state;
    const int classes = 4;
    const double size = 3.0, spread = 0.1, part = 1.0 - 1.0 / classes;
    struct bench bench;
    set_up(&bench, 6, classes, 4);
    make_simplex(&bench, size, 0.0);
    add_spread(&bench, 5, spread);
    struct values values = measure(&bench);
    assert_near(values.trace, spread * spread / (size * size * part), 1e-15);
    assert_near(values.pinv, 0, 1e-30);
    add_spread(&bench, 0, spread);
    values = measure(&bench);
    assert_near(values.trace, 2 * spread * spread / (size * size * part), 1e-15);
    assert_near(values.pinv, part * spread * spread / (size * size), 1e-15);
    tear_down(&bench);
}

/* Two directions, the second one of singular value `small` relative to the first: it
 * counts above a relative 1e-3. Four classes at (+-1, +-small), so that S_B = diag(1,
 * small^2); deviations `small` in the second direction: 1/K or 0. */
static void test_cutoff(void **state) {
    (void)state;
    const double smalls[] = {1.0, 1.1e-3, 0.9e-3};
    for (int i = 0; i < 3; i++) {
        struct bench bench;
        set_up(&bench, 3, 4, 2);
        for (int k = 0; k < 4; k++) {
            add_mean(&bench, 0, k, k % 2 == 0 ? 1.0 : -1.0);
            add_mean(&bench, 1, k, k < 2 ? smalls[i] : -smalls[i]);
        }
        add_spread(&bench, 1, smalls[i]);
        assert_near(measure(&bench).pinv, i < 2 ? 0.25 : 0.0, 1e-12);
        tear_down(&bench);
    }
}

static void test_orthogonal_frame(void **state) {
    (void)state;
    struct bench bench;
    set_up(&bench, 7, 6, 1);
    for (int k = 0; k < 6; k++)
        add_mean(&bench, k, k, 2.5);
    struct values values = measure(&bench);
    assert_near(values.frame, 0, 1e-15);
    assert_near(values.simplex, 0, 1e-14);
    assert_near(values.equinorm, 0, 1e-14);
    assert_near(values.equiangle, 0, 1e-14);
    assert_true(isnan(values.trace) && isnan(values.pinv)); /* one sample a class */
    tear_down(&bench);
    const double line[] = {1, 1, 1, 1}, zero[4] = {0};
    /* |11^T/2 - I/sqrt 2|^2 = 2 (1/2 - 1/sqrt 2)^2 + 2/4 */
    double side = 0.5 - sqrt(0.5);
    assert_near(frame_orthogonal_distance(line, 2), sqrt(2 * side * side + 0.5), 1e-15);
    assert_true(isnan(frame_orthogonal_distance(zero, 2)));
    assert_true(isnan(frame_simplex_distance(zero, 2)));
    assert_true(isnan(frame_equinorm_spread(zero, 2)));
    assert_true(isnan(frame_equiangle_spread(zero, 2, 0.0)));
    const double broken[] = {1, NAN, NAN, 1};
    assert_true(isnan(frame_orthogonal_distance(broken, 2)));
}

/* B^T B = 2 I + A, A the adjacency of the K edges of K_r, regular of degree 2(r-2): of
 * eigenvalues 2(r-1), r-2 (r-1 times) and 0. Centred, the first one goes. */
static void test_incidence(void **state) {
    (void)state;
    const double r = ORDER, K = EDGES;
    struct bench bench;
    set_up(&bench, 12, EDGES, 1);
    int class_ = 0;
    for (int a = 0; a < ORDER; a++)
        for (int b = a + 1; b < ORDER; b++, class_++) {
            add_mean(&bench, a, class_, 0.3);
            add_mean(&bench, b, class_, 0.3);
        }
    struct values values = measure(&bench);
    double norm = sqrt(K * (4 + 2 * (r - 2)));
    assert_near(values.frame, sqrt(2 - 2 * 2 * K / (norm * sqrt(K))), 1e-14);
    double trace = 2 * K - 2 * (r - 1), centred = (r - 2) * sqrt(r - 1);
    assert_near(values.simplex, sqrt(2 - 2 * trace / (centred * sqrt(K - 1))), 1e-14);
    assert_near(values.equinorm, 0, 1e-14);
    double share = 2 * (r - 2) / (K - 1), step = K / trace;
    assert_near(values.equiangle, step * sqrt(share * (1 - share)), 1e-14);
    tear_down(&bench);
}

/* Norms 1 and 3 of opposite means: (3 - 1)/(3 + 1); pairs of cosines 1 and -1. */
static void test_spreads(void **state) {
    (void)state;
    const double gram[] = {1, -3, -3, 9};
    assert_near(frame_equinorm_spread(gram, 2), 0.5, 1e-15);
    assert_near(frame_equiangle_spread(gram, 2, 0.0), 0, 1e-15);
    const double lines[] = {1, 1, -2, 1, 1, -2, -2, -2, 4}; /* 1, 1, -2 on a line */
    /* cosines 1, -1, -1: mean -1/3, variance 8/9 */
    assert_near(frame_equiangle_spread(lines, 3, 0.0), sqrt(8.0 / 9.0), 1e-15);
    assert_true(isnan(frame_equiangle_spread(lines, 3, 1.5)));
}

static void test_condition(void **state) {
    (void)state;
    const double values[] = {6, 3, 2}, edge[] = {1, 4 * DBL_EPSILON},
                 singular[] = {1, 1e-17}, zero[] = {0, 0}, broken[] = {NAN, NAN};
    assert_near(frame_condition(values, 3, 9), 3, 0);
    assert_near(frame_condition(values, 9, 2), 2, 0);
    assert_true(isfinite(frame_condition(edge, 2, 3)));
    assert_true(isinf(frame_condition(edge, 2, 4)));
    assert_true(isinf(frame_condition(singular, 2, 2)));
    assert_true(isnan(frame_condition(zero, 2, 2)));
    assert_true(isnan(frame_condition(broken, 2, 2)));
}

/* Everything but the means' own size is the same at any scale; beyond the range of
 * numbers nothing is said. */
static void test_scales(void **state) {
    (void)state;
    const double scales[] = {1.0, 1e-120, 1e-60, 1e60, 1e-135};
    struct values want = {0};
    for (int s = 0; s < 5; s++) {
        struct bench bench;
        struct random_key key = {.seed = 5};
        set_up(&bench, 7, 4, 3);
        random_normal(&key, 1, bench.samples, 7 * 12);
        for (int i = 0; i < 7 * 12; i++)
            bench.samples[i] *= scales[s];
        struct values got = measure(&bench);
        if (s == 0) want = got;
        if (s < 4) {
            assert_near(got.trace, want.trace, 1e-13 * want.trace);
            assert_near(got.pinv, want.pinv, 1e-13 * want.pinv);
            assert_near(got.frame, want.frame, 1e-14);
            assert_near(got.simplex, want.simplex, 1e-14);
            assert_near(got.equinorm, want.equinorm, 1e-14);
            assert_near(got.equiangle, want.equiangle, 1e-14);
        } else {
            assert_false(bench.means.defined || bench.means.spread);
            assert_true(isnan(got.trace) && isnan(got.pinv));
        }
        tear_down(&bench);
    }
}

/* What is rounding is not measured: equal means, means that cancel, infinite samples. */
static void test_undefined(void **state) {
    (void)state;
    struct bench bench;
    set_up(&bench, 5, 4, 2);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 5; i++)
            add_mean(&bench, i, k, (0.1 + i) * (1 + k * DBL_EPSILON));
    add_spread(&bench, 2, 0.5);
    struct values values = measure(&bench);
    assert_true(bench.means.defined && !bench.means.spread);
    assert_true(isnan(values.trace) && isnan(values.pinv));
    tear_down(&bench);

    set_up(&bench, 5, 4, 2);
    for (int k = 0; k < 4; k++)
        add_mean(&bench, k, k, DBL_EPSILON);
    add_spread(&bench, 2, 1.0);
    measure(&bench);
    assert_false(bench.means.defined || bench.means.spread);
    bench.samples[7] = INFINITY;
    assert_true(isnan(measure(&bench).trace));
    bench.samples[7] = NAN;
    assert_true(isnan(measure(&bench).pinv));
    tear_down(&bench);
}

static double align(struct bench *bench, const double *weight, int rows) {
    means_take(&bench->means, bench->samples);
    return alignment_rows(&bench->alignment,
                          (struct const_matrix){rows, bench->shape.width, weight},
                          &bench->means);
}

static double duality(struct bench *bench, const double *weight) {
    return alignment_duality(
        (struct const_matrix){bench->shape.classes, bench->shape.width, weight},
        &bench->means);
}

static void test_alignment(void **state) {
    (void)state;
    struct bench bench;
    set_up(&bench, 3, 2, 1); /* means 2 e_1 and 5 e_2 */
    add_mean(&bench, 0, 0, 2.0);
    add_mean(&bench, 1, 1, 5.0);
    /* rows: 7 e_1, 0, e_2 */
    const double along[] = {7, 0, 0, 0, 0, 1, 0, 0, 0};
    assert_near(align(&bench, along, 3), 1.0, 1e-15);
    /* rows: 3 (e_1 + e_2)/sqrt 2, -e_3, -e_1: best cosines 1/sqrt 2, 0, 0 */
    const double third = 3 * sqrt(0.5);
    const double mixed[] = {third, 0, -1, third, 0, 0, 0, -1, 0};
    assert_near(align(&bench, mixed, 3), 3 * sqrt(0.5) / 5, 1e-15);
    const double opposite[] = {-1, -1, 0}; /* one row */
    assert_near(align(&bench, opposite, 1), -sqrt(0.5), 1e-15);
    const double zero[9] = {0};
    assert_true(isnan(align(&bench, zero, 3)));

    const double dual[] = {2, 0, 0, 5, 0, 0}, across[] = {0, 0, 0, 0, 1, 1};
    const double negative[] = {-2, 0, 0, -5, 0, 0};
    assert_near(duality(&bench, dual), 0, 1e-15);
    assert_near(duality(&bench, across), sqrt(2), 1e-15);
    assert_near(duality(&bench, negative), 2, 1e-15);
    assert_true(isnan(duality(&bench, zero)));

    /* a class without a mean has no direction; without any there is nothing to say */
    bench.samples[0] = 0;
    assert_near(align(&bench, along, 3), 1.0 / 8, 1e-15);
    bench.samples[4] = 0;
    assert_true(isnan(align(&bench, along, 3)) && isnan(duality(&bench, dual)));
    tear_down(&bench);
}

/* What is seen at a record is what is measured at the end. */
static void test_monitor(void **state) {
    (void)state;
    enum { DEPTH = 3 };
    struct problem problem =
        make_problem((struct shape){DEPTH, 7, 5, 3, 0}, ACTIVATION_RELU);
    struct extent extent = {
        .layer = DEPTH, .index = 7, .class_ = 5, .sample = 15, .record = 4};
    struct fixture fixture;
    struct monitor monitor;
    struct spectra spectra;
    struct collapse collapse;
    struct result result;
    struct arena arena = {0};
    fixture_set_up(&fixture, &problem, 1.0);
    for (int pass = 0; pass < 2; pass++) {
        monitor_carve(&monitor, &problem.shape, &arena);
        spectra_carve(&spectra, &problem.shape, &arena);
        collapse_carve(&collapse, &problem.shape, &arena);
        result_carve(&result, &extent, &arena);
        if (pass == 0) assert_ok(arena_reserve(&arena));
    }
    result_clear(&result);
    model_forward(&fixture.model, &fixture.parameters);
    assert_ok(spectra_measure(&spectra, &fixture.model, &fixture.parameters, &result));
    assert_ok(collapse_measure(&collapse, &fixture.model, &fixture.parameters, &result));
    monitor.model = &fixture.model;
    monitor.parameters = &fixture.parameters;
    monitor.result = &result;
    result.history_loss[2] = 0.5;
    monitor_observe(&monitor, 1); /* its loss is not finite */
    monitor_observe(&monitor, 2);
    assert_ok(monitor.error);
    for (int l = 0; l < DEPTH; l++) {
        assert_true(isnan(result.history_nc1[DEPTH + l]));
        assert_int_equal(result.history_rank[DEPTH + l], -1);
        assert_near(result.history_nc1[2 * DEPTH + l], result.nc1_trace[SIDE_POST][l], 0);
        assert_true(result.history_nc1[2 * DEPTH + l] > 0);
        assert_int_equal(
            result.history_rank[2 * DEPTH + l],
            result.rank[SPECTRUM_MEAN_POST][l * TOLERANCE_COUNT + MONITOR_TOLERANCE]);
        assert_true(result.history_rank[2 * DEPTH + l] > 0);
    }
    arena_release(&arena);
    fixture_tear_down(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simplex),          cmocka_unit_test(test_variability),
        cmocka_unit_test(test_cutoff),           cmocka_unit_test(test_incidence),
        cmocka_unit_test(test_orthogonal_frame), cmocka_unit_test(test_spreads),
        cmocka_unit_test(test_condition),        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_undefined),        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_monitor),
    };
    return cmocka_run_group_tests_name("collapse", tests, NULL, NULL);
}

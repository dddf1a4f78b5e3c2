/* Whole runs of the policy in virtual time: every row once, no worker left alone at the
 * end, early stops learned, an honest estimate of the time left, many workers. */
#include "unit.h"

#include <string.h>

#include "../bench/simulation.h"

enum { ROWS_MAX = 200000 };

/* Rows as tables: predicted costs, shapes, and what rows really take. */
struct rows {
    double predicted[ROWS_MAX];
    uint32_t shape[ROWS_MAX];
    struct simulated_row actual[ROWS_MAX];
};

static struct rows rows;
static unsigned char seen[ROWS_MAX];

static struct policy_cost predicted_cost(const void *context, uint32_t row) {
    const struct rows *table = context;
    return (struct policy_cost){table->predicted[row], table->shape[row]};
}

static struct simulated_row actual_row(const void *context, uint32_t row) {
    return ((const struct rows *)context)->actual[row];
}

static void set_row(uint32_t row, double predicted, double slowness, double share) {
    rows.predicted[row] = predicted;
    rows.shape[row] = 0;
    rows.actual[row] = (struct simulated_row){predicted * slowness * share, share};
}

static struct simulated_setup setup_of(uint32_t count, int workers) {
    memset(seen, 0, sizeof seen);
    return (struct simulated_setup){.input = {count, predicted_cost, &rows, workers, 512},
                                    .actual = actual_row,
                                    .seen = seen};
}

static struct simulated_run run_all(const struct simulated_setup *setup) {
    struct simulated_run done = simulate(setup);
    for (uint32_t row = 0; row < setup->input.rows; row++)
        assert_int_equal(seen[row], rows.predicted[row] > 0);
    return done;
}

/* With longest first a run is longer than an equal share by less than the longest point,
 * and by little when points are many. */
static void test_efficiency(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint32_t rows;
        int workers;
        double smallest, factor; /* cost of row i: smallest * factor^(i mod 8) */
        double slowness;         /* actual over predicted */
        double service;          /* of the coordinator */
        double least;            /* efficiency */
    } cases[] = {
        {"one worker", 2000, 1, 0.001, 2, 1, 0, 0.9999},
        {"tiny points", 20000, 7, 0.0005, 1, 1, 0, 0.96},
        {"tiny points, twenty times slower", 20000, 7, 0.0005, 1, 20, 0, 0.96},
        {"a wide range", 4000, 16, 0.001, 4, 1, 0, 0.96},
        {"a wide range, mispredicted", 4000, 16, 0.001, 4, 3, 0, 0.96},
        {"many workers", 640, 64, 1, 1.5, 1, 0, 0.96},
        {"fewer points than workers", 8, 64, 1, 1, 1, 0, 0.12},
        {"a thousand workers", 200000, 1000, 0.05, 1.5, 1, 10e-6, 0.95},
        {"ten thousand workers", 200000, 10000, 1, 1.3, 1, 10e-6, 0.9},
        {"more than it can serve one by one", 200000, 2000, 0.01, 1, 1, 10e-6, 0.8},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (uint32_t row = 0; row < cases[c].rows; row++)
            set_row(row, cases[c].smallest * pow(cases[c].factor, row % 8),
                    cases[c].slowness, 1);
        struct simulated_setup setup = setup_of(cases[c].rows, cases[c].workers);
        setup.service = cases[c].service;
        struct simulated_run done = run_all(&setup);
        if (done.efficiency < cases[c].least)
            fail_msg("%s: efficiency %.4f, at least %g expected", cases[c].what,
                     done.efficiency, cases[c].least);
    }
}

/* A coordinator that cannot answer points one by one can answer batches. */
static void test_batches_spare_the_coordinator(void **state) {
    (void)state;
    for (uint32_t row = 0; row < 100000; row++)
        set_row(row, 0.001, 1, 1);
    struct simulated_setup setup = setup_of(100000, 500);
    setup.service = 10e-6; /* 100,000 requests a second, 500,000 points a second */
    struct simulated_run batches = run_all(&setup);
    setup = setup_of(100000, 500);
    setup.service = 10e-6;
    setup.input.batch_limit = 1;
    struct simulated_run singly = run_all(&setup);
    assert_true(singly.efficiency < 0.25 && singly.load > 0.95);
    assert_true(batches.efficiency > 0.6);
    assert_true(batches.assignments < singly.assignments / 5);
}

/* Twenty thousand points of half a millisecond need about 40 assignments, not 20,000; the
 * tail adds a few. */
static void test_few_assignments(void **state) {
    (void)state;
    for (uint32_t row = 0; row < 20000; row++)
        set_row(row, 0.0005, 1, 1);
    struct simulated_setup setup = setup_of(20000, 4);
    struct simulated_run done = run_all(&setup);
    assert_in_range((int)done.assignments, 40, 120);
}

/* Where commits are slow the last batches are not cut smaller than is worth it. */
static void test_slow_commits(void **state) {
    (void)state;
    double spans[2], assignments[2];
    for (int slow = 0; slow < 2; slow++) {
        for (uint32_t row = 0; row < 4000; row++)
            set_row(row, 0.001, 1, 1);
        struct simulated_setup setup = setup_of(4000, 2);
        setup.overhead = slow ? 0.01 : 0;
        struct simulated_run done = run_all(&setup);
        spans[slow] = done.span - setup.overhead * done.assignments / 2;
        assignments[slow] = done.assignments;
    }
    assert_true(assignments[1] < assignments[0] - 8);
    assert_near(spans[1], spans[0], 0.04); /* waits for a batch at most */
}

/* Rows that are done already are not run again. */
static void test_resumed_run(void **state) {
    (void)state;
    for (uint32_t row = 0; row < 1000; row++)
        set_row(row, row % 3 == 0 ? 0 : 0.01 * (1 + row % 7), 1, 1);
    struct simulated_setup setup = setup_of(1000, 5);
    run_all(&setup);
}

/* Points of one kind stop after a hundredth of their steps; fewer, predicted to be half
 * as long, take all of theirs. The order by predictions alone would begin these last. */
static void test_early_stops_are_learned(void **state) {
    (void)state;
    for (uint32_t row = 0; row < 1000; row++) {
        set_row(row, row % 20 == 0 ? 5 : 10, 1, row % 20 == 0 ? 1 : 0.01);
        rows.shape[row] = row % 20 == 0;
    }
    struct simulated_setup setup = setup_of(1000, 40); /* 50 points of 5 s */
    struct simulated_run done = run_all(&setup);
    assert_true(done.span < 10.4); /* two rounds of 5 s */
}

/* The speed of a shape carries over to points of it with another limit. */
static void test_speed_of_a_shape(void **state) {
    (void)state;
    static const double costs[] = {30, 20, 8, 2};
    for (uint32_t row = 0; row < 4; row++) {
        set_row(row, costs[row], 1, 1);
        rows.shape[row] = row % 2; /* 30 and 8 s; 20 and 2 s, five times slower */
    }
    struct policy *policy = NULL;
    struct policy_input input = {4, predicted_cost, &rows, 1, 8};
    assert_ok(policy_create(&input, &policy));
    static const uint32_t expected[] = {0, 1, 3, 2};
    static const double took[] = {30, 100, 10, 8};
    double time = 0, before = 0;
    for (int i = 0; i < 4; i++) {
        struct policy_event event = {0, time, i > 0, {before, 0, before * before, i > 0}};
        struct policy_action action = policy_step(policy, &event);
        assert_int_equal(action.kind, POLICY_ASSIGN);
        assert_int_equal(action.rows[0], expected[i]); /* 3 now counts as 10 s */
        before = took[i];
        time += before;
    }
    policy_destroy(&policy);
}

/* More kinds than classes: each row once still, and the dearest first. */
static void test_more_kinds_than_classes(void **state) {
    (void)state;
    for (uint32_t row = 0; row < 20000; row++) {
        set_row(row, 1e-4 * pow(1.001, (row * 7919) % 20000), 1, 1);
        rows.shape[row] = row % 100;
    }
    struct simulated_setup setup = setup_of(20000, 20);
    assert_true(run_all(&setup).efficiency > 0.97);
}

/* ---- the time left ---- */

/* A reproducible number above 0 and below 1. */
static double some_number(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return ((double)*state + 0.5) / 4294967296.0;
}

/* What was estimated on the way. */
struct forecasts {
    double next; /* no look before that time */
    int count;
    struct {
        double time;
        struct policy_estimate left;
    } looks[1000];
};

static void look(void *context, struct policy *policy, double time) {
    struct forecasts *forecasts = context;
    if (time < forecasts->next || forecasts->count == 1000) return;
    forecasts->looks[forecasts->count].time = time;
    forecasts->looks[forecasts->count++].left = policy_left(policy, time);
    forecasts->next = time + 5;
}

/* Points stop anywhere between a fifth of their steps and all, predictions are off by a
 * factor for each shape: the end lies within the range in most looks, and the range gets
 * narrow. */
static void test_time_left_is_honest(void **state) {
    (void)state;
    static struct forecasts forecasts;
    static const double slowness[] = {1, 0.4, 2.5, 1.5};
    int looks = 0, right = 0;
    double width = 0;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        uint32_t random = seed;
        for (uint32_t row = 0; row < 2000; row++) {
            set_row(row, 2.0 * (1 + row % 5), slowness[row / 5 % 4],
                    0.2 + 0.8 * some_number(&random));
            rows.shape[row] = row / 5 % 4;
        }
        struct simulated_setup setup = setup_of(2000, 16);
        forecasts = (struct forecasts){.next = 20};
        setup.watch = look;
        setup.watcher = &forecasts;
        double end = run_all(&setup).span;
        for (int i = 0; i < forecasts.count; i++) {
            struct policy_estimate left = forecasts.looks[i].left;
            double truth = end - forecasts.looks[i].time;
            if (truth < 20) continue;
            looks++;
            right += truth >= left.low && truth <= left.high;
            width += left.high / left.low;
        }
    }
    assert_true(looks > 1000);
    if (right < 0.85 * looks)
        fail_msg("the end was within the range in %d of %d looks", right, looks);
    if (width / looks > 1.6)
        fail_msg("the high bound is %.2f times the low one", width / looks);
}

static void test_nothing_is_promised_at_first(void **state) {
    (void)state;
    set_row(0, 10, 1, 1);
    struct policy *policy = NULL;
    struct policy_input input = {1, predicted_cost, &rows, 2, 8};
    assert_ok(policy_create(&input, &policy));
    struct policy_estimate left = policy_left(policy, 0);
    assert_float_equal(left.seconds, 10, 0.1);
    assert_true(isnan(left.low) && isnan(left.high));
    policy_destroy(&policy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_efficiency),
        cmocka_unit_test(test_batches_spare_the_coordinator),
        cmocka_unit_test(test_few_assignments),
        cmocka_unit_test(test_slow_commits),
        cmocka_unit_test(test_resumed_run),
        cmocka_unit_test(test_early_stops_are_learned),
        cmocka_unit_test(test_speed_of_a_shape),
        cmocka_unit_test(test_more_kinds_than_classes),
        cmocka_unit_test(test_time_left_is_honest),
        cmocka_unit_test(test_nothing_is_promised_at_first),
    };
    return cmocka_run_group_tests_name("policy runs", tests, NULL, NULL);
}

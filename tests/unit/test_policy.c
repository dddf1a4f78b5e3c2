/* The scheduler's decisions, as tables and with a simulated clock. */
#include "unit.h"

#include "dufm/policy.h"

enum { ROWS_MAX = 20000, WORKERS_MAX = 64 };

/* Costs of rows, as the policy asks for them. */
static double table_cost(const void *context, uint32_t row) {
    return ((const double *)context)[row];
}

static struct policy *make(const double *costs, uint32_t rows, int workers, int limit) {
    struct policy_input input = {rows, table_cost, costs, workers, limit};
    struct policy *policy = NULL;
    assert_ok(policy_create(&input, &policy));
    return policy;
}

static struct policy_action ask(struct policy *policy, int worker, double time, int done,
                                double seconds) {
    struct policy_event event = {worker, time, done, seconds};
    return policy_step(policy, &event);
}

/* One worker, points of ten seconds and more: one row at a time, in the order expected.
 */
static void test_order(void **state) {
    (void)state;
    static const struct {
        const char *what;
        double costs[6];
        int expected[6]; /* row numbers, -1 past the end */
    } cases[] = {
        {"longest first", {10, 40, 20, 80, 30, 60}, {3, 5, 1, 4, 2, 0}},
        {"one cost: ascending", {10, 10, 10, 10, 10, 10}, {0, 1, 2, 3, 4, 5}},
        {"stable inside a cost", {10, 20, 10, 20, 10, 20}, {1, 3, 5, 0, 2, 4}},
        {"no cost: left out", {0, 20, 0, 30, 0, 0}, {3, 1, -1}},
        {"nothing to do", {0, 0, 0, 0, 0, 0}, {-1}},
        {"a thousandth is no difference",
         {10, 10.01, 10, 10.01, 9, 9},
         {0, 1, 2, 3, 4, 5}},
        {"extreme costs are kept", {1e300, INFINITY, 1e-300, 10, 0, 0}, {0, 1, 3, 2, -1}},
        {"an undefined cost is none", {NAN, 10, 20, 0, 0, 0}, {2, 1, -1}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct policy *policy = make(cases[c].costs, 6, 1, 100);
        for (int i = 0; i < 6 && cases[c].expected[i] >= 0; i++) {
            struct policy_action action = ask(policy, 0, i, i > 0, i > 0 ? 10 : 0);
            if (action.kind != POLICY_ASSIGN || action.count != 1 ||
                (int)action.rows[0] != cases[c].expected[i])
                fail_msg("%s: step %d gave row %d (kind %d, count %d), expected %d",
                         cases[c].what, i,
                         action.kind == POLICY_ASSIGN ? (int)action.rows[0] : -1,
                         (int)action.kind, action.count, cases[c].expected[i]);
        }
        assert_int_equal(ask(policy, 0, 9, 1, 10).kind, POLICY_FINISH);
        policy_destroy(&policy);
        assert_null(policy);
    }
}

/* How many rows of one cost travel together. */
static void test_batch(void **state) {
    (void)state;
    static const struct {
        const char *what;
        double cost;   /* predicted, each */
        double actual; /* seconds a row, as the first batch reports them */
        uint32_t rows; /* in all */
        int workers, limit;
        int first, second; /* rows expected in the first and the second batch */
    } cases[] = {
        {"a probe, then a quarter of a second", 0.001, 0.001, 10000, 1, 1000, 16, 250},
        {"twice as slow as predicted", 0.001, 0.002, 10000, 1, 1000, 16, 125},
        {"four times as fast", 0.001, 0.00025, 10000, 1, 2000, 16, 1000},
        {"the stage is small", 0.001, 0.001, 10000, 1, 100, 16, 100},
        {"the stage is tiny", 0.001, 0.001, 10000, 1, 5, 5, 5},
        {"long points go alone", 3.0, 3.0, 100, 1, 1000, 1, 1},
        {"a point at the bound goes alone", 0.24, 0.24, 100, 1, 1000, 1, 1},
        {"toward the end: half a share", 0.001, 0.001, 116, 5, 1000, 11, 10},
        {"the last rows singly", 0.001, 0.001, 4, 2, 1000, 1, 1},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double *costs = malloc(cases[c].rows * sizeof *costs);
        for (uint32_t row = 0; row < cases[c].rows; row++)
            costs[row] = cases[c].cost;
        struct policy *policy =
            make(costs, cases[c].rows, cases[c].workers, cases[c].limit);
        struct policy_action first = ask(policy, 0, 0, 0, 0);
        struct policy_action second =
            ask(policy, 0, 1, first.count, first.count * cases[c].actual);
        /* Rounding of the cost to 0.8 % may move the count by as much. */
        int slack = 1 + cases[c].second / 100;
        if (abs(first.count - cases[c].first) > (cases[c].first > 5 ? 1 : 0) ||
            abs(second.count - cases[c].second) > (cases[c].second > 5 ? slack : 0))
            fail_msg("%s: batches of %d and %d rows, expected %d and %d", cases[c].what,
                     first.count, second.count, cases[c].first, cases[c].second);
        assert_ptr_equal(second.rows, first.rows + first.count);
        policy_destroy(&policy);
        free(costs);
    }
}

/* A batch holds rows of about one cost, so that what is learned from it means something.
 */
static void test_batch_keeps_to_one_octave(void **state) {
    (void)state;
    double costs[40];
    for (int row = 0; row < 40; row++)
        costs[row] = row < 20 ? 0.0001 : 0.001;
    struct policy *policy = make(costs, 40, 1, 1000);
    int seen = 0;
    for (int done = 0; seen < 40;) {
        struct policy_action action = ask(policy, 0, seen, done, done * 0.01);
        assert_int_equal(action.kind, POLICY_ASSIGN);
        for (int i = 1; i < action.count; i++)
            assert_float_equal(costs[action.rows[i]], costs[action.rows[0]], 0);
        seen += done = action.count;
    }
    policy_destroy(&policy);
}

static void test_stop(void **state) {
    (void)state;
    double costs[10];
    for (int row = 0; row < 10; row++)
        costs[row] = 10;
    struct policy *policy = make(costs, 10, 2, 10);
    assert_int_equal(ask(policy, 0, 0, 0, 0).kind, POLICY_ASSIGN);
    assert_int_equal(ask(policy, 1, 0, 0, 0).kind, POLICY_ASSIGN);
    assert_int_equal(policy_pending(policy), 8);
    policy_stop(policy);
    assert_false(policy_finished(policy));
    assert_int_equal(ask(policy, 0, 1, 0, 1).kind, POLICY_WAIT);
    assert_false(policy_finished(policy));
    assert_int_equal(ask(policy, 1, 1, 1, 1).kind, POLICY_FINISH);
    assert_true(policy_finished(policy));
    assert_int_equal(policy_pending(policy), 8);
    policy_destroy(&policy);
}

static void test_wait_for_the_last(void **state) {
    (void)state;
    double costs[] = {10};
    struct policy *policy = make(costs, 1, 3, 10);
    assert_int_equal(ask(policy, 1, 0, 0, 0).kind, POLICY_ASSIGN);
    assert_int_equal(ask(policy, 0, 0, 0, 0).kind, POLICY_WAIT);
    assert_int_equal(ask(policy, 2, 0, 0, 0).kind, POLICY_WAIT);
    assert_false(policy_finished(policy));
    assert_int_equal(ask(policy, 1, 10, 1, 10).kind, POLICY_FINISH);
    policy_destroy(&policy);
}

static void test_time_left(void **state) {
    (void)state;
    double costs[] = {16, 16, 16, 16};
    struct policy *policy = make(costs, 4, 2, 10);
    assert_float_equal(policy_left(policy, 0), 32, 0.3);
    ask(policy, 0, 0, 0, 0);
    ask(policy, 1, 0, 0, 0);
    assert_float_equal(policy_left(policy, 8), 24, 0.3);
    ask(policy, 0, 32, 1, 32); /* twice as slow as predicted: its second point starts */
    assert_float_equal(policy_left(policy, 32), 32, 0.6);
    ask(policy, 1, 32, 1, 32);
    assert_float_equal(policy_left(policy, 60), 4, 0.6);
    policy_destroy(&policy);
}

/* A simulated run: every worker takes what it gets and is busy for the actual cost. */
struct simulation {
    double span, ideal; /* when the last worker is done; sum of costs over workers */
    int assignments;
};

static int next_ready(const double *ready, int workers) {
    int best = 0;
    for (int w = 1; w < workers; w++)
        if (ready[w] < ready[best]) best = w;
    return best;
}

static struct simulation simulate(const double *costs, const double *actual,
                                  uint32_t rows, int workers) {
    static int seen[ROWS_MAX];
    double ready[WORKERS_MAX] = {0}, took[WORKERS_MAX] = {0};
    int done[WORKERS_MAX] = {0};
    struct simulation result = {0};
    struct policy *policy = make(costs, rows, workers, 512);
    for (uint32_t row = 0; row < rows; row++) {
        seen[row] = 0;
        result.ideal += actual[row] / workers;
    }
    for (int resting = 0; resting < workers;) {
        int w = next_ready(ready, workers);
        struct policy_action action = ask(policy, w, ready[w], done[w], took[w]);
        took[w] = 0;
        done[w] = action.kind == POLICY_ASSIGN ? action.count : 0;
        for (int i = 0; i < done[w]; i++) {
            seen[action.rows[i]]++;
            took[w] += actual[action.rows[i]];
        }
        if (action.kind == POLICY_ASSIGN) {
            result.assignments++;
            ready[w] += took[w];
            result.span = fmax(result.span, ready[w]);
        } else {
            resting++;
            ready[w] = INFINITY;
        }
    }
    assert_true(policy_finished(policy));
    for (uint32_t row = 0; row < rows; row++)
        assert_int_equal(seen[row], costs[row] > 0);
    policy_destroy(&policy);
    return result;
}

/* Every row once, and no worker left alone at the end: with longest first the run is
 * longer than an equal share by less than the longest point, and by little when points
 * are many. */
static void test_simulated_runs(void **state) {
    (void)state;
    static const struct {
        const char *what;
        uint32_t rows;
        int workers;
        double smallest, factor; /* cost of row i: smallest * factor^(i mod 8) */
        double slowness;         /* actual over predicted */
        double excess;           /* allowed span over the ideal span */
    } cases[] = {
        {"one worker", 2000, 1, 0.001, 2, 1, 1.0001},
        {"tiny points", 20000, 7, 0.0005, 1, 1, 1.05},
        {"tiny points, twenty times slower", 20000, 7, 0.0005, 1, 20, 1.05},
        {"a wide range", 4000, 16, 0.001, 4, 1, 1.05},
        {"a wide range, mispredicted", 4000, 16, 0.001, 4, 3, 1.05},
        {"many workers", 640, 64, 1, 1.5, 1, 1.05},
        {"fewer points than workers", 8, 64, 1, 1, 1, 8.0001},
    };
    static double costs[ROWS_MAX], actual[ROWS_MAX];
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (uint32_t row = 0; row < cases[c].rows; row++) {
            costs[row] = cases[c].smallest * pow(cases[c].factor, row % 8);
            actual[row] = costs[row] * cases[c].slowness;
        }
        struct simulation run = simulate(costs, actual, cases[c].rows, cases[c].workers);
        if (run.span > cases[c].excess * run.ideal)
            fail_msg("%s: %g s, ideal %g s", cases[c].what, run.span, run.ideal);
    }
}

/* Twenty thousand points of half a millisecond need about 40 assignments, not 20,000; the
 * tail adds a few. */
static void test_few_assignments(void **state) {
    (void)state;
    static double costs[ROWS_MAX];
    for (int row = 0; row < ROWS_MAX; row++)
        costs[row] = 0.0005;
    struct simulation run = simulate(costs, costs, ROWS_MAX, 4);
    assert_in_range(run.assignments, 40, 120);
}

/* Rows that are done already are not run again. */
static void test_resumed_run(void **state) {
    (void)state;
    static double costs[1000], actual[1000];
    for (int row = 0; row < 1000; row++) {
        costs[row] = row % 3 == 0 ? 0 : 0.01 * (1 + row % 7);
        actual[row] = costs[row];
    }
    simulate(costs, actual, 1000, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_batch_keeps_to_one_octave),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_wait_for_the_last),
        cmocka_unit_test(test_time_left),
        cmocka_unit_test(test_simulated_runs),
        cmocka_unit_test(test_few_assignments),
        cmocka_unit_test(test_resumed_run),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

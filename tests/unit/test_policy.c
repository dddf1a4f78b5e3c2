/* The scheduler's decisions, as tables. */
#include "unit.h"

#include "dufm/policy.h"

/* Costs of rows, as the policy asks for them. */
static struct policy_cost table_cost(const void *context, uint32_t row) {
    return (struct policy_cost){((const double *)context)[row], 0};
}

static struct policy *make(const double *costs, uint32_t rows, int workers, int limit) {
    struct policy_input input = {rows, table_cost, costs, workers, limit};
    struct policy *policy = NULL;
    assert_ok(policy_create(&input, &policy));
    return policy;
}

static struct policy_action ask(struct policy *policy, int worker, double time, int done,
                                double seconds) {
    struct effort effort = {.seconds = seconds, .share = done};
    struct policy_event event = {worker, time, done, effort};
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
        uint32_t next = first.rows[first.count - 1] + 1;
        struct policy_action second =
            ask(policy, 0, 1, first.count, first.count * cases[c].actual);
        if (abs(first.count - cases[c].first) > (cases[c].first > 5 ? 1 : 0) ||
            abs(second.count - cases[c].second) > (cases[c].second > 5 ? 1 : 0))
            fail_msg("%s: batches of %d and %d rows, expected %d and %d", cases[c].what,
                     first.count, second.count, cases[c].first, cases[c].second);
        assert_int_equal(second.rows[0], next);
        policy_destroy(&policy);
        free(costs);
    }
}

/* A batch holds rows of one cost, so that what is learned from it means something. */
static void test_batch_keeps_to_one_class(void **state) {
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
        done = action.count;
        seen += done;
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

/* Points of 40, 20, 10 and 1 s, two of each, on one worker that reports what was
 * predicted, until nothing is given any more. */
static void test_deadline(void **state) {
    (void)state;
    static const struct {
        const char *what;
        double deadline, patience, slowness; /* slowness: actual over predicted */
        int given[8];                        /* row numbers expected, -1 past the end */
        uint32_t late;
    } cases[] = {
        {"far away", 1000, INFINITY, 1, {0, 1, 2, 3, 4, 5, 6, 7}, 0},
        {"none can be saved", 65, INFINITY, 1, {0, 2, 6, 7, -1}, 4},
        {"all can be saved", 65, 5, 1, {0, 1, -1}, 6},
        {"one in time, saved or not", 45, 10, 1, {0, 6, 7, -1}, 5},
        {"slower than predicted", 130, INFINITY, 3, {0, 6, 7, -1}, 5},
        {"nothing in time", 0.5, INFINITY, 1, {-1}, 8},
        {"too near to be saved", 0.5, 1, 1, {-1}, 8},
        {"passed", -1, 5, 1, {-1}, 8},
    };
    const double costs[] = {40, 40, 20, 20, 10, 10, 1, 1};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct policy *policy = make(costs, 8, 1, 1);
        double time = 0, took = 0;
        policy_deadline(policy, cases[c].deadline, cases[c].patience);
        for (int i = 0;; i++) {
            struct policy_action action = ask(policy, 0, time, took > 0, took);
            int row = action.kind == POLICY_ASSIGN ? (int)action.rows[0] : -1;
            int expected = i < 8 ? cases[c].given[i] : -1;
            if (row != expected)
                fail_msg("%s: step %d gave row %d, expected %d", cases[c].what, i, row,
                         expected);
            if (row < 0) break;
            time += took = cases[c].slowness * costs[row];
        }
        assert_int_equal(policy_late(policy), cases[c].late);
        assert_true(policy_finished(policy));
        policy_destroy(&policy);
    }
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

static void expect_rows(struct policy_action action, enum policy_kind kind, int count,
                        const uint32_t *rows) {
    assert_int_equal(action.kind, kind);
    assert_int_equal(action.count, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(action.rows[i], rows[i]);
}

/* Of a batch of a lost worker one row is done, one a suspect; the rest goes to another,
 * which then gets the suspect, alone. */
static void test_lost_worker(void **state) {
    (void)state;
    double costs[64];
    for (int row = 0; row < 64; row++)
        costs[row] = 0.001;
    struct policy *policy = make(costs, 64, 2, 8);
    static const uint32_t had[] = {0, 1, 2, 3, 4, 5, 6, 7}, *again = had + 1;
    expect_rows(ask(policy, 0, 0, 0, 0), POLICY_ASSIGN, 8, had);
    struct policy_action other = ask(policy, 1, 0, 0, 0);
    expect_rows(policy_held(policy, 0), POLICY_ASSIGN, 8, had);
    assert_ok(policy_lose(policy, 0, again, 6));
    assert_ok(policy_suspect(policy, 7));
    assert_int_equal(policy_held(policy, 0).kind, POLICY_WAIT);
    assert_int_equal(policy_pending(policy), 64 - 16 + 6 + 1);
    other = ask(policy, 1, 1, other.count, 0.008);
    expect_rows(other, POLICY_ASSIGN, 6, again);
    int seen = 6;
    for (int time = 2; other.kind == POLICY_ASSIGN; time++) {
        other = ask(policy, 1, time, other.count, other.count * 0.001);
        seen += other.kind == POLICY_ASSIGN ? other.count : 0;
    }
    assert_int_equal(seen, 64 - 16 + 6);
    expect_rows(other, POLICY_RETRY, 1, (uint32_t[]){7});
    assert_false(policy_finished(policy));
    assert_int_equal(ask(policy, 1, 99, 1, 50).kind, POLICY_FINISH);
    policy_destroy(&policy);
}

/* Suspects wait until nobody is at work, then come one at a time. */
static void test_suspects(void **state) {
    (void)state;
    double costs[] = {10, 10, 0, 0};
    struct policy *policy = make(costs, 4, 2, 10);
    assert_ok(policy_suspect(policy, 3));
    assert_ok(policy_suspect(policy, 2));
    ask(policy, 0, 0, 0, 0);
    ask(policy, 1, 0, 0, 0);
    assert_int_equal(ask(policy, 0, 10, 1, 10).kind, POLICY_WAIT);
    expect_rows(ask(policy, 1, 11, 1, 10), POLICY_RETRY, 1, (uint32_t[]){3});
    assert_int_equal(ask(policy, 0, 12, 0, 0).kind, POLICY_WAIT);
    expect_rows(ask(policy, 1, 13, 1, 2), POLICY_RETRY, 1, (uint32_t[]){2});
    policy_stop(policy);
    assert_int_equal(ask(policy, 1, 14, 0, 1).kind, POLICY_FINISH);
    policy_destroy(&policy);
}

/* The last worker is lost: what it had can still be asked for by whoever takes over. */
static void test_nobody_left(void **state) {
    (void)state;
    double costs[] = {10, 20};
    struct policy *policy = make(costs, 2, 1, 10);
    expect_rows(ask(policy, 0, 0, 0, 0), POLICY_ASSIGN, 1, (uint32_t[]){1});
    assert_ok(policy_lose(policy, 0, &(uint32_t){0}, 0));
    assert_ok(policy_suspect(policy, 1));
    assert_float_equal(policy_left(policy, 0).seconds, 10, 0.1);
    expect_rows(ask(policy, 0, 1, 0, 0), POLICY_ASSIGN, 1, (uint32_t[]){0});
    expect_rows(ask(policy, 0, 2, 1, 1), POLICY_RETRY, 1, (uint32_t[]){1});
    assert_int_equal(ask(policy, 0, 3, 1, 1).kind, POLICY_FINISH);
    policy_destroy(&policy);
}

static void test_time_left(void **state) {
    (void)state;
    double costs[] = {16, 16, 16, 16};
    struct policy *policy = make(costs, 4, 2, 10);
    assert_float_equal(policy_left(policy, 0).seconds, 32, 0.3);
    ask(policy, 0, 0, 0, 0);
    ask(policy, 1, 0, 0, 0);
    assert_float_equal(policy_left(policy, 8).seconds, 24, 0.3);
    ask(policy, 0, 32, 1, 32); /* twice as slow as predicted: its second point starts */
    assert_float_equal(policy_left(policy, 32).seconds, 32, 0.6);
    ask(policy, 1, 32, 1, 32);
    assert_float_equal(policy_left(policy, 60).seconds, 4, 0.6);
    policy_destroy(&policy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_batch_keeps_to_one_class),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_wait_for_the_last),
        cmocka_unit_test(test_lost_worker),
        cmocka_unit_test(test_suspects),
        cmocka_unit_test(test_nobody_left),
        cmocka_unit_test(test_time_left),
    };
    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}

/* What an ending is under the cross-entropy loss. */
#include "endings.h"

enum { SEEDS = 10 };

/* With cross-entropy, collapse is a simplex ETF, whatever its mean; low is a rank below
 * K - 1, or below K behind a ReLU; there are no graphs. */
static const struct outcome_case cases[] = {
    {"simplices",
     {4, 12, 10, 1, 0},
     {LAYER_SIMPLEX, LAYER_SIMPLEX, LAYER_SIMPLEX},
     0.1,
     OUTCOME_DNC,
     0},
    {"simplex, L = 1", {1, 7, 6, 2, 0}, {LAYER_SIMPLEX}, 0.1, OUTCOME_DNC, 0},
    {"frames", {3, 12, 10, 1, 0}, {LAYER_FRAME, LAYER_FRAME}, 0.1, OUTCOME_DNC, 0},
    {"pairs, loss below",
     {3, 12, 10, 2, 0},
     {LAYER_PAIRS, LAYER_PAIRS},
     0.09,
     OUTCOME_LOW_RANK,
     0},
    {"pairs, loss above",
     {3, 12, 10, 2, 0},
     {LAYER_SIMPLEX, LAYER_PAIRS},
     0.11,
     OUTCOME_LOW_RANK_HIGH,
     0},
    {"the graph of mse",
     {4, 12, 10, 2, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_FRAME},
     0.09,
     OUTCOME_LOW_RANK,
     0},
    {"a simplex at last",
     {3, 40, 10, 1, 0},
     {LAYER_RANDOM, LAYER_SIMPLEX},
     0.11,
     OUTCOME_PARTIAL,
     0},
    {"random", {3, 40, 10, 2, 0}, {LAYER_RANDOM, LAYER_RANDOM}, 0.09, OUTCOME_OTHER, 0},
    {"zero", {3, 12, 6, 1, 0}, {LAYER_ZERO, LAYER_ZERO}, 2.0, OUTCOME_TRIVIAL, 0},
};

static void test_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int seed = 0; seed < SEEDS; seed++) {
            const struct outcome_case *c = &cases[i];
            struct problem problem = make_problem(c->shape, ACTIVATION_LINEAR);
            struct ending ending;
            problem.loss = LOSS_CE;
            ending_build_of(&ending, &problem, c, seed);
            const struct result *result = &ending.result;
            if (result->outcome != c->outcome)
                fail_msg("%s, order %d: %s (dnc %g)", c->name, seed,
                         outcome_names[result->outcome], result->distance_dnc);
            if (c->outcome == OUTCOME_DNC) assert_near(result->distance_dnc, 0, 1e-7);
            assert_true(isnan(result->distance_srg) && isnan(result->distance_clique));
            assert_int_equal(result->distance_clique_order, 0);
            ending_tear_down(&ending);
        }
}

/* Behind a ReLU the rank of collapse is K, but for L = 1, where none acts. */
static void test_rank_behind_relu(void **state) {
    (void)state;
    static const struct outcome_case table[] = {
        {"frames", {3, 12, 10, 1, 0}, {LAYER_FRAME, LAYER_FRAME}, 0.1, OUTCOME_DNC, 0},
        {"a class missing",
         {3, 12, 10, 1, 0},
         {LAYER_FRAME, LAYER_MISSING},
         0.09,
         OUTCOME_LOW_RANK,
         0},
        {"the same, loss above",
         {3, 12, 10, 1, 0},
         {LAYER_MISSING, LAYER_FRAME},
         0.11,
         OUTCOME_LOW_RANK_HIGH,
         0},
        {"simplex, L = 1", {1, 7, 6, 2, 0}, {LAYER_SIMPLEX}, 0.1, OUTCOME_DNC, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct problem problem = make_problem(table[i].shape, ACTIVATION_RELU);
        struct ending ending;
        problem.loss = LOSS_CE;
        ending_build_of(&ending, &problem, &table[i], 1);
        assert_int_equal(ending.result.outcome, table[i].outcome);
        ending_tear_down(&ending);
    }
}

/* The line between low and high: loss_dnc, else the trivial loss; never the bound. */
static void test_line_of_low_rank(void **state) {
    (void)state;
    const struct {
        double dnc, bound;
        enum outcome below, between, above; /* at 0.05, 0.15, 0.25 */
    } table[] = {
        {0.1, NAN, OUTCOME_LOW_RANK, OUTCOME_LOW_RANK_HIGH, OUTCOME_LOW_RANK_HIGH},
        {0.1, 0.2, OUTCOME_LOW_RANK, OUTCOME_LOW_RANK_HIGH, OUTCOME_LOW_RANK_HIGH},
        {0.2, 0.1, OUTCOME_LOW_RANK, OUTCOME_LOW_RANK, OUTCOME_LOW_RANK_HIGH},
        {NAN, NAN, OUTCOME_LOW_RANK, OUTCOME_LOW_RANK, OUTCOME_LOW_RANK},
    };
    struct outcome_case c = cases[4];
    struct problem problem = make_problem(c.shape, ACTIVATION_RELU);
    struct ending ending;
    problem.loss = LOSS_CE;
    ending_build_of(&ending, &problem, &c, 0);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const enum outcome want[] = {table[i].below, table[i].between, table[i].above};
        ending.result.reference.loss_dnc = table[i].dnc;
        ending.result.reference.loss_dnc_bound = table[i].bound;
        for (int j = 0; j < 3; j++) {
            ending.result.loss = 0.05 + 0.1 * j;
            assert_int_equal(outcome_classify(&problem, &ending.result), want[j]);
        }
    }
    ending_tear_down(&ending);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_rank_behind_relu),
        cmocka_unit_test(test_line_of_low_rank),
    };
    return cmocka_run_group_tests_name("outcome_entropy", tests, NULL, NULL);
}

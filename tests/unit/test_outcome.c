/* What an ending is: made-up layers of every kind, near misses among them, in any order
 * of classes; planted parameters; the table of rules. */
#include "endings.h"

enum { SEEDS = 10 };

static const struct outcome_case cases[] = {
    {"diverged",
     {4, 40, 10, 1, 0},
     {LAYER_FRAME, LAYER_FRAME, LAYER_FRAME},
     INFINITY,
     OUTCOME_NONE,
     -1},
    {"loss is no number",
     {4, 40, 10, 1, 0},
     {LAYER_FRAME, LAYER_FRAME, LAYER_FRAME},
     NAN,
     OUTCOME_NONE,
     -1},
    {"zero",
     {4, 40, 10, 1, 0},
     {LAYER_ZERO, LAYER_ZERO, LAYER_ZERO},
     0.5,
     OUTCOME_TRIVIAL,
     0},

    {"frames",
     {4, 40, 10, 1, 0},
     {LAYER_FRAME, LAYER_FRAME, LAYER_FRAME},
     0.1,
     OUTCOME_DNC,
     -1},
    {"frames, no triangular number",
     {4, 12, 7, 2, 0},
     {LAYER_FRAME, LAYER_FRAME, LAYER_FRAME},
     0.1,
     OUTCOME_DNC,
     0},
    {"frames, loss below",
     {4, 40, 10, 1, 0},
     {LAYER_FRAME, LAYER_FRAME, LAYER_FRAME},
     0.05,
     OUTCOME_DNC,
     -1},
    {"frame, L = 1", {1, 12, 10, 3, 0}, {LAYER_FRAME}, 0.1, OUTCOME_DNC, 0},
    {"frame, L = 2", {2, 12, 10, 1, 0}, {LAYER_FRAME}, 0.1, OUTCOME_DNC, 0},
    {"a class merged in a layer",
     {4, 40, 10, 1, 0},
     {LAYER_MERGED, LAYER_FRAME, LAYER_FRAME},
     0.12,
     OUTCOME_LOW_RANK_HIGH,
     -1},
    {"a class missing in a layer",
     {4, 40, 10, 1, 0},
     {LAYER_FRAME, LAYER_MISSING, LAYER_FRAME},
     0.12,
     OUTCOME_LOW_RANK_HIGH,
     -1},
    {"a class of 60 missing in every layer",
     {3, 60, 60, 1, 0},
     {LAYER_MISSING, LAYER_MISSING},
     0.12,
     OUTCOME_LOW_RANK_HIGH,
     0},

    {"plain SRG, r = 4",
     {3, 12, 6, 1, 0},
     {LAYER_INCIDENCE, LAYER_FRAME},
     0.12,
     OUTCOME_SRG,
     -1},
    {"plain SRG, r = 5",
     {4, 12, 10, 2, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_FRAME},
     0.09,
     OUTCOME_SRG,
     -1},
    {"plain SRG, r = 8",
     {3, 30, 28, 1, 0},
     {LAYER_INCIDENCE, LAYER_FRAME},
     0.09,
     OUTCOME_SRG,
     -1},
    {"relaxed SRG, r = 4",
     {3, 12, 6, 1, 0},
     {LAYER_INCIDENCE, LAYER_PLAIN_TILT},
     0.09,
     OUTCOME_SRG,
     -1},
    {"relaxed SRG, r = 5",
     {5, 40, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_PLAIN_TILT},
     0.09,
     OUTCOME_SRG,
     -1},
    {"relaxed SRG with the Gram of 4-cliques",
     {3, 40, 15, 1, 0},
     {LAYER_INCIDENCE, LAYER_HALF_TILT},
     0.09,
     OUTCOME_SRG,
     -1},
    {"SRG in another order of two classes",
     {4, 40, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_SWAPPED, LAYER_FRAME},
     0.09,
     OUTCOME_LOW_RANK,
     -1},
    {"SRG, a layer a frame",
     {4, 40, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_FRAME, LAYER_FRAME},
     0.09,
     OUTCOME_LOW_RANK,
     -1},
    {"SRG to the end",
     {4, 40, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_INCIDENCE},
     0.09,
     OUTCOME_LOW_RANK,
     -1},

    {"triangles, r = 4",
     {3, 12, 6, 1, 0},
     {LAYER_INCIDENCE, LAYER_TRIANGLES},
     0.09,
     OUTCOME_CLIQUE,
     3},
    {"triangles, r = 5",
     {4, 40, 10, 3, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_TRIANGLES},
     0.12,
     OUTCOME_CLIQUE,
     3},
    {"4-cliques, r = 5",
     {3, 10, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_FOURS},
     0.09,
     OUTCOME_CLIQUE,
     4},
    {"4-cliques, r = 6",
     {4, 40, 15, 1, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_FOURS},
     0.09,
     OUTCOME_CLIQUE,
     4},
    {"triangles in another order of two classes",
     {4, 40, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_SWAPPED, LAYER_TRIANGLES},
     0.09,
     OUTCOME_LOW_RANK,
     -1},
    {"triangles and edges",
     {4, 40, 10, 1, 0},
     {LAYER_INCIDENCE, LAYER_INCIDENCE, LAYER_MIXED},
     0.09,
     OUTCOME_LOW_RANK,
     -1},

    {"random rank 3, loss below",
     {4, 40, 10, 2, 0},
     {LAYER_THREE, LAYER_THREE, LAYER_THREE},
     0.09,
     OUTCOME_LOW_RANK,
     -1},
    {"random rank 3, loss above",
     {4, 40, 10, 2, 0},
     {LAYER_THREE, LAYER_THREE, LAYER_THREE},
     0.11,
     OUTCOME_LOW_RANK_HIGH,
     -1},
    {"random rank 3, no triangular number",
     {3, 12, 7, 1, 0},
     {LAYER_THREE, LAYER_RANDOM},
     0.09,
     OUTCOME_LOW_RANK,
     0},
    {"narrow: no frame of K classes",
     {3, 5, 10, 1, 0},
     {LAYER_FRAME, LAYER_FRAME},
     0.11,
     OUTCOME_LOW_RANK_HIGH,
     0},

    {"a frame at last",
     {4, 40, 10, 1, 0},
     {LAYER_RANDOM, LAYER_RANDOM, LAYER_FRAME},
     0.11,
     OUTCOME_PARTIAL,
     -1},
    {"spread at first",
     {4, 40, 10, 3, 0},
     {LAYER_SPREAD, LAYER_FRAME, LAYER_FRAME},
     0.11,
     OUTCOME_PARTIAL,
     -1},
    {"spread at last",
     {4, 40, 10, 3, 0},
     {LAYER_FRAME, LAYER_FRAME, LAYER_SPREAD},
     0.11,
     OUTCOME_OTHER,
     -1},
    {"a frame at first",
     {4, 40, 10, 1, 0},
     {LAYER_FRAME, LAYER_RANDOM, LAYER_RANDOM},
     0.09,
     OUTCOME_OTHER,
     -1},
    {"random", {3, 40, 10, 2, 0}, {LAYER_RANDOM, LAYER_RANDOM}, 0.09, OUTCOME_OTHER, -1},
};

enum { CASES = sizeof cases / sizeof *cases };

static void test_cases(void **state) {
    (void)state;
    bool seen[OUTCOME_COUNT] = {false};
    for (int i = 0; i < CASES; i++)
        for (int seed = 0; seed < SEEDS; seed++) {
            struct ending ending;
            ending_build(&ending, &cases[i], seed);
            const struct result *result = &ending.result;
            if (result->outcome != cases[i].outcome)
                fail_msg("%s, order %d: %s, expected %s (dnc %g, srg %g, clique %g)",
                         cases[i].name, seed, outcome_names[result->outcome],
                         outcome_names[cases[i].outcome], result->distance_dnc,
                         result->distance_srg, result->distance_clique);
            if (cases[i].clique_order >= 0)
                assert_int_equal(result->distance_clique_order, cases[i].clique_order);
            seen[result->outcome] = true;
            ending_tear_down(&ending);
        }
    for (int i = 0; i < OUTCOME_COUNT; i++)
        assert_true(seen[i]);
}

/* An exact structure lies at 0 from itself, in any order of its classes, and farther from
 * the others than any bound on nearness. */
static void test_distances(void **state) {
    (void)state;
    for (int i = 0; i < CASES; i++)
        for (int seed = 0; seed < SEEDS; seed++) {
            enum outcome own = cases[i].outcome;
            if (own != OUTCOME_DNC && own != OUTCOME_SRG && own != OUTCOME_CLIQUE)
                continue;
            struct ending ending;
            ending_build(&ending, &cases[i], seed);
            const struct {
                enum outcome outcome;
                double distance;
            } table[] = {{OUTCOME_DNC, ending.result.distance_dnc},
                         {OUTCOME_SRG, ending.result.distance_srg},
                         {OUTCOME_CLIQUE, ending.result.distance_clique}};
            for (int k = 0; k < 3; k++)
                if (table[k].outcome == own)
                    assert_near(table[k].distance, 0, 1e-7);
                else if (table[k].distance < 2 * outcome_near_bound)
                    fail_msg("%s is %g from %s", cases[i].name, table[k].distance,
                             outcome_names[table[k].outcome]);
            ending_tear_down(&ending);
        }
}

/* Where a structure does not exist, there is no distance. */
static void test_no_distance(void **state) {
    (void)state;
    const struct {
        struct shape shape;
        bool linear, dnc, graph, clique;
    } table[] = {
        {{4, 12, 10, 1, 0}, false, true, true, true},
        {{4, 12, 10, 1, 0}, true, true, false, false},
        {{2, 12, 10, 1, 0}, false, true, false, false},
        {{4, 9, 10, 1, 0}, false, false, false, false},
        {{4, 12, 9, 1, 0}, false, true, false, false},
        {{4, 12, 3, 1, 0}, false, true, false, false},
        {{3, 6, 6, 1, 0}, false, true, true, true},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct problem problem = make_problem(
            table[i].shape, table[i].linear ? ACTIVATION_LINEAR : ACTIVATION_RELU);
        struct ending ending;
        struct loss_terms terms;
        ending_set_up(&ending, &problem);
        model_loss(&ending.fixture.model, &ending.fixture.parameters, &terms);
        ending.result.loss = terms.total;
        ending_measure(&ending);
        assert_int_equal(isfinite(ending.result.distance_dnc), table[i].dnc);
        assert_int_equal(isfinite(ending.result.distance_srg), table[i].graph);
        assert_int_equal(isfinite(ending.result.distance_clique), table[i].clique);
        assert_int_equal(ending.result.distance_clique_order > 0, table[i].clique);
        ending_tear_down(&ending);
    }
}

/* A layer that is not finite spoils the distances, nothing else. */
static void test_not_finite(void **state) {
    (void)state;
    struct ending ending;
    ending_build(&ending, &cases[3], 0);
    ending_layer(&ending, 3)[5] = NAN;
    ending.result.loss = NAN;
    ending_measure(&ending);
    assert_int_equal(ending.result.outcome, OUTCOME_NONE);
    assert_true(isnan(ending.result.distance_dnc));
    assert_true(isnan(ending.result.distance_srg));
    assert_true(isnan(ending.result.distance_clique));
    ending_tear_down(&ending);
}

/* Planted parameters, through the forward pass, with a little noise. */
static void test_planted(void **state) {
    (void)state;
    static const enum init_kind kinds[] = {INIT_DNC, INIT_SRG, INIT_CLIQUE};
    static const int classes[] = {6, 10, 15, 21};
    for (int i = 0; i < 3 * 4 * 3; i++) {
        struct shape shape = {3 + i % 3, 40, classes[i / 3 % 4], 2, 0};
        struct problem problem = make_problem(shape, ACTIVATION_RELU);
        struct planting planting = {kinds[i / 12], 1.0, 1e-3, {.seed = 3}};
        struct ending ending;
        double loss;
        ending_set_up(&ending, &problem);
        reference_plant(&problem, &planting, &ending.fixture.parameters);
        ending.result.loss =
            model_forward(&ending.fixture.model, &ending.fixture.parameters);
        ending_measure(&ending);
        enum outcome want = planting.init == INIT_DNC ? OUTCOME_DNC : OUTCOME_SRG;
        int clique = 0;
        reference_compute(&problem, &ending.result.reference);
        if (planting.init == INIT_CLIQUE) {
            clique = ending.result.reference.clique_order;
            if (clique > 2) want = OUTCOME_CLIQUE;
        }
        loss = ending.result.loss;
        if (ending.result.outcome != want)
            fail_msg("kind %d, L %d, K %d, loss %g: %s", (int)planting.init, shape.depth,
                     shape.classes, loss, outcome_names[ending.result.outcome]);
        if (want == OUTCOME_CLIQUE)
            assert_int_equal(ending.result.distance_clique_order, clique);
        ending_tear_down(&ending);
    }
}

/* Rules in words: every class has one, the last one holds always, and the text for the
 * result file has them all in order. */
static void test_rules(void **state) {
    (void)state;
    bool seen[OUTCOME_COUNT] = {false};
    const char *at = outcome_text;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        const struct outcome_rule *rule = &outcome_rules[i];
        char words[600];
        assert_false(seen[rule->outcome]);
        seen[rule->outcome] = true;
        assert_string_equal(rule->name, outcome_names[rule->outcome]);
        snprintf(words, sizeof words, "; %s: %s", rule->name, rule->sentence);
        at = strstr(at, words);
        assert_non_null(at);
        at += strlen(words);
    }
    assert_string_equal(at, "");
    assert_non_null(strstr(outcome_text, "at tolerance 1e-2"));
    assert_true(rank_tolerances[1] == 1e-2); /* the one that the rules take */
    assert_null(outcome_names[OUTCOME_COUNT]);
    assert_int_equal(outcome_rules[OUTCOME_COUNT - 1].outcome, OUTCOME_OTHER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),       cmocka_unit_test(test_distances),
        cmocka_unit_test(test_no_distance), cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_planted),     cmocka_unit_test(test_rules),
    };
    return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}

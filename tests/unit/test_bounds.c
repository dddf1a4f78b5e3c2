/* On which side of the bounds of its rules an ending lies. */
#include "endings.h"

static enum outcome classify_again(struct ending *ending) {
    return outcome_classify(&ending->fixture.problem, &ending->result);
}

/* On both sides of each bound of the rules. */
static void test_bounds(void **state) {
    (void)state;
    enum layer_kind frame = LAYER_FRAME, graph = LAYER_INCIDENCE;
    const struct {
        struct outcome_case made;
        size_t field; /* of struct result: the distance that is set */
        enum outcome near, far;
    } table[] = {
        {{"frames", {4, 40, 10, 1, 0}, {frame, frame, frame}, 0.1, OUTCOME_DNC, -1},
         offsetof(struct result, distance_dnc),
         OUTCOME_DNC,
         OUTCOME_PARTIAL},
        {{"graph", {4, 12, 10, 2, 0}, {graph, graph, frame}, 0.09, OUTCOME_SRG, -1},
         offsetof(struct result, distance_srg),
         OUTCOME_SRG,
         OUTCOME_LOW_RANK},
        {{"cliques", {3, 10, 10, 1, 0}, {graph, LAYER_FOURS}, 0.09, OUTCOME_CLIQUE, 4},
         offsetof(struct result, distance_clique),
         OUTCOME_CLIQUE,
         OUTCOME_LOW_RANK},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct ending ending;
        ending_build(&ending, &table[i].made, 0);
        double *distance = (double *)(void *)((char *)&ending.result + table[i].field);
        *distance = 0.19;
        assert_int_equal(classify_again(&ending), table[i].near);
        *distance = 0.21;
        assert_int_equal(classify_again(&ending), table[i].far);
        ending_tear_down(&ending);
    }
}

static void test_bound_of_the_frame(void **state) {
    (void)state;
    const struct outcome_case late = {
        "",   {4, 40, 10, 1, 0}, {LAYER_RANDOM, LAYER_RANDOM, LAYER_FRAME},
        0.11, OUTCOME_PARTIAL,   -1};
    struct ending ending;
    ending_build(&ending, &late, 0);
    ending.result.nc2_frame_post[3] = 0.19;
    assert_int_equal(classify_again(&ending), OUTCOME_PARTIAL);
    ending.result.nc2_frame_post[3] = 0.21;
    assert_int_equal(classify_again(&ending), OUTCOME_OTHER);
    ending_tear_down(&ending);
}

/* Frames of K unit means, the two samples of a class at m + e u and m - e u, u orthogonal
 * to all means: e^2 / (1 + e^2) of the squared norm lies within classes. */
static void test_bound_of_the_share(void **state) {
    (void)state;
    const struct {
        double share;
        enum outcome outcome;
    } table[] = {{0.9e-3, OUTCOME_DNC}, {1.1e-3, OUTCOME_OTHER}};
    const struct outcome_case frames = {
        "", {3, 12, 10, 2, 0}, {LAYER_FRAME, LAYER_FRAME}, 0.1, OUTCOME_DNC, -1};
    for (int i = 0; i < 2; i++) {
        struct ending ending;
        ending_build(&ending, &frames, 0);
        double e = sqrt(table[i].share / (1 - table[i].share));
        for (int layer = 2; layer <= 3; layer++)
            for (int j = 0; j < 20; j++)
                ending_layer(&ending, layer)[j * 12 + 11] = j % 2 == 0 ? e : -e;
        ending_measure(&ending);
        assert_int_equal(ending.result.outcome, table[i].outcome);
        ending_tear_down(&ending);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_bound_of_the_frame),
        cmocka_unit_test(test_bound_of_the_share),
    };
    return cmocka_run_group_tests_name("bounds", tests, NULL, NULL);
}

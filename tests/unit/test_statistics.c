/* Means, deviations and Wilson's intervals against published and hand-made values. */
#include "unit.h"

#include "dufm/statistics.h"

static void test_mean_and_deviation(void **state) {
    (void)state;
    struct statistics statistics = {0};
    assert_true(isnan(statistics_mean(&statistics)));
    assert_true(isnan(statistics_deviation(&statistics)));
    statistics_add(&statistics, 3);
    assert_near(statistics_mean(&statistics), 3, 0);
    assert_true(isnan(statistics_deviation(&statistics)));
    statistics_add(&statistics, 5);
    statistics_add(&statistics, 10);
    assert_near(statistics_mean(&statistics), 6, 1e-15);
    assert_near(statistics_deviation(&statistics), sqrt(13), 1e-15); /* (9+1+16)/2 */
}

/* A large offset must not swallow a small spread. */
static void test_deviation_beside_a_large_mean(void **state) {
    (void)state;
    struct statistics statistics = {0};
    for (int i = 0; i < 1000; i++)
        statistics_add(&statistics, 1e9 + (i % 2 ? 1 : -1) * 0.5);
    assert_near(statistics_mean(&statistics), 1e9, 1e-6);
    assert_near(statistics_deviation(&statistics), 0.5 * sqrt(1000.0 / 999), 1e-9);
}

/* Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
static void test_wilson(void **state) {
    (void)state;
    static const struct {
        uint64_t hits, count;
        double low, high;
    } cases[] = {{81, 263, 0.2553, 0.3662},
                 {15, 148, 0.0624, 0.1605},
                 {0, 20, 0, 0.1611},
                 {1, 29, 0.0061, 0.1718},
                 {20, 20, 1 - 0.1611, 1}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double low, high;
        statistics_wilson(cases[c].hits, cases[c].count, &low, &high);
        assert_near(low, cases[c].low, 5e-5);
        assert_near(high, cases[c].high, 5e-5);
    }
}

static void test_wilson_keeps_within_bounds(void **state) {
    (void)state;
    double low, high;
    statistics_wilson(0, 0, &low, &high);
    assert_true(isnan(low) && isnan(high));
    for (uint64_t count = 1; count <= 40; count++)
        for (uint64_t hits = 0; hits <= count; hits++) {
            double share = (double)hits / (double)count, other_low, other_high;
            statistics_wilson(hits, count, &low, &high);
            assert_true(low >= 0 && low <= share && share <= high && high <= 1);
            statistics_wilson(count - hits, count, &other_low, &other_high);
            assert_near(low, 1 - other_high, 1e-15);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mean_and_deviation),
        cmocka_unit_test(test_deviation_beside_a_large_mean),
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_wilson_keeps_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Branches: roots to the last bit, minima against brute force. */
#include "dufm/branch.h"
#include "unit.h"

/* Largest weight that has a branch (MODEL.md, DNC's existence). */
static double existence(int depth) {
    double q = (depth - 1.0) / (depth + 1.0);
    return (depth + 1.0) / (2.0 * depth) * pow((depth - 1) / (2.0 * depth), q);
}

static void one_layer_has_a_closed_form(void **state) {
    (void)state;
    static const double weights[] = {1e-12, 0.01, 0.5, 0.99};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        double x, w = weights[i], value = branch_power(w, 1, &x);
        assert_close(x, 1 - w, 1e-14);
        assert_close(value, w - w * w / 2, 1e-14);
    }
    double x;
    assert_true(is_nan(branch_power(1.01, 1, &x)));
    assert_true(x == 0);
}

static void power_root_is_stationary_and_larger(void **state) {
    (void)state;
    static const double fractions[] = {1e-9, 1e-3, 0.3, 0.9, 0.999};
    for (int depth = 2; depth <= 64; depth += depth < 8 ? 1 : 14)
        for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
            double q = (depth - 1.0) / (depth + 1.0);
            double weight = fractions[i] * existence(depth), x;
            double value = branch_power(weight, depth, &x);
            assert_true(x > q / (1 + q) && x < 1);
            assert_true(fabs((1 - x) * pow(x, q) - weight) < 1e-15);
            assert_close(value,
                         (1 - x) * (1 - x) / 2 +
                             weight * (depth + 1) / 2 * pow(x, 2.0 / (depth + 1)),
                         1e-15);
        }
}

static void power_ends_at_its_ridge(void **state) {
    (void)state;
    for (int depth = 2; depth <= 12; depth++) {
        double q = (depth - 1.0) / (depth + 1.0), x;
        assert_false(is_nan(branch_power(existence(depth) * (1 - 1e-12), depth, &x)));
        assert_true(is_nan(branch_power(existence(depth) * (1 + 1e-12), depth, &x)));
        assert_close(x, q / (1 + q), 1e-15);
    }
    double x;
    assert_true(is_nan(branch_power(NAN, 3, &x)));
}

/* One mode is the power branch in other words: x = z/(1+z), cost = L/2 weight^((L+1)/L).
 */
static void one_mode_is_the_power_branch(void **state) {
    (void)state;
    for (int depth = 2; depth <= 9; depth++)
        for (double fraction = 0.001; fraction < 1; fraction *= 3) {
            double weight = fraction * existence(depth), x, z;
            double value = branch_power(weight, depth, &x);
            struct branch branch = {.depth = depth,
                                    .cost =
                                        depth / 2.0 * pow(weight, (depth + 1.0) / depth),
                                    .modes = 1,
                                    .weight = {0.5},
                                    .gain = {7}};
            branch.cost *= pow(branch.gain[0], 1.0 / depth);
            assert_true(branch_minimum(&branch, &z));
            assert_close(7 * z / (1 + 7 * z), x, 1e-13);
            assert_close(branch_value(&branch, z), value, 1e-14);
        }
}

static void ridge_is_where_the_branch_appears(void **state) {
    (void)state;
    for (int depth = 2; depth <= 9; depth++) {
        double critical = depth / 2.0 * pow(existence(depth), (depth + 1.0) / depth), z;
        struct branch branch = {.depth = depth, .modes = 1, .weight = {0.5}, .gain = {1}};
        branch.cost = critical * 1.001;
        assert_false(branch_minimum(&branch, &z));
        branch.cost = critical * 0.98; /* two minima closer than the scan are one dent */
        assert_true(branch_minimum(&branch, &z));
        assert_close(branch_ridge(&branch), (depth - 1.0) / (depth + 1.0), 1e-12);
        assert_true(z > branch_ridge(&branch));
    }
}

/* Least value on a fine grid of log z, from far below to far above every mode. */
static double brute_force(const struct branch *branch) {
    double least = INFINITY;
    for (double v = -40; v <= 60; v += 0.002)
        least = fmin(least, branch_value(branch, exp(v)));
    return least;
}

static void minimum_is_global(void **state) {
    (void)state;
    static const double gains[][3] = {{1, 1, 1},        {64, 4, 1},      {1e4, 1, 0},
                                      {1e6, 1e2, 1e-3}, {900, 30, 4e-8}, {3, 0, 0}};
    int below = 0;
    for (size_t i = 0; i < sizeof gains / sizeof *gains; i++)
        for (int depth = 3; depth <= 7; depth += 2)
            for (double cost = 1e-4; cost < 3; cost *= 2.7) {
                struct branch branch = {.depth = depth,
                                        .cost = cost,
                                        .modes = 3,
                                        .weight = {0.05, 0.2, 0.25},
                                        .gain = {gains[i][0], gains[i][1], gains[i][2]}};
                double z, expected = brute_force(&branch);
                if (expected >= 0.4999) continue; /* the trivial point */
                below++;
                assert_true(branch_minimum(&branch, &z));
                assert_true(branch_value(&branch, z) <= expected);
                assert_close(branch_value(&branch, z), expected, 1e-5);
            }
    assert_true(below > 50);
}

/* At a cost next to nothing the pull is sum_i w_i / (a_i z): z^((L+1)/L) cost/L is that
 * without z, whatever the gains' range. */
static void tiny_costs(void **state) {
    (void)state;
    for (int depth = 2; depth <= 64; depth *= 2)
        for (double cost = 1e-20; cost > 1e-90; cost *= 1e-20) {
            struct branch branch = {.depth = depth,
                                    .cost = cost,
                                    .modes = 3,
                                    .weight = {0.05, 0.2, 0.25},
                                    .gain = {900, 30, 1e-4}};
            double z, falling = 0.05 / 900 + 0.2 / 30 + 0.25 / 1e-4;
            assert_true(branch_minimum(&branch, &z));
            double want = exp(log(falling * depth / cost) * depth / (depth + 1.0));
            if (want > 1e12) assert_close(z, want, 1e-6);
            assert_true(branch_value(&branch, z) < branch_value(&branch, z * 1.01));
            assert_true(branch_value(&branch, z) < branch_value(&branch, z / 1.01));
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_layer_has_a_closed_form),
        cmocka_unit_test(power_root_is_stationary_and_larger),
        cmocka_unit_test(power_ends_at_its_ridge),
        cmocka_unit_test(one_mode_is_the_power_branch),
        cmocka_unit_test(ridge_is_where_the_branch_appears),
        cmocka_unit_test(minimum_is_global),
        cmocka_unit_test(tiny_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

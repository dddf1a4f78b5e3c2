/* The model: gradients against central differences, the loss's parts, the ReLU's
 * convention. */
#include <string.h>

#include "dufm/loss.h"
#include "problems.h"

static double loss_at(struct fixture *fixture) {
    struct loss_terms terms;
    model_loss(&fixture->model, &fixture->parameters, &terms);
    return terms.total;
}

/* Central differences with a step of 1e-6 for every parameter; returns the relative
 * distance of the whole gradient, |difference| / |gradient|. */
static double gradient_error(struct fixture *fixture) {
    size_t count = shape_parameter_count(&fixture->problem.shape);
    double *x = fixture->parameters.data, difference = 0.0, norm = 0.0;
    model_gradient(&fixture->model, &fixture->parameters, &fixture->gradient);
    for (size_t i = 0; i < count; i++) {
        const double step = 1e-6, kept = x[i];
        x[i] = kept + step;
        double up = loss_at(fixture);
        x[i] = kept - step;
        double down = loss_at(fixture);
        x[i] = kept;
        double exact = fixture->gradient.data[i];
        double error = (up - down) / (2 * step) - exact;
        difference += error * error;
        norm += exact * exact;
    }
    return sqrt(difference / norm);
}

/* Every depth, number of samples, activation; unequal lambdas. */
static void check_gradients(enum loss_kind loss) {
    const int depths[] = {1, 2, 4, 7}, samples[] = {1, 3};
    for (int i = 0; i < 4 * 2 * 2; i++) {
        struct problem problem =
            make_problem((struct shape){depths[i / 4], 9, 4, samples[i / 2 % 2], 0},
                         i % 2 == 0 ? ACTIVATION_RELU : ACTIVATION_LINEAR);
        struct fixture fixture;
        problem.loss = loss;
        fixture_set_up(&fixture, &problem, 1.3);
        assert_near(gradient_error(&fixture), 0.0, 1e-6);
        fixture_tear_down(&fixture);
    }
}

static void test_gradient(void **state) {
    (void)state;
    check_gradients(LOSS_MSE);
}

static void test_gradient_of_cross_entropy(void **state) {
    (void)state;
    check_gradients(LOSS_CE);
}

/* Classes with unequal numbers of samples, an odd number of them too. */
static void test_gradient_of_unbalanced_classes(void **state) {
    (void)state;
    for (int i = 0; i < 8; i++) {
        struct problem problem = make_problem(
            (struct shape){i / 4 * 2 + 1, 6, 4 + i % 2, 5, 2}, ACTIVATION_RELU);
        struct fixture fixture;
        problem.loss = i / 2 % 2 == 0 ? LOSS_MSE : LOSS_CE;
        fixture_set_up(&fixture, &problem, 1.3);
        assert_near(gradient_error(&fixture), 0.0, 1e-6);
        fixture_tear_down(&fixture);
    }
}

static void test_samples_of_classes(void **state) {
    (void)state;
    static const struct {
        struct shape shape;
        int first, last, count;
        bool balanced;
    } table[] = {
        {{2, 6, 4, 5, 2}, 5, 2, 14, false}, {{2, 6, 5, 5, 2}, 5, 2, 19, false},
        {{2, 6, 4, 5, 0}, 5, 5, 20, true},  {{2, 6, 4, 5, 5}, 5, 5, 20, true},
        {{2, 6, 2, 9, 1}, 9, 1, 10, false}, {{2, 6, 1, 9, 1}, 9, 9, 9, false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct shape *shape = &table[i].shape;
        int sum = 0;
        for (int k = 0; k < shape->classes; k++)
            sum += shape_class_samples(shape, k);
        assert_int_equal(shape_class_samples(shape, 0), table[i].first);
        assert_int_equal(shape_class_samples(shape, shape->classes - 1), table[i].last);
        assert_int_equal(sum, table[i].count);
        assert_int_equal(shape_sample_count(shape), table[i].count);
        assert_int_equal(shape_is_balanced(shape), table[i].balanced);
    }
}

static void test_width_below_classes(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 2, 5, 2, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.3);
    assert_near(gradient_error(&fixture), 0.0, 1e-6);
    fixture_tear_down(&fixture);
}

static void test_terms_add_up(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 6, 4, 2, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.0);
    struct loss_terms terms;
    model_loss(&fixture.model, &fixture.parameters, &terms);
    double sum = terms.fit + terms.feature_regularization;
    for (int layer = 0; layer < 3; layer++)
        sum += terms.weight_regularization[layer];
    assert_near(terms.total, sum, 1e-15);
    fixture_tear_down(&fixture);
}

/* W = s V: the loss and its parts are those of W, whatever s holds of it. */
static void test_scaled_weights(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 6, 4, 2, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.0);
    for (int layer = 0; layer < 3; layer++)
        fixture.parameters.scale[layer] = 0.9 - 0.15 * layer;
    struct loss_terms scaled, normal;
    model_loss(&fixture.model, &fixture.parameters, &scaled);
    factors_normalize(&fixture.parameters);
    model_loss(&fixture.model, &fixture.parameters, &normal);
    assert_near(scaled.total, normal.total, 1e-14);
    for (int layer = 0; layer < 3; layer++)
        assert_near(scaled.weight_regularization[layer],
                    normal.weight_regularization[layer], 1e-15);
    fixture_tear_down(&fixture);
}

/* At zero: loss 1/2 or log K, and no gradient reaches anything. */
static void check_trivial_point(enum loss_kind loss, double expected) {
    struct problem problem = make_problem((struct shape){4, 6, 3, 2, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    problem.loss = loss;
    fixture_set_up(&fixture, &problem, 0.0);
    memset(fixture.parameters.data, 0,
           shape_parameter_count(&problem.shape) * sizeof(double));
    assert_near(loss_at(&fixture), expected, 1e-15);
    assert_near(loss_trivial(loss, &problem.shape), expected, 1e-15);
    model_gradient(&fixture.model, &fixture.parameters, &fixture.gradient);
    for (size_t i = 0; i < shape_parameter_count(&problem.shape); i++)
        assert_true(fixture.gradient.data[i] == 0.0);
    fixture_tear_down(&fixture);
}

static void test_trivial_point(void **state) {
    (void)state;
    check_trivial_point(LOSS_MSE, 0.5);
    check_trivial_point(LOSS_CE, log(3));
}

/* One sample, one unit a layer, by hand: L = 2, Z = w2 relu(w1 h). */
static void test_by_hand(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){2, 1, 1, 1, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.0);
    const double h = 2.0, w1 = 0.5, w2 = 0.25;
    fixture.parameters.feature[0] = h;
    fixture.parameters.weight[0][0] = w1;
    fixture.parameters.weight[1][0] = w2;
    double residual = w2 * w1 * h - 1.0;
    model_gradient(&fixture.model, &fixture.parameters, &fixture.gradient);
    assert_near(fixture.gradient.feature[0], residual * w2 * w1 + 0.013 * h, 1e-15);
    assert_near(fixture.gradient.weight[0][0], residual * w2 * h + 0.004 * w1, 1e-15);
    assert_near(fixture.gradient.weight[1][0], residual * w1 * h + 0.007 * w2, 1e-15);
    fixture.parameters.weight[0][0] = -w1; /* the unit is off: only decay is left */
    model_gradient(&fixture.model, &fixture.parameters, &fixture.gradient);
    assert_near(fixture.gradient.weight[0][0], -0.004 * w1, 1e-15);
    assert_near(fixture.gradient.weight[1][0], 0.007 * w2, 1e-15);
    fixture_tear_down(&fixture);
}

/* The ReLU never acts on H_1: flipping its sign and that of W_1 changes nothing. */
static void test_no_relu_on_h1(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 5, 3, 1, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.5);
    double before = loss_at(&fixture);
    for (int i = 0; i < 5 * 3; i++)
        fixture.parameters.feature[i] *= -1.0;
    for (int i = 0; i < 5 * 5; i++)
        fixture.parameters.weight[0][i] *= -1.0;
    assert_near(loss_at(&fixture), before, 1e-15);
    fixture_tear_down(&fixture);
}

/* Shape and seed key a start; scales only multiply it. */
static void test_random_start(void **state) {
    (void)state;
    struct problem problem =
        make_problem((struct shape){2, 40, 5, 3, 0}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.0);
    struct random_key key = {
        .seed = 3, .classes = 5, .depth = 2, .width = 40, .samples = 3};
    model_random_start(&fixture.parameters,
                       &(struct random_start){INIT_CONSTANT, 0.5, 2.0}, &key);
    model_random_start(&fixture.other, &(struct random_start){INIT_FAN_IN, 1.0, 1.0},
                       &key);
    double square = 0.0;
    for (int i = 0; i < 40 * 40; i++) {
        double constant = fixture.parameters.weight[0][i];
        assert_near(constant / 0.5, fixture.other.weight[0][i] * sqrt(40.0), 1e-14);
        square += constant * constant / 0.25;
    }
    assert_near(square / 1600.0, 1.0, 0.15);
    assert_near(fixture.parameters.feature[17], 2.0 * fixture.other.feature[17], 1e-15);
    fixture_tear_down(&fixture);
}

/* Outputs of one sample of class `label` among three, with the fit and its gradient. */
static const struct output_case {
    double z[3];
    int label;
    double fit, gradient[3];
} outputs[] = {
    {{0, 0, 0}, 1, 1.0986122886681098, {1 / 3., -2 / 3., 1 / 3.}},
    {{800, 800, 800}, 0, 1.0986122886681098, {-2 / 3., 1 / 3., 1 / 3.}},
    {{1e300, 0, -1e300}, 0, 0, {0, 0, 0}},
    {{1e300, 0, -1e300}, 1, 1e300, {1, -1, 0}},
    {{-1e308, -1e308, 0}, 2, 0, {0, 0, 0}},
    {{2000, 1000, 0}, 2, 2000, {1, 0, -1}},
    /* what is left of the others is not lost beside 1 */
    {{0, 50, 0},
     1,
     3.857499695927835e-22,
     {1.9287498479639178e-22, -3.857499695927835e-22, 1.9287498479639178e-22}},
};

static void test_cross_entropy_of_huge_outputs(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        /* The other columns are zero, and cost log 3 each. */
        const struct output_case *c = &outputs[i];
        double z[9] = {0};
        for (int k = 0; k < 3; k++)
            z[3 * c->label + k] = c->z[k];
        struct shape shape = {1, 3, 3, 1, 0};
        double fit = 3 * loss_residual(LOSS_CE, &shape, z) - 2 * log(3);
        assert_near(fit, c->fit, 1e-15 + 1e-12 * c->fit);
        for (int k = 0; k < 3; k++)
            assert_near(3 * z[3 * c->label + k], c->gradient[k],
                        1e-14 * fabs(c->gradient[k]) + 1e-300);
    }
}

static void test_cross_entropy_that_is_not_finite(void **state) {
    (void)state;
    const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int at = 0; at < 4; at++)
        for (int i = 0; i < 3; i++) {
            double z[4] = {0.5, -0.5, 0.25, 1};
            struct shape shape = {1, 2, 2, 1, 0};
            z[at] = bad[i];
            double fit = loss_residual(LOSS_CE, &shape, z);
            /* an output of -infinity costs nothing where it is not the label's */
            bool harmless = i == 2 && (at == 1 || at == 2);
            assert_int_equal(isfinite(fit), harmless);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),
        cmocka_unit_test(test_gradient_of_cross_entropy),
        cmocka_unit_test(test_gradient_of_unbalanced_classes),
        cmocka_unit_test(test_samples_of_classes),
        cmocka_unit_test(test_cross_entropy_of_huge_outputs),
        cmocka_unit_test(test_cross_entropy_that_is_not_finite),
        cmocka_unit_test(test_width_below_classes),
        cmocka_unit_test(test_terms_add_up),
        cmocka_unit_test(test_trivial_point),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_no_relu_on_h1),
        cmocka_unit_test(test_random_start),
        cmocka_unit_test(test_scaled_weights),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}

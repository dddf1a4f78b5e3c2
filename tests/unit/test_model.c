/* The model: gradients against central differences, the loss's parts, the ReLU's
 * convention. */
#include <string.h>

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

static void test_gradient(void **state) {
    (void)state;
    const int depths[] = {1, 2, 4, 7}, samples[] = {1, 3};
    for (int d = 0; d < 4; d++)
        for (int s = 0; s < 2; s++)
            for (int activation = ACTIVATION_RELU; activation <= ACTIVATION_LINEAR;
                 activation++) {
                struct problem problem =
                    make_problem((struct shape){depths[d], 9, 4, samples[s]},
                                 (enum activation_kind)activation);
                struct fixture fixture;
                fixture_set_up(&fixture, &problem, 1.3);
                assert_near(gradient_error(&fixture), 0.0, 1e-6);
                fixture_tear_down(&fixture);
            }
}

static void test_width_below_classes(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 2, 5, 2}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 1.3);
    assert_near(gradient_error(&fixture), 0.0, 1e-6);
    fixture_tear_down(&fixture);
}

static void test_terms_add_up(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 6, 4, 2}, ACTIVATION_RELU);
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
    struct problem problem = make_problem((struct shape){3, 6, 4, 2}, ACTIVATION_RELU);
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

/* At zero: loss 1/2, and no gradient reaches anything. */
static void test_trivial_point(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){4, 6, 3, 2}, ACTIVATION_RELU);
    struct fixture fixture;
    fixture_set_up(&fixture, &problem, 0.0);
    memset(fixture.parameters.data, 0,
           shape_parameter_count(&problem.shape) * sizeof(double));
    assert_near(loss_at(&fixture), 0.5, 1e-15);
    model_gradient(&fixture.model, &fixture.parameters, &fixture.gradient);
    for (size_t i = 0; i < shape_parameter_count(&problem.shape); i++)
        assert_true(fixture.gradient.data[i] == 0.0);
    fixture_tear_down(&fixture);
}

/* One sample, one unit a layer, by hand: L = 2, Z = w2 relu(w1 h). */
static void test_by_hand(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){2, 1, 1, 1}, ACTIVATION_RELU);
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
    struct problem problem = make_problem((struct shape){3, 5, 3, 1}, ACTIVATION_RELU);
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
    struct problem problem = make_problem((struct shape){2, 40, 5, 3}, ACTIVATION_RELU);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradient),     cmocka_unit_test(test_width_below_classes),
        cmocka_unit_test(test_terms_add_up), cmocka_unit_test(test_trivial_point),
        cmocka_unit_test(test_by_hand),      cmocka_unit_test(test_no_relu_on_h1),
        cmocka_unit_test(test_random_start), cmocka_unit_test(test_scaled_weights),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}

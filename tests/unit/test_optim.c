/* Optimizers against explicit updates, stopping rules as a table, history's steps,
 * training. */
#include <limits.h>
#include <string.h>

#include "dufm/optimizer.h"
#include "dufm/stopping.h"
#include "dufm/train.h"
#include "problems.h"

struct bench {
    struct fixture fixture;
    struct optimizer optimizer;
    struct arena arena;
};

static void set_up(struct bench *bench, const struct problem *problem,
                   enum optimizer_kind kind) {
    *bench = (struct bench){0};
    fixture_set_up(&bench->fixture, problem, 1.0);
    for (int pass = 0; pass < 2; pass++) {
        optimizer_carve(&bench->optimizer, kind, &bench->fixture.model,
                        &bench->fixture.parameters, &bench->arena);
        if (pass == 0) assert_ok(arena_reserve(&bench->arena));
    }
}

static void tear_down(struct bench *bench) {
    arena_release(&bench->arena);
    fixture_tear_down(&bench->fixture);
}

/* Fused steps against the textbook update with an explicit gradient. */
static void check_steps(enum optimizer_kind kind, double momentum) {
    const struct shape shapes[] = {
        {1, 3, 2, 1}, {4, 7, 3, 2}, {3, 33, 10, 1}, {2, 2, 5, 3}};
    const double rate = 0.1;
    for (int s = 0; s < 4; s++) {
        struct problem problem = make_problem(shapes[s], ACTIVATION_RELU);
        struct bench fused, plain;
        set_up(&fused, &problem, kind);
        set_up(&plain, &problem, OPTIMIZER_GD);
        fused.optimizer.rate = rate;
        fused.optimizer.momentum = momentum;
        size_t count = shape_parameter_count(&problem.shape);
        double *velocity = calloc(count, sizeof *velocity);
        assert_non_null(velocity);
        for (int step = 0; step < 50; step++) {
            model_forward(&fused.fixture.model, &fused.fixture.parameters);
            optimizer_step(&fused.optimizer, &fused.fixture.model);
            model_gradient(&plain.fixture.model, &plain.fixture.parameters,
                           &plain.fixture.gradient);
            for (size_t i = 0; i < count; i++) {
                velocity[i] = momentum * velocity[i] + plain.fixture.gradient.data[i];
                plain.fixture.parameters.data[i] -= rate * velocity[i];
            }
        }
        factors_normalize(&fused.fixture.parameters);
        for (size_t i = 0; i < count; i++)
            assert_near(fused.fixture.parameters.data[i],
                        plain.fixture.parameters.data[i], 1e-11);
        free(velocity);
        tear_down(&fused);
        tear_down(&plain);
    }
}

static void test_gd(void **state) {
    (void)state;
    check_steps(OPTIMIZER_GD, 0.0);
}

static void test_momentum(void **state) {
    (void)state;
    check_steps(OPTIMIZER_MOMENTUM, 0.9);
}

static void test_rules(void **state) {
    (void)state;
    const struct stopping_rules rules = {.max_steps = 1000,
                                         .max_seconds = 60,
                                         .loss_change = 1e-3,
                                         .window = 200,
                                         .gradient = 1e-6};
    struct {
        struct observation seen;
        struct stopping_state before;
        enum stop_reason want;
    } cases[] = {
        {{100, 1, 0.4, 1.0, false}, {0.5, 0}, STOP_NONE},
        {{100, 1, NAN, 1.0, true}, {0.5, 0}, STOP_DIVERGED},
        {{100, 1, INFINITY, 0.0, false}, {0.5, 0}, STOP_DIVERGED},
        {{100, 1, 0.5, 0.0, true}, {0.5, 0}, STOP_TRIVIAL},
        {{100, 1, 0.5, 1e-6, false}, {0.5, 0}, STOP_GRADIENT},
        {{100, 1, 0.5, NAN, false}, {0.5, 0}, STOP_NONE},
        {{200, 1, 0.4999, 1.0, false}, {0.5, 0}, STOP_PLATEAU},
        {{199, 1, 0.4999, 1.0, false}, {0.5, 0}, STOP_NONE},
        {{900, 1, 0.4990, 1.0, false}, {0.5, 0}, STOP_NONE},
        {{900, 1, 0.6, 1.0, false}, {0.5, 800}, STOP_NONE},
        {{1000, 1, 0.6, 1.0, false}, {0.5, 900}, STOP_MAX_STEPS},
        {{100, 60, 0.4, 1.0, false}, {0.5, 0}, STOP_MAX_SECONDS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (stopping_judge(&rules, &cases[i].before, &cases[i].seen) != cases[i].want)
            fail_msg("case %zu", i);
}

static void test_rules_off(void **state) {
    (void)state;
    const struct stopping_rules rules = {.max_steps = INT_MAX, .max_seconds = INFINITY};
    struct stopping_state memory;
    stopping_start(&memory);
    for (int step = 0; step < 1000000; step += 1000) {
        struct observation seen = {.step = step, .seconds = step, .loss = 0.5};
        assert_int_equal(stopping_judge(&rules, &memory, &seen), STOP_NONE);
    }
}

/* Decayed parameters are trivial; the same norms at L = 1 are not while they still grow.
 */
static void test_trivial_rule(void **state) {
    (void)state;
    struct loss_terms terms;
    for (int depth = 1; depth <= 3; depth++) {
        struct problem problem =
            make_problem((struct shape){depth, 4, 3, 1}, ACTIVATION_RELU);
        struct fixture fixture;
        fixture_set_up(&fixture, &problem, 1.0);
        model_loss(&fixture.model, &fixture.parameters, &terms);
        assert_false(stopping_is_trivial(&problem, &terms));
        size_t count = shape_parameter_count(&problem.shape);
        for (size_t i = 0; i < count; i++)
            fixture.parameters.data[i] *= 1e-8;
        model_loss(&fixture.model, &fixture.parameters, &terms);
        assert_int_equal(stopping_is_trivial(&problem, &terms), depth > 1);
        fixture_tear_down(&fixture);
    }
}

static void test_history_steps(void **state) {
    (void)state;
    const int lasts[] = {1, 10, 63, 1000, 200000, 1000000000};
    const int capacities[] = {2, 3, 64, 500};
    for (int l = 0; l < 6; l++)
        for (int c = 0; c < 4; c++) {
            int capacity = capacities[c], last = lasts[l];
            assert_int_equal(history_target(0, capacity, last), 0);
            for (int i = 1; i < capacity; i++) {
                int step = history_target(i, capacity, last);
                int previous = history_target(i - 1, capacity, last);
                assert_true(step > previous || previous == last);
                assert_true(step <= last);
            }
            assert_int_equal(history_target(capacity - 1, capacity, last), last);
        }
}

struct run {
    struct bench bench;
    struct history history;
    struct training training;
    struct training_report report;
    int step[16];
    double loss[16], fit[16], norm[16 * 4];
};

static void start_run(struct run *run, const struct problem *problem) {
    set_up(&run->bench, problem, OPTIMIZER_GD);
    run->history = (struct history){.capacity = 16,
                                    .depth = problem->shape.depth,
                                    .step = run->step,
                                    .loss = run->loss,
                                    .loss_fit = run->fit,
                                    .norm = run->norm};
    run->training =
        (struct training){.model = &run->bench.fixture.model,
                          .optimizer = &run->bench.optimizer,
                          .gradient = &run->bench.fixture.gradient,
                          .learning_rate = 0.3,
                          .rules = {.max_steps = 777, .max_seconds = INFINITY},
                          .history = &run->history};
}

static void test_training_ends_at_max_steps(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 8, 4, 2}, ACTIVATION_RELU);
    struct run run;
    start_run(&run, &problem);
    run.training.decay_steps = 123;
    training_run(&run.training, &run.report);
    assert_int_equal(run.report.reason, STOP_MAX_STEPS);
    assert_int_equal(run.report.steps, 900);
    assert_int_equal(run.history.count, 16);
    assert_int_equal(run.step[0], 0);
    assert_int_equal(run.step[15], 900);
    assert_near(run.loss[15], run.report.terms.total, 0.0);
    assert_true(run.report.loss_before_decay >= run.report.terms.total);
    assert_true(run.loss[0] > run.loss[15]);
    tear_down(&run.bench);
}

static void test_training_diverges(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 8, 4, 2}, ACTIVATION_RELU);
    struct run run;
    start_run(&run, &problem);
    run.training.learning_rate = 1e4;
    training_run(&run.training, &run.report);
    assert_int_equal(run.report.reason, STOP_DIVERGED);
    assert_int_equal(run.report.steps % TRAINING_CHECK_INTERVAL, 0);
    assert_int_equal(run.step[run.history.count - 1], run.report.steps);
    tear_down(&run.bench);
}

static bool stop_at_third(void *context) {
    return ++*(int *)context == 3;
}

static void test_training_is_interrupted(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 8, 4, 2}, ACTIVATION_RELU);
    struct run run;
    int calls = 0;
    start_run(&run, &problem);
    run.training.poll = stop_at_third;
    run.training.poll_context = &calls;
    training_run(&run.training, &run.report);
    assert_int_equal(run.report.reason, STOP_INTERRUPTED);
    assert_true(run.report.steps < 777);
    tear_down(&run.bench);
}

/* What is recorded and when rules are looked at never changes the trajectory. */
static void test_history_does_not_disturb(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){4, 10, 6, 2}, ACTIVATION_RELU);
    struct run with, without;
    start_run(&with, &problem);
    start_run(&without, &problem);
    without.history.capacity = 0;
    with.training.rules.gradient = 1e-300;
    with.training.rules.max_seconds = 1e6;
    training_run(&with.training, &with.report);
    training_run(&without.training, &without.report);
    assert_memory_equal(with.bench.fixture.parameters.data,
                        without.bench.fixture.parameters.data,
                        shape_parameter_count(&problem.shape) * sizeof(double));
    tear_down(&with.bench);
    tear_down(&without.bench);
}

/* What an observer is told: records in order, at the parameters of the record. */
struct watch {
    struct run *run;
    int calls;
};

static void watch_record(void *context, int record) {
    struct watch *watch = context;
    struct fixture *fixture = &watch->run->bench.fixture;
    const double *seen = model_postactivation(&fixture->model, &fixture->parameters, 3);
    size_t size = (size_t)shape_sample_count(&fixture->problem.shape) *
                  (size_t)fixture->problem.shape.width;
    assert_int_equal(record, watch->calls++);
    assert_int_equal(watch->run->history.count, record + 1);
    assert_true(isfinite(watch->run->loss[record]));
    /* the buffers hold the forward pass there: H_3 again, from W_2 and s(H_2) */
    double *again = calloc(size, sizeof *again);
    assert_non_null(again);
    model_preactivation(&fixture->model, &fixture->parameters, 3, again);
    for (size_t i = 0; i < size; i++)
        assert_near(seen[i], again[i] > 0 ? again[i] : 0.0, 0.0);
    free(again);
}

static void test_history_is_observed(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 8, 4, 2}, ACTIVATION_RELU);
    struct run run;
    struct watch watch = {.run = &run};
    start_run(&run, &problem);
    run.training.decay_steps = 123;
    run.training.rules.gradient = 1e-300;
    run.history.observe = watch_record;
    run.history.observer = &watch;
    training_run(&run.training, &run.report);
    assert_int_equal(watch.calls, 16);
    tear_down(&run.bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gd),
        cmocka_unit_test(test_momentum),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rules_off),
        cmocka_unit_test(test_trivial_rule),
        cmocka_unit_test(test_history_steps),
        cmocka_unit_test(test_training_ends_at_max_steps),
        cmocka_unit_test(test_training_diverges),
        cmocka_unit_test(test_training_is_interrupted),
        cmocka_unit_test(test_history_does_not_disturb),
        cmocka_unit_test(test_history_is_observed),
    };
    return cmocka_run_group_tests_name("optim", tests, NULL, NULL);
}

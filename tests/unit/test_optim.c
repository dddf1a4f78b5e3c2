/* Optimizers against explicit updates, stopping rules as a table, history's steps,
 * training. */
#include <limits.h>
#include <string.h>

#include "dufm/optimizer.h"
#include "dufm/stopping.h"
#include "dufm/train.h"
#include "problems.h"

static const struct optimizer_settings descent = {.kind = OPTIMIZER_GD};

struct bench {
    struct fixture fixture;
    struct optimizer optimizer;
    struct arena arena;
};

static void set_up(struct bench *bench, const struct problem *problem,
                   const struct optimizer_settings *settings) {
    *bench = (struct bench){0};
    fixture_set_up(&bench->fixture, problem, 1.0);
    for (int pass = 0; pass < 2; pass++) {
        optimizer_carve(&bench->optimizer, settings, &bench->fixture.model,
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
    const struct optimizer_settings settings = {.kind = kind, .momentum = momentum};
    const struct shape shapes[] = {
        {1, 3, 2, 1, 0}, {4, 7, 3, 2, 0}, {3, 33, 10, 1, 0}, {2, 2, 5, 3, 0}};
    const double rate = 0.1;
    for (int s = 0; s < 4; s++) {
        struct problem problem = make_problem(shapes[s], ACTIVATION_RELU);
        struct bench fused, plain;
        set_up(&fused, &problem, &settings);
        set_up(&plain, &problem, &descent);
        fused.optimizer.rate = rate;
        size_t count = shape_parameter_count(&problem.shape);
        double *velocity = calloc(count, sizeof *velocity);
        assert_non_null(velocity);
        for (int step = 0; step < 50; step++) {
            assert_true(
                optimizer_step(&fused.optimizer, optimizer_forward(&fused.optimizer)));
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
        {{100, 1, 0.4, 1.0, false, false}, {0.5, 0}, STOP_NONE},
        {{100, 1, NAN, 1.0, true, false}, {0.5, 0}, STOP_DIVERGED},
        {{100, 1, INFINITY, 0.0, false, false}, {0.5, 0}, STOP_DIVERGED},
        {{100, 1, 0.5, 0.0, true, false}, {0.5, 0}, STOP_TRIVIAL},
        {{100, 1, 0.5, 1e-6, false, false}, {0.5, 0}, STOP_GRADIENT},
        {{100, 1, 0.5, NAN, false, false}, {0.5, 0}, STOP_NONE},
        {{200, 1, 0.4999, 1.0, false, false}, {0.5, 0}, STOP_PLATEAU},
        {{199, 1, 0.4999, 1.0, false, false}, {0.5, 0}, STOP_NONE},
        {{900, 1, 0.4990, 1.0, false, false}, {0.5, 0}, STOP_NONE},
        {{900, 1, 0.6, 1.0, false, false}, {0.5, 800}, STOP_NONE},
        {{1000, 1, 0.6, 1.0, false, false}, {0.5, 900}, STOP_MAX_STEPS},
        {{100, 60, 0.4, 1.0, false, false}, {0.5, 0}, STOP_MAX_SECONDS},
        {{7, 1, 0.4, 1.0, false, true}, {0.5, 0}, STOP_PLATEAU},
        {{7, 1, 0.4, 1e-6, false, true}, {0.5, 0}, STOP_GRADIENT},
        {{7, 1, NAN, 1.0, false, true}, {0.5, 0}, STOP_DIVERGED},
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
            make_problem((struct shape){depth, 4, 3, 1, 0}, ACTIVATION_RELU);
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
    const int capacities[] = {3, 4, 64, 512};
    for (int l = 0; l < 6; l++)
        for (int c = 0; c < 4; c++) {
            int capacity = capacities[c], last = lasts[l], records = 2;
            double spacing = history_spacing(capacity, last);
            for (int step = history_next(spacing, 0), next; step < last; step = next) {
                next = history_next(spacing, step);
                assert_true(next > step);
                records++;
            }
            assert_true(records <= capacity);
            assert_true(2 * records >= capacity || records == last + 1 || capacity < 8);
        }
}

/* The records of a longer descent are among those of a shorter one. */
static void test_history_steps_are_nested(void **state) {
    (void)state;
    for (double spacing = 1.0 / 1024; spacing < 64; spacing *= 2)
        for (int step = history_next(2 * spacing, 0); step < 100000000;
             step = history_next(2 * spacing, step))
            assert_int_equal(history_next(spacing, step - 1), step);
}

struct run {
    struct bench bench;
    struct history history;
    struct training training;
    struct training_report report;
    int step[16];
    double loss[16], fit[16], norm[16 * 4];
};

static void start_run_of(struct run *run, const struct problem *problem,
                         const struct optimizer_settings *settings) {
    set_up(&run->bench, problem, settings);
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
                          .schedule = {.rate = 0.3, .steps = 777},
                          .rules = {.max_steps = 777, .max_seconds = INFINITY},
                          .history = &run->history};
    training_start(&run->training);
}

static void start_run(struct run *run, const struct problem *problem) {
    start_run_of(run, problem, &descent);
}

static void test_training_ends_at_max_steps(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 8, 4, 2, 0}, ACTIVATION_RELU);
    struct run run;
    start_run(&run, &problem);
    run.training.decay_steps = 123;
    training_run(&run.training, &run.report);
    assert_int_equal(run.report.reason, STOP_MAX_STEPS);
    assert_int_equal(run.report.steps, 900);
    assert_int_equal(run.history.count, 12); /* 0, 1, 2, 4, ..., 512, 900 */
    assert_int_equal(run.step[0], 0);
    assert_int_equal(run.step[11], 900);
    assert_near(run.loss[11], run.report.terms.total, 0.0);
    assert_true(run.report.loss_before_decay >= run.report.terms.total);
    assert_true(run.loss[0] > run.loss[11]);
    tear_down(&run.bench);
}

static void test_training_diverges(void **state) {
    (void)state;
    struct problem problem = make_problem((struct shape){3, 8, 4, 2, 0}, ACTIVATION_RELU);
    struct run run;
    start_run(&run, &problem);
    run.training.schedule.rate = 1e4;
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
    struct problem problem = make_problem((struct shape){3, 8, 4, 2, 0}, ACTIVATION_RELU);
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
    struct problem problem =
        make_problem((struct shape){4, 10, 6, 2, 0}, ACTIVATION_RELU);
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

/* Every optimizer with every schedule on every problem: the loss falls, evaluations are
 * counted, and a second descent in the same memory has the same bits. */
static void test_every_way_on_every_problem(void **state) {
    (void)state;
    const struct optimizer_settings settings[] = {
        {.kind = OPTIMIZER_GD},
        {.kind = OPTIMIZER_MOMENTUM, .momentum = 0.5},
        {.kind = OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8},
        {.kind = OPTIMIZER_LBFGS, .memory = 5},
        {.kind = OPTIMIZER_GD, .undo = true}};
    const struct shape shapes[] = {{1, 3, 2, 1, 0}, {4, 7, 3, 2, 0}, {2, 5, 6, 1, 0}};
    for (int i = 0; i < 5 * 3 * 2; i++) {
        struct problem problem =
            make_problem(shapes[i / 5 % 3], (enum activation_kind)(i / 15));
        const struct optimizer_settings *way = &settings[i % 5];
        size_t count = shape_parameter_count(&problem.shape);
        struct run runs[2];
        for (int j = 0; j < 2; j++) {
            struct run *run = &runs[j];
            start_run_of(run, &problem, way);
            run->training.schedule.rate = 0.02;
            if (way->undo) run->training.schedule.kind = SCHEDULE_AUTO;
            training_start(&run->training);
            training_run(&run->training, &run->report);
            assert_true(run->report.terms.total < run->loss[0]);
            if (way->kind == OPTIMIZER_LBFGS)
                assert_true(run->report.evaluations > run->report.steps);
            else
                assert_int_equal(run->report.evaluations, run->report.steps);
        }
        assert_memory_equal(runs[0].bench.fixture.parameters.data,
                            runs[1].bench.fixture.parameters.data,
                            count * sizeof(double));
        tear_down(&runs[0].bench);
        tear_down(&runs[1].bench);
    }
}

/* Cosine and inverse by hand; the step before a cosine begins anew is its shortest. */
static void test_schedules(void **state) {
    (void)state;
    const struct {
        struct schedule schedule;
        int step;
        double rate;
    } cases[] = {
        {{SCHEDULE_CONSTANT, 0.5, 1}, 12345, 0.5},
        {{SCHEDULE_AUTO, 0.5, 1}, 7, 0.5},
        {{SCHEDULE_COSINE, 0.5, 100}, 0, 0.5},
        {{SCHEDULE_COSINE, 0.5, 100}, 50, 0.25},
        {{SCHEDULE_COSINE, 1, 3}, 1, 0.75},
        {{SCHEDULE_COSINE, 1, 3}, 2, 0.25},
        {{SCHEDULE_COSINE, 1, 3}, 3, 1},
        {{SCHEDULE_COSINE, 1, 1}, 9, 1},
        {{SCHEDULE_INVERSE, 0.5, 100}, 0, 0.5},
        {{SCHEDULE_INVERSE, 0.5, 100}, 100, 0.25},
        {{SCHEDULE_INVERSE, 0.5, 1}, 999999999, 0.5e-9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_near(schedule_rate(&cases[i].schedule, cases[i].step), cases[i].rate,
                    1e-15);
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
    struct problem problem = make_problem((struct shape){3, 8, 4, 2, 0}, ACTIVATION_RELU);
    struct run run;
    struct watch watch = {.run = &run};
    start_run(&run, &problem);
    run.training.decay_steps = 123;
    run.training.rules.gradient = 1e-300;
    run.history.observe = watch_record;
    run.history.observer = &watch;
    training_run(&run.training, &run.report);
    assert_int_equal(watch.calls, 12);
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
        cmocka_unit_test(test_history_steps_are_nested),
        cmocka_unit_test(test_training_ends_at_max_steps),
        cmocka_unit_test(test_training_diverges),
        cmocka_unit_test(test_training_is_interrupted),
        cmocka_unit_test(test_history_does_not_disturb),
        cmocka_unit_test(test_history_is_observed),
        cmocka_unit_test(test_every_way_on_every_problem),
        cmocka_unit_test(test_schedules),
    };
    return cmocka_run_group_tests_name("optim", tests, NULL, NULL);
}

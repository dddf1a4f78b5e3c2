/* A descent that was saved, left and gone on with elsewhere ends with the same bits. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dufm/checkpoint.h"
#include "dufm/file.h"
#include "dufm/optimizer.h"
#include "dufm/train.h"
#include "problems.h"

enum { CAPACITY = 16, LAYERS = 3, LIMIT = 400, DECAY = 150 };

static const struct shape small = {LAYERS, 9, 4, 2, 0};
static const struct checkpoint_label label = {.trail = 0x1234, .maker = 0x5678};

/* Everything of a descent that is compared. */
struct descent {
    struct fixture fixture;
    struct optimizer optimizer;
    struct arena arena;
    struct history history;
    struct training training;
    struct training_report report;
    int step[CAPACITY], rank[CAPACITY * LAYERS];
    double loss[CAPACITY], fit[CAPACITY];
    double norm[CAPACITY * LAYERS], nc1[CAPACITY * LAYERS];
    int stop_at; /* step at which the poll stops it; -1: never */
};

static bool stop_there(void *context) {
    const struct descent *descent = context;
    return descent->training.state.step == descent->stop_at;
}

/* Stands for what a monitor measures. */
static void observe(void *context, int record) {
    struct descent *descent = context;
    for (int layer = 0; layer < LAYERS; layer++) {
        descent->nc1[record * LAYERS + layer] =
            descent->norm[record * LAYERS + layer] / 7;
        descent->rank[record * LAYERS + layer] = descent->step[record] + layer;
    }
}

/* An optimizer with its schedule. */
struct way {
    struct optimizer_settings optimizer;
    struct schedule schedule;
};

static const struct way ways[] = {
    {{.kind = OPTIMIZER_GD}, {.rate = 0.2}},
    {{.kind = OPTIMIZER_MOMENTUM, .momentum = 0.7}, {.rate = 0.2}},
    {{.kind = OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8},
     {SCHEDULE_COSINE, 0.01, 250}},
    {{.kind = OPTIMIZER_LBFGS, .memory = 4}, {.rate = 1}},
    {{.kind = OPTIMIZER_GD}, {SCHEDULE_INVERSE, 0.2, 90}},
    {{.kind = OPTIMIZER_GD, .undo = true}, {SCHEDULE_AUTO, 0.2, 0}},
};

enum { WAYS = sizeof ways / sizeof *ways, PLAIN = 0, MOMENTUM = 1 };

/* Records that are not written look like that in a result. */
static void blank(struct descent *descent) {
    for (int i = 0; i < CAPACITY; i++) {
        descent->step[i] = -1;
        descent->loss[i] = descent->fit[i] = NAN;
    }
    for (int i = 0; i < CAPACITY * LAYERS; i++) {
        descent->norm[i] = descent->nc1[i] = NAN;
        descent->rank[i] = -1;
    }
}

static void set_out(struct descent *descent, const struct way *way, int max_steps) {
    struct problem problem = make_problem(small, ACTIVATION_RELU);
    *descent = (struct descent){.stop_at = -1};
    blank(descent);
    fixture_set_up(&descent->fixture, &problem, 1.0);
    for (int pass = 0; pass < 2; pass++) {
        optimizer_carve(&descent->optimizer, &way->optimizer, &descent->fixture.model,
                        &descent->fixture.parameters, &descent->arena);
        if (pass == 0) assert_ok(arena_reserve(&descent->arena));
    }
    descent->history = (struct history){.capacity = CAPACITY,
                                        .depth = LAYERS,
                                        .step = descent->step,
                                        .loss = descent->loss,
                                        .loss_fit = descent->fit,
                                        .norm = descent->norm,
                                        .nc1 = descent->nc1,
                                        .rank = descent->rank,
                                        .observe = observe,
                                        .observer = descent};
    descent->training = (struct training){.model = &descent->fixture.model,
                                          .optimizer = &descent->optimizer,
                                          .gradient = &descent->fixture.gradient,
                                          .rules = {.max_steps = max_steps,
                                                    .max_seconds = INFINITY,
                                                    .loss_change = 1e-12,
                                                    .window = 10 * LIMIT},
                                          .schedule = way->schedule,
                                          .decay_steps = DECAY,
                                          .history = &descent->history,
                                          .poll = stop_there,
                                          .poll_context = descent};
    training_start(&descent->training);
}

static void end(struct descent *descent) {
    arena_release(&descent->arena);
    fixture_tear_down(&descent->fixture);
}

static void run(struct descent *descent) {
    training_run(&descent->training, &descent->report);
}

static void assert_same(const struct descent *one, const struct descent *other) {
    size_t count = shape_parameter_count(&small);
    assert_int_equal(one->report.reason, other->report.reason);
    assert_int_equal(one->report.steps, other->report.steps);
    assert_int_equal(one->report.evaluations, other->report.evaluations);
    assert_int_equal(one->history.count, other->history.count);
    assert_memory_equal(&one->report.terms, &other->report.terms,
                        sizeof one->report.terms);
    assert_memory_equal(one->fixture.parameters.data, other->fixture.parameters.data,
                        count * sizeof(double));
    assert_memory_equal(one->step, other->step, sizeof one->step);
    assert_memory_equal(one->loss, other->loss, sizeof one->loss);
    assert_memory_equal(one->fit, other->fit, sizeof one->fit);
    assert_memory_equal(one->norm, other->norm, sizeof one->norm);
    assert_memory_equal(one->nc1, other->nc1, sizeof one->nc1);
    assert_memory_equal(one->rank, other->rank, sizeof one->rank);
}

/* Run until the step, save, and go on in fresh memory under the limit. */
static void leave_and_go_on(struct descent *descent, const struct way *way, int step,
                            int first_limit, int limit) {
    struct descent left;
    set_out(&left, way, first_limit);
    left.stop_at = step;
    run(&left);
    assert_int_equal(left.report.reason, STOP_INTERRUPTED);
    assert_int_equal(left.training.state.step, step);
    size_t room = checkpoint_bytes(&left.training);
    unsigned char *bytes = malloc(room);
    assert_non_null(bytes);
    size_t used = checkpoint_pack(&left.training, &label, bytes);
    assert_true(used <= room);
    end(&left);
    set_out(descent, way, limit);
    assert_int_equal(checkpoint_unpack(&descent->training, &label, bytes, used),
                     CHECKPOINT_FITS);
    free(bytes);
    run(descent);
}

static void test_same_bits(void **state) {
    (void)state;
    const int steps[] = {0, 100, 200, 300, LIMIT, LIMIT + 100};
    for (int k = 0; k < WAYS; k++) {
        struct descent whole, parted;
        set_out(&whole, &ways[k], LIMIT);
        run(&whole);
        assert_int_equal(whole.report.reason, STOP_MAX_STEPS);
        /* The decay ends where no step lowers the loss any more: L-BFGS alone may come there,
         * sooner or later by the CPU's last bits. */
        bool may_stall = ways[k].optimizer.kind == OPTIMIZER_LBFGS;
        assert_in_range(whole.report.steps, LIMIT + (may_stall ? 1 : DECAY),
                        LIMIT + DECAY);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            if (steps[i] >= whole.report.steps) continue;
            leave_and_go_on(&parted, &ways[k], steps[i], LIMIT, LIMIT);
            assert_same(&parted, &whole);
            end(&parted);
        }
        end(&whole);
    }
}

/* What ended at an earlier limit goes on as if it had always had the later one, with the
 * same history. */
static void test_raised_limit(void **state) {
    (void)state;
    const int limits[] = {10, 33, 100, 300}; /* 100: fewer records than before */
    enum { LIMITS = sizeof limits / sizeof *limits };
    for (int i = 0; i < LIMITS * WAYS; i++) {
        struct descent whole, parted;
        const struct way *way = &ways[i / LIMITS];
        int limit = limits[i % LIMITS];
        set_out(&whole, way, LIMIT);
        run(&whole);
        leave_and_go_on(&parted, way, limit, limit, LIMIT);
        assert_same(&parted, &whole);
        end(&whole);
        end(&parted);
    }
}

/* One that has ended, and is saved while something is measured of it, ends again with the same
 * bits, whatever rule ended it; for a later limit it is none to go on with. */
static void test_what_has_ended(void **state) {
    (void)state;
    for (int i = 0; i < 3 * WAYS; i++) {
        struct descent whole, again;
        const struct way *way = &ways[i / 3];
        set_out(&whole, way, LIMIT);
        whole.training.decay_steps = i % 3 == 0 ? DECAY : 0;
        if (i % 3 == 2) whole.training.rules.gradient = 1e9;
        run(&whole);
        assert_int_equal(whole.report.reason,
                         i % 3 == 2 ? STOP_GRADIENT : STOP_MAX_STEPS);
        unsigned char *bytes = malloc(checkpoint_bytes(&whole.training));
        assert_non_null(bytes);
        size_t used = checkpoint_pack(&whole.training, &label, bytes);
        assert_false(checkpoint_is_at_limit(bytes, used));
        set_out(&again, way, LIMIT);
        again.training.decay_steps = whole.training.decay_steps;
        assert_int_equal(checkpoint_unpack(&again.training, &label, bytes, used),
                         CHECKPOINT_FITS);
        again.stop_at = again.training.state.step; /* asked, it would stop */
        run(&again);
        assert_same(&again, &whole);
        again.training.rules.max_steps = 2 * LIMIT;
        assert_int_equal(checkpoint_unpack(&again.training, &label, bytes, used),
                         CHECKPOINT_LATER);
        free(bytes);
        end(&again);
        end(&whole);
    }
}

static void test_misfits(void **state) {
    (void)state;
    struct descent left, other;
    set_out(&left, &ways[MOMENTUM], LIMIT);
    left.stop_at = 200;
    run(&left);
    unsigned char *bytes = malloc(checkpoint_bytes(&left.training));
    assert_non_null(bytes);
    size_t used = checkpoint_pack(&left.training, &label, bytes);

    set_out(&other, &ways[MOMENTUM], LIMIT);
    struct training *training = &other.training;
    const struct checkpoint_label another = {label.trail + 1, label.maker};
    const struct checkpoint_label foreign = {label.trail, label.maker + 1};
    assert_int_equal(checkpoint_unpack(training, &another, bytes, used),
                     CHECKPOINT_OTHER);
    assert_int_equal(checkpoint_unpack(training, &foreign, bytes, used),
                     CHECKPOINT_FOREIGN);
    training->rules.max_steps = LIMIT - 1;
    assert_int_equal(checkpoint_unpack(training, &label, bytes, used), CHECKPOINT_LATER);
    training->rules.max_steps = LIMIT;
    struct history shorter = other.history;
    shorter.capacity--;
    training->history = &shorter;
    assert_int_equal(checkpoint_unpack(training, &label, bytes, used), CHECKPOINT_OTHER);
    training->history = &other.history;
    for (size_t at = 0; at < used; at += 13) {
        bytes[at] ^= 0x10;
        assert_int_equal(checkpoint_unpack(training, &label, bytes, used),
                         CHECKPOINT_DAMAGED);
        bytes[at] ^= 0x10;
    }
    for (size_t cut = 0; cut < used; cut += 101)
        assert_int_equal(checkpoint_unpack(training, &label, bytes, cut),
                         CHECKPOINT_DAMAGED);
    assert_int_equal(training->state.step, 0); /* none of them changed it */
    assert_int_equal(checkpoint_unpack(training, &label, bytes, used), CHECKPOINT_FITS);
    assert_int_equal(training->state.step, 200);
    assert_false(checkpoint_is_at_limit(bytes, used));
    left.training.state.step = LIMIT;
    used = checkpoint_pack(&left.training, &label, bytes);
    assert_true(checkpoint_is_at_limit(bytes, used));
    assert_false(checkpoint_is_at_limit(bytes, used - 1));
    free(bytes);
    end(&left);
    end(&other);
}

static void test_files(void **state) {
    (void)state;
    char folder[] = "/tmp/dufm-file-XXXXXX", path[64], temporary[80];
    void *data;
    size_t bytes;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/some", folder);
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    assert_int_equal(file_read(path, 10, &data, &bytes), ERROR_SYSTEM);
    assert_ok(file_replace(path, "12345", 5));
    assert_ok(file_replace(path, "abc", 3));
    assert_int_equal(access(temporary, F_OK), -1);
    assert_ok(file_read(path, 3, &data, &bytes));
    assert_int_equal(bytes, 3);
    assert_memory_equal(data, "abc", 3);
    free(data);
    assert_int_equal(file_read(path, 2, &data, &bytes), ERROR_SYSTEM);
    assert_int_equal(file_read(folder, 99, &data, &bytes), ERROR_SYSTEM);
    assert_int_equal(file_replace(folder, "abc", 3), ERROR_SYSTEM);
    assert_int_equal(file_replace("/nowhere/at/all", "abc", 3), ERROR_SYSTEM);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),      cmocka_unit_test(test_raised_limit),
        cmocka_unit_test(test_what_has_ended), cmocka_unit_test(test_misfits),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A point that is left after its descent, while the ending is measured or on the way back from a
 * kick, is gone on with there; a way back from the same ending alone. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/checkpoints.h"
#include "dufm/solve.h"
#include "unit.h"

/* Steps of the way back at which it is left. */
enum { LEFT_AT = 800 };

static const char text[] =
    "point: {depth: 3, width: 9, classes: 4, samples: 2, lambda: 0.004, kick: 0.1,\n"
    "        learning_rate: 0.2, max_steps: 1500, stop_loss_change: 0, stop_gradient: "
    "0,\n"
    "        decay_steps: 200, optimizer: momentum, seed: 3}\n";

struct bench {
    char output[PATH_MAX];
    struct sweep *sweep;
    struct point point;
    struct solver *solver;
    struct checkpoints *checkpoints;
    bool leave;     /* at LEFT_AT of the way back */
    int layers;     /* to be measured of the ending before it is left; -1: all */
    bool back;      /* the way back is under way ... */
    int begun_from; /* ... from this step */
    const struct result *result;
};

static void set_out(void *context, const struct training *ended, struct training *back) {
    struct bench *bench = context;
    assert_int_equal(ended->state.ended, STOP_MAX_STEPS);
    checkpoints_return(bench->checkpoints, ended, back);
    bench->back = true;
    bench->begun_from = back->state.step;
}

static bool look(void *context) {
    struct bench *bench = context;
    const struct training_state *state = &solver_training(bench->solver)->state;
    if (bench->back) return bench->leave && state->step >= LEFT_AT;
    return state->ended != STOP_NONE && bench->layers-- == 0;
}

static void set_up(struct bench *bench) {
    *bench = (struct bench){.leave = true, .layers = -1};
    char folder[] = "/tmp/dufm-way-back-XXXXXX";
    assert_non_null(mkdtemp(folder));
    snprintf(bench->output, sizeof bench->output, "%s/out.h5", folder);
    assert_ok(sweep_parse("sweep.yaml", text, sizeof text - 1, &bench->sweep));
    grid_point(bench->sweep, 0, &bench->point);
    assert_ok(solver_create(bench->sweep, &bench->solver));
}

static int count_files(const struct bench *bench) {
    char path[PATH_MAX + 16];
    int count = 0;
    snprintf(path, sizeof path, "%s.checkpoints", bench->output);
    DIR *folder = opendir(path);
    if (folder == NULL) return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

static void tear_down(struct bench *bench) {
    checkpoints_end(bench->output, bench->sweep);
    assert_int_equal(count_files(bench), 0);
    *strrchr(bench->output, '/') = '\0';
    assert_int_equal(rmdir(bench->output), 0);
    solver_destroy(&bench->solver);
    sweep_destroy(&bench->sweep);
}

/* The point as a worker that has just started takes it up; moved: its saved ending, so much. */
static enum error run(struct bench *bench, double moved) {
    const struct checkpoint_options options = {.seconds = 1e-9};
    const struct solver_watch watch = {look, set_out, bench};
    bench->back = false;
    assert_ok(checkpoints_create(bench->output, "maker", &options, &bench->checkpoints));
    assert_ok(solver_begin(bench->solver, &bench->point));
    struct training *training = solver_training(bench->solver);
    checkpoints_begin(bench->checkpoints, &bench->point, training);
    training->optimizer->parameters->data[0] += moved;
    enum error error = solver_run(bench->solver, &watch, &bench->result);
    if (error)
        checkpoints_leave(bench->checkpoints, solver_training(bench->solver));
    else
        checkpoints_ended(bench->checkpoints, bench->result->stop_reason);
    return error;
}

static void commit(struct bench *bench) {
    checkpoints_committed(bench->checkpoints);
    checkpoints_destroy(&bench->checkpoints);
}

/* Left there, with a file for either way. */
static void leave(struct bench *bench) {
    bench->leave = true;
    assert_int_equal(run(bench, 0), ERROR_INTERRUPTED);
    assert_int_equal(bench->begun_from, 0);
    checkpoints_destroy(&bench->checkpoints);
    assert_int_equal(count_files(bench), 2);
    bench->leave = false;
}

static void test_gone_on_with(void **state) {
    struct bench bench;
    (void)state;
    set_up(&bench);
    bench.leave = false;
    assert_ok(run(&bench, 0));
    struct firmness whole = bench.result->firmness;
    assert_int_equal(whole.kick_steps, 1700);
    commit(&bench);
    leave(&bench);
    assert_ok(run(&bench, 0));
    assert_true(bench.begun_from >= LEFT_AT && bench.begun_from < 1700);
    assert_memory_equal(&bench.result->firmness, &whole, sizeof whole);
    commit(&bench);
    assert_int_equal(count_files(&bench), 0);
    tear_down(&bench);
}

static void test_left_while_it_is_measured(void **state) {
    struct bench bench;
    (void)state;
    set_up(&bench);
    bench.leave = false;
    for (bench.layers = 0; bench.layers < 3;) {
        int layers = bench.layers;
        assert_int_equal(run(&bench, 0), ERROR_INTERRUPTED);
        checkpoints_destroy(&bench.checkpoints);
        assert_int_equal(count_files(&bench), 1);
        bench.layers = layers + 1;
    }
    bench.layers = -1;
    assert_ok(run(&bench, 0));
    assert_int_equal(bench.result->steps, 1700);
    assert_int_equal(bench.result->status, STATUS_DONE);
    commit(&bench);
    tear_down(&bench);
}

/* An ending that comes out otherwise has a way back of its own. */
static void test_from_another_ending(void **state) {
    struct bench bench;
    (void)state;
    set_up(&bench);
    leave(&bench);
    assert_ok(run(&bench, 1e-3));
    assert_int_equal(bench.begun_from, 0);
    commit(&bench);
    assert_int_equal(count_files(&bench), 0);
    tear_down(&bench);
}

/* Killed after the row was committed: what is left of either way goes at the sweep's end. */
static void test_left_over(void **state) {
    struct bench bench;
    (void)state;
    set_up(&bench);
    leave(&bench);
    tear_down(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gone_on_with),
        cmocka_unit_test(test_left_while_it_is_measured),
        cmocka_unit_test(test_from_another_ending),
        cmocka_unit_test(test_left_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Points as work: made from their number, solved, staged, committed. */
#include "dufm/work.h"

#include <math.h>
#include <stdlib.h>

#include "dufm/faults.h"
#include "dufm/guard.h"
#include "dufm/log.h"
#include "dufm/memory.h"
#include "dufm/result.h"
#include "dufm/solve.h"
#include "trial.h"

/* Points predicted to take longer than this show as running in the file. */
static const double mark_seconds = 1.0;

static bool is_shown(const struct point *point) {
    return solver_predict_seconds(point) > mark_seconds;
}

struct work_points {
    const struct sweep *sweep;
    struct store *store;
    struct checkpoints *checkpoints;
    const char *faults;
    struct solver *solver; /* NULL until it is needed; owned */
    struct result blank;   /* stands for a point that could not be run: nothing defined */
};

enum error work_points_create(const struct sweep *sweep, struct store *store,
                              struct checkpoints *checkpoints, const char *faults,
                              struct work_points **out) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct work_points), &memory));
    struct work_points *points = memory;
    points->sweep = sweep;
    points->store = store;
    points->checkpoints = checkpoints;
    points->faults = faults;
    result_clear(&points->blank);
    *out = points;
    return ERROR_NONE;
}

void work_points_destroy(struct work_points **points) {
    if (*points == NULL) return;
    solver_destroy(&(*points)->solver);
    free(*points);
    *points = NULL;
}

enum error work_points_reserve(struct work_points *points) {
    if (points->solver != NULL) return ERROR_NONE;
    return solver_create(points->sweep, &points->solver);
}

static const struct result *blank(struct work_points *points, enum status status,
                                  enum failure failure) {
    points->blank.status = status;
    points->blank.failure = failure;
    return &points->blank;
}

/* How the solver ended, and where to say so. */
struct ending {
    enum error error;
    const struct result *result; /* where there was no error */
    struct work_result *out;
};

/* What every way to run a row begins with: the point, at its start or where it was left
 * ... */
static enum error begin_row(struct work_points *points, uint32_t row,
                            struct point *point) {
    TRY(store_point(points->store, points->sweep, row, point));
    TRY(work_points_reserve(points));
    TRY(solver_begin(points->solver, point));
    checkpoints_begin(points->checkpoints, point, solver_training(points->solver));
    return is_shown(point) ? store_mark_running(points->store, row, 1) : ERROR_NONE;
}

/* ... and ends with. A point whose decompositions do not converge has failed. */
static enum error end_row(struct work_points *points, uint32_t row,
                          const struct point *point, struct ending *ending) {
    if (ending->error == ERROR_NUMERIC) {
        log_warning("point %lu failed: %s", (unsigned long)row, error_message());
        ending->result = blank(points, STATUS_FAILED, FAILURE_NO_CONVERGENCE);
    } else if (ending->error != ERROR_NONE) {
        if (ending->error == ERROR_INTERRUPTED && is_shown(point))
            TRY(store_mark_pending(points->store, row));
        return ending->error;
    }
    checkpoints_ended(points->checkpoints, ending->result->stop_reason);
    const struct result *result = ending->result;
    double allowed = ((double)point->max_steps + point->decay_steps) *
                     (point->kick > 0 ? 2 : 1); /* there, and back */
    double taken = fmax(result->steps, 0) + fmax(result->firmness.kick_steps, 0);
    *ending->out = (struct work_result){.status = ending->result->status,
                                        .outcome = ending->result->outcome,
                                        .share = taken / allowed};
    return store_stage(points->store, row, point, ending->result);
}

/* What a point under way asks. Files and messages are not the point's own doing. */
struct watch {
    struct work_points *points;
    const struct work_request *request;
};

static void set_out(void *context, const struct training *ended, struct training *back) {
    const struct watch *watch = context;
    guard_pause();
    checkpoints_return(watch->points->checkpoints, ended, back);
    guard_resume();
}

static bool look(void *context) {
    const struct watch *watch = context;
    struct work_points *points = watch->points;
    guard_pause();
    checkpoints_look(points->checkpoints, solver_training(points->solver));
    bool stop = watch->request->poll(watch->request->poll_context);
    guard_resume();
    return stop;
}

/* Run the row that was begun, here or in a child; what is left under way is saved. */
static enum error solve_row(struct work_points *points,
                            const struct work_request *request, const struct point *point,
                            const struct result **out) {
    struct watch watch = {points, request};
    const struct solver_watch onlooker = {look, set_out, &watch};
    guard_enter(point_identity(point), request->row);
    enum error error = solver_run(points->solver, &onlooker, out);
    guard_leave();
    if (error == ERROR_INTERRUPTED)
        checkpoints_leave(points->checkpoints, solver_training(points->solver));
    return error;
}

static enum error run_row(void *context, const struct work_request *request,
                          struct work_result *out) {
    struct work_points *points = context;
    struct ending ending = {.out = out};
    struct point point;
    TRY(begin_row(points, request->row, &point));
    ending.error = solve_row(points, request, &point, &ending.result);
    return end_row(points, request->row, &point, &ending);
}

/* A suspect. */
struct suspect {
    struct work_points *points;
    uint32_t row;
    struct point point;
};

static enum error try_suspect(void *context, const struct work_request *request,
                              const struct result **out) {
    const struct suspect *suspect = context;
    return solve_row(suspect->points, request, &suspect->point, out);
}

/* Where the process that it brought down last has saved it, if it has. */
static enum error begin_suspect(void *context) {
    struct suspect *suspect = context;
    checkpoints_refresh(suspect->points->checkpoints);
    return begin_row(suspect->points, suspect->row, &suspect->point);
}

static enum error retry_row(void *context, const struct work_request *request,
                            struct work_result *out) {
    struct work_points *points = context;
    struct ending ending = {.out = out};
    struct suspect suspect = {points, request->row, {0}};
    TRY(begin_suspect(&suspect));
    struct trial trial = {.run = try_suspect,
                          .begin_again = begin_suspect,
                          .context = &suspect,
                          .output = &points->sweep->output,
                          .point = &suspect.point,
                          .request = request,
                          .faults = points->faults};
    ending.error = trial_run(&trial, &ending.result);
    if (ending.error == ERROR_NONE && ending.result == NULL) {
        log_warning("point %lu is quarantined: it brought down %d processes",
                    (unsigned long)request->row, FAULTS_LIMIT);
        ending.result = blank(points, STATUS_QUARANTINED, trial_failure(trial.signal));
    }
    enum error error = end_row(points, request->row, &suspect.point, &ending);
    trial_release(&trial);
    return error;
}

static enum error commit_rows(void *context) {
    struct work_points *points = context;
    TRY(store_commit(points->store));
    checkpoints_committed(points->checkpoints);
    return ERROR_NONE;
}

static enum error find_row(void *context, uint32_t row, struct work_result *out) {
    const struct work_points *points = context;
    return store_find(points->store, row, &out->status, &out->outcome);
}

struct work work_of_points(struct work_points *points) {
    return (struct work){points, run_row, commit_rows, retry_row, find_row};
}

struct work work_in_children(const struct work *work) {
    struct work isolated = *work;
    isolated.run = work->retry;
    return isolated;
}

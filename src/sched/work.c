/* Points as work: made from their number, solved, staged, committed. */
#include "dufm/work.h"

#include <stdlib.h>

#include "dufm/log.h"
#include "dufm/memory.h"
#include "dufm/result.h"
#include "dufm/solve.h"

/* Points predicted to take longer than this show as running in the file. */
static const double mark_seconds = 1.0;

struct work_points {
    const struct sweep *sweep;
    struct store *store;
    struct solver *solver;
    struct result blank; /* stands for a point that could not be run: nothing defined */
};

enum error work_points_create(const struct sweep *sweep, struct store *store,
                              struct work_points **out) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct work_points), &memory));
    struct work_points *points = memory;
    points->sweep = sweep;
    points->store = store;
    result_clear(&points->blank);
    points->blank.status = STATUS_FAILED;
    enum error error = solver_create(sweep, &points->solver);
    if (error != ERROR_NONE)
        free(points);
    else
        *out = points;
    return error;
}

void work_points_destroy(struct work_points **points) {
    if (*points == NULL) return;
    solver_destroy(&(*points)->solver);
    free(*points);
    *points = NULL;
}

static enum error run_row(void *context, const struct work_request *request,
                          struct work_result *out) {
    struct work_points *points = context;
    const struct result *result;
    struct point point;
    grid_point(points->sweep, request->row, &point);
    if (solver_predict_seconds(&point) > mark_seconds)
        TRY(store_mark_running(points->store, request->row, 1));
    enum error error =
        solver_run(points->solver, &point, request->poll, request->poll_context, &result);
    if (error == ERROR_NUMERIC) {
        log_warning("point %lu failed: %s", (unsigned long)request->row, error_message());
        result = &points->blank;
    } else if (error != ERROR_NONE) {
        return error;
    }
    *out = (struct work_result){result->status, result->outcome};
    return store_stage(points->store, request->row, &point, result);
}

static enum error commit_rows(void *context) {
    struct work_points *points = context;
    return store_commit(points->store);
}

struct work work_of_points(struct work_points *points) {
    return (struct work){points, run_row, commit_rows};
}

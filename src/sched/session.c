/* The steps of a launch. A step that can fail on one rank alone ends with comm_agree, so
 * that no rank waits for one that has given up. */
#include "dufm/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/blas.h"
#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/coordinator.h"
#include "dufm/log.h"
#include "dufm/memory.h"
#include "dufm/policy.h"
#include "dufm/product.h"
#include "dufm/reader.h"
#include "dufm/solve.h"
#include "dufm/store.h"
#include "dufm/svd.h"
#include "dufm/sweep.h"
#include "dufm/work.h"
#include "dufm/worker.h"

struct session {
    const struct session_options *options;
    struct session_summary *summary;
    struct sweep *sweep; /* these are owned */
    struct store *store;
    struct work_points *points; /* NULL on a coordinating rank 0 */
    struct policy *policy;      /* rank 0 only */
    struct launch launch;
};

/* A rank that runs points: every one but a coordinator. */
static bool is_worker(void) {
    return comm_rank() > 0 || comm_size() == 1;
}

static int worker_count(void) {
    return comm_size() > 1 ? comm_size() - 1 : 1;
}

static enum error read_sweep(struct session *session) {
    TRY(sweep_read(session->options->sweep, &session->sweep));
    uint64_t count = grid_count(session->sweep);
    if (count > INT32_MAX)
        return RAISE(ERROR_INPUT,
                     "%s: %llu points are too many for one result file (at most %d): "
                     "divide the sweep",
                     session->options->sweep, (unsigned long long)count, INT32_MAX);
    return ERROR_NONE;
}

/* The other ranks get the text, so that a file is read once and is the same for all. */
static enum error share_sweep(struct session *session) {
    enum error error = comm_rank() == 0 ? read_sweep(session) : ERROR_NONE;
    TRY(comm_agree(error));
    uint64_t bytes = session->sweep != NULL ? strlen(session->sweep->text) : 0;
    TRY(comm_broadcast(&bytes, sizeof bytes));
    void *text = NULL;
    TRY(comm_agree(memory_allocate(bytes + 1, 1, &text)));
    if (session->sweep != NULL) memcpy(text, session->sweep->text, bytes);
    error = comm_broadcast(text, bytes);
    if (error == ERROR_NONE && comm_rank() > 0)
        error = sweep_parse(session->options->sweep, text, bytes, &session->sweep);
    free(text);
    return comm_agree(error);
}

enum error session_describe(struct launch *launch) {
    TRY(blas_single_thread());
    launch_describe(launch);
    launch_add_library(launch, comm_library(), "");
    launch_add_library(launch, store_library(), "");
    launch_add_library(launch, blas_library(), blas_kernel());
    launch_add_library(launch, svd_library(), "");
    if (*product_library() != '\0')
        launch_add_library(launch, product_library(), product_target());
    launch->ranks = comm_size();
    launch_seal(launch);
    return ERROR_NONE;
}

static void count_rows(struct session *session) {
    struct session_summary *summary = session->summary;
    const int8_t *statuses = store_statuses(session->store);
    summary->total = grid_count(session->sweep);
    for (uint64_t row = 0; row < summary->total; row++) {
        bool failed =
            statuses[row] == STATUS_FAILED || statuses[row] == STATUS_QUARANTINED;
        summary->failed_before += failed;
        summary->before += failed || statuses[row] == STATUS_DONE;
    }
}

/* Predicted seconds of a pending row; a cost too small to be predicted is still a cost.
 */
static double pending_cost(const void *context, uint32_t row) {
    const struct session *session = context;
    struct point point;
    if (store_statuses(session->store)[row] != STATUS_PENDING) return 0;
    grid_point(session->sweep, row, &point);
    return fmax(solver_predict_seconds(&point), 1e-9);
}

static enum error prepare(struct session *session) {
    int stage = store_stage_capacity(session->store);
    struct policy_input input = {.rows = (uint32_t)grid_count(session->sweep),
                                 .cost = pending_cost,
                                 .context = session,
                                 .workers = worker_count(),
                                 .batch_limit =
                                     stage < MESSAGE_ROWS_MAX ? stage : MESSAGE_ROWS_MAX};
    if (is_worker())
        TRY(work_points_create(session->sweep, session->store, &session->points));
    if (comm_rank() == 0) TRY(policy_create(&input, &session->policy));
    return ERROR_NONE;
}

static void announce(const struct session *session) {
    const struct session_summary *summary = session->summary;
    char left[64];
    clock_format(policy_left(session->policy, 0), left, sizeof left);
    if (summary->before > 0)
        log_info("%llu of %llu points are done already",
                 (unsigned long long)summary->before, (unsigned long long)summary->total);
    log_info("%s: %llu points to run on %d worker%s, about %s if none stops early; %s",
             /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it was agreed on */
             session->sweep->name, (unsigned long long)(summary->total - summary->before),
             worker_count(), worker_count() > 1 ? "s" : "", left,
             session->options->output);
}

static enum error lead(struct session *session) {
    struct progress progress;
    struct coordinator coordinator = {.policy = session->policy,
                                      .progress = &progress,
                                      .total = session->summary->total,
                                      .before = session->summary->before,
                                      .start = clock_seconds()};
    announce(session);
    progress_begin(&progress, session->options->progress, stderr, coordinator.start);
    struct work work = {0};
    if (is_worker()) work = work_of_points(session->points);
    enum error error = is_worker() ? coordinator_run_alone(&coordinator, &work)
                                   : coordinator_run(&coordinator, &session->launch);
    progress_clear(&progress);
    session->summary->tally = coordinator.tally;
    session->summary->seconds = clock_seconds() - coordinator.start;
    return error;
}

static enum error run_pending(struct session *session) {
    uint64_t pending = session->summary->total - session->summary->before;
    TRY(comm_broadcast(&pending, sizeof pending));
    if (pending == 0) return ERROR_NONE;
    TRY(comm_agree(prepare(session)));
    if (comm_rank() == 0) return lead(session);
    struct work work = work_of_points(session->points);
    return worker_serve(&work, &session->launch);
}

/* Closing is collective. After a failed write HDF5 can neither close the file nor end
 * (every finished row is safe): nobody closes then, rank 0 ends the job. */
static enum error close_store(struct session *session, enum error error) {
    if (error == ERROR_MPI || error == ERROR_STORE) return error;
    if (error == ERROR_NONE) return comm_agree(store_close(&session->store));
    char *message = strdup(error_message()); /* the first error is the one to tell */
    comm_agree(store_close(&session->store));
    if (message != NULL) RAISE(error, "%s", message);
    free(message);
    return error;
}

/* Earlier launches may have run with other libraries: their last bits may differ. Whether
 * the file can be used at all is for store_open to say. */
static void warn_of_mixture(const struct session *session) {
    struct reader *reader;
    struct launch last;
    if (access(session->options->output, F_OK) != 0) return;
    if (reader_open(session->options->output, &reader) != ERROR_NONE) return;
    int launches = reader_launch_count(reader);
    if (launches > 0 && reader_launch(reader, launches - 1, &last) == ERROR_NONE &&
        strcmp(last.fingerprint, session->launch.fingerprint) != 0)
        log_warning("the last launch that wrote %s had another program, CPU or libraries "
                    "(%s; %s; %s): last bits of results may depend on who computed them",
                    session->options->output, last.revision, last.cpu, last.libraries);
    reader_close(&reader);
}

enum error session_run(const struct session_options *options,
                       struct session_summary *out) {
    struct session session = {.options = options, .summary = out};
    enum error error;
    *out = (struct session_summary){0};
    TRY_OR(cleanup, error, share_sweep(&session));
    TRY_OR(cleanup, error, comm_agree(session_describe(&session.launch)));
    if (comm_rank() == 0) warn_of_mixture(&session);
    TRY_OR(cleanup, error,
           store_open(options->output, session.sweep, &session.launch, &session.store));
    if (comm_rank() == 0) count_rows(&session);
    error = run_pending(&session);
    error = close_store(&session, error);
cleanup:
    work_points_destroy(&session.points);
    policy_destroy(&session.policy);
    sweep_destroy(&session.sweep);
    return error;
}

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
#include "dufm/compact.h"
#include "dufm/coordinator.h"
#include "dufm/guard.h"
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
#include "failures.h"

struct session {
    const struct session_options *options;
    struct session_summary *summary;
    struct sweep *sweep; /* these are owned */
    struct store *store;
    struct checkpoints *checkpoints;
    struct work_points *points;
    struct policy *policy; /* rank 0 only */
    char **environment;    /* of the program, should it begin anew */
    struct failures failures;
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
    const int32_t *places = store_places(session->store);
    summary->total = grid_count(session->sweep);
    for (uint64_t row = 0; row < store_count(session->store); row++) {
        if (places[row] < 0) continue; /* of values that the sweep has no longer */
        bool failed =
            statuses[row] == STATUS_FAILED || statuses[row] == STATUS_QUARANTINED;
        summary->failed_before += failed;
        summary->before += failed || statuses[row] == STATUS_DONE;
    }
}

/* Predicted seconds of a pending row; a cost too small to be predicted is still a cost.
 * Suspects come apart from the others. */
static struct policy_cost pending_cost(const void *context, uint32_t row) {
    const struct session *session = context;
    const struct policy_cost none = {0};
    struct point point;
    int32_t place = store_places(session->store)[row];
    if (store_statuses(session->store)[row] != STATUS_PENDING || place < 0) return none;
    grid_point(session->sweep, (uint64_t)place, &point);
    if (failures_suspect(&session->failures, &point)) return none;
    return (struct policy_cost){fmax(solver_predict_seconds(&point), 1e-9),
                                solver_shape(&point)};
}

static enum error prepare_work(struct session *session) {
    const struct session_options *options = session->options;
    TRY(checkpoints_create(options->output, session->launch.fingerprint,
                           &options->checkpoint, &session->checkpoints));
    return work_points_create(session->sweep, session->store, session->checkpoints,
                              session->failures.path, &session->points);
}

/* A point that can be saved is worth starting as long as it gets somewhere. */
static void set_deadline(struct session *session) {
    const struct session_options *options = session->options;
    double patience =
        options->checkpoint.seconds == 0 ? INFINITY : 2 * CHECKPOINT_WORTH_SECONDS;
    if (options->deadline > 0)
        policy_deadline(session->policy, options->deadline, patience);
}

static enum error prepare(struct session *session) {
    int stage = store_stage_capacity(session->store);
    struct policy_input input = {.rows = (uint32_t)store_count(session->store),
                                 .cost = pending_cost,
                                 .context = session,
                                 .workers = worker_count(),
                                 .batch_limit =
                                     stage < MESSAGE_ROWS_MAX ? stage : MESSAGE_ROWS_MAX};
    TRY(prepare_work(session));
    if (is_worker()) TRY(work_points_reserve(session->points));
    if (comm_rank() > 0) return ERROR_NONE;
    TRY(policy_create(&input, &session->policy));
    set_deadline(session);
    TRY(failures_hand_over(&session->failures, session->policy));
    store_forget_rows(session->store); /* the policy knows what it needs of them */
    return ERROR_NONE;
}

static void announce(const struct session *session) {
    const struct session_summary *summary = session->summary;
    char left[64];
    int saved = checkpoints_tidy(session->options->output);
    clock_format(policy_left(session->policy, 0).seconds, left, sizeof left);
    if (summary->before > 0)
        log_info("%llu of %llu points are done already",
                 (unsigned long long)summary->before, (unsigned long long)summary->total);
    log_info("%s: %llu points to run on %d worker%s, about %s if none stops early; %s",
             /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it was agreed on */
             session->sweep->name, (unsigned long long)(summary->total - summary->before),
             worker_count(), worker_count() > 1 ? "s" : "", left,
             session->options->output);
    if (saved > 0)
        log_info("%d checkpoint%s of points under way: they go on from there", saved,
                 saved > 1 ? "s" : "");
}

/* For readers from outside. Only a hint: a write that fails is told by the next commit. */
static void note_use(void *context, const struct launch_use *use) {
    const struct session *session = context;
    if (store_note_use(session->store, use) != ERROR_NONE)
        log_warning("%s", error_message());
}

static enum error lead(struct session *session) {
    struct progress progress;
    struct coordinator coordinator = {.policy = session->policy,
                                      .progress = &progress,
                                      .total = session->summary->total,
                                      .before = session->summary->before,
                                      .start = clock_seconds(),
                                      .faults = session->failures.path,
                                      .max_failures = session->options->max_failures,
                                      .note_use = note_use,
                                      .note_context = session,
                                      .deadline = session->options->deadline};
    announce(session);
    progress_begin(&progress, session->options->progress, stderr, coordinator.start);
    struct work work = work_of_points(session->points);
    enum error error = is_worker()
                           ? coordinator_run_alone(&coordinator, &work)
                           : coordinator_run(&coordinator, &work, &session->launch);
    progress_clear(&progress);
    session->summary->tally = coordinator.tally;
    session->summary->lost = coordinator.lost;
    session->summary->workers = worker_count();
    session->summary->use = coordinator_use(&coordinator);
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

/* A point that brings its process down must not take the sweep along: a worker of several
 * sleeps from then on, a single process begins anew. */
static enum error guard_points(struct session *session) {
    bool alone = comm_size() == 1;
    TRY(comm_lone_environment(&session->environment));
    return guard_install(
        &(struct guard_options){.path = session->failures.path,
                                .rank = comm_rank(),
                                .after = alone ? GUARD_RESTART : GUARD_STAY,
                                .arguments = session->options->arguments,
                                .environment = session->environment});
}

static enum error prepare_for_failures(struct session *session) {
    session->failures.sweep = session->sweep;
    session->failures.store = session->store;
    TRY(failures_load(&session->failures, session->options->output,
                      session->options->retry_failed));
    return guard_points(session);
}

/* Rank 0, after the last point. */
static enum error forget_failures(const struct session *session) {
    const struct session_summary *summary = session->summary;
    if (comm_rank() > 0 || summary->failed_before + summary->tally.failed > 0)
        return ERROR_NONE;
    return failures_remove(&session->failures);
}

/* Closing is collective. After a failed write HDF5 can neither close the file nor end
 * (every finished row is safe): nobody closes then, rank 0 ends the job. So it does when
 * a rank is lost. */
static enum error close_store(struct session *session, enum error error) {
    if (session->summary->lost > 0) {
        store_abandon(&session->store);
        return error;
    }
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

/* A compact file that has all results stays as it is: opening it for writing would undo
 * what was done to it. */
static enum error find_rest(struct session *session, bool *rest) {
    const struct session_options *options = session->options;
    struct compact_state state = {0};
    enum error error = comm_rank() == 0
                           ? compact_inspect(options->output, session->sweep, &state)
                           : ERROR_NONE;
    TRY(comm_agree(error));
    TRY(comm_broadcast(&state, sizeof state));
    *rest = state.whole && !(options->retry_failed && state.failed > 0);
    if (!*rest) return ERROR_NONE;
    session->summary->total = session->summary->before = grid_count(session->sweep);
    session->summary->failed_before = state.failed;
    return ERROR_NONE;
}

enum error session_run(const struct session_options *options,
                       struct session_summary *out) {
    struct session session = {.options = options, .summary = out};
    enum error error;
    bool rest = false;
    *out = (struct session_summary){0};
    TRY_OR(cleanup, error, share_sweep(&session));
    TRY_OR(cleanup, error, comm_agree(session_describe(&session.launch)));
    TRY_OR(cleanup, error, find_rest(&session, &rest));
    if (rest) goto cleanup;
    if (comm_rank() == 0) warn_of_mixture(&session);
    error = comm_rank() == 0 ? failures_begin(options->output) : ERROR_NONE;
    TRY_OR(cleanup, error, comm_agree(error));
    TRY_OR(
        cleanup, error,
        store_open(&(struct store_target){options->output, session.sweep, &session.launch,
                                          options->checkpoint.keep_unfinished},
                   &session.store));
    error = comm_agree(prepare_for_failures(&session));
    if (comm_rank() == 0) count_rows(&session);
    if (error == ERROR_NONE) error = run_pending(&session);
    if (error == ERROR_NONE) error = forget_failures(&session);
    if (error == ERROR_NONE && comm_rank() == 0)
        checkpoints_end(options->output, session.sweep);
    error = close_store(&session, error);
cleanup:
    work_points_destroy(&session.points);
    checkpoints_destroy(&session.checkpoints);
    policy_destroy(&session.policy);
    failures_release(&session.failures);
    free(session.environment);
    sweep_destroy(&session.sweep);
    return error;
}

/* One batch of rows: run, commit, count. */
#include "dufm/clock.h"
#include "dufm/worker.h"

/* Asks the batch's poll, but only every WORKER_POLL_SECONDS: solvers ask far more often.
 * A stop is remembered. */
struct slow_poll {
    const struct worker_batch *batch;
    double next;
    bool stop;
};

static bool poll_slowly(void *context) {
    struct slow_poll *poll = context;
    double now = clock_seconds();
    if (poll->stop || now < poll->next) return poll->stop;
    poll->next = now + WORKER_POLL_SECONDS;
    poll->stop = poll->batch->poll(poll->batch->poll_context);
    return poll->stop;
}

/* Times of a batch, on the clock. */
struct stopwatch {
    double start, committed; /* of the batch; the last commit or the start */
    double row;              /* start of the row at work, end of the one before */
};

static enum error commit(const struct work *work, struct stopwatch *watch,
                         struct effort *effort) {
    double before = clock_seconds();
    TRY(work->commit(work->context));
    watch->committed = watch->row = clock_seconds();
    effort->committing += watch->committed - before;
    effort->seconds = watch->committed - watch->start;
    return ERROR_NONE;
}

/* A row is done: count it, and what it took. */
static void note_row(struct message_report *report, const struct work_result *result,
                     struct stopwatch *watch) {
    double now = clock_seconds(), seconds = now - watch->row;
    watch->row = now;
    report->effort.squares += seconds * seconds;
    report->effort.share += result->share;
    tally_count(&report->tally, result->status, result->outcome);
}

enum error worker_run_batch(const struct worker_batch *batch,
                            struct message_report *report) {
    const struct work *work = batch->work;
    double start = clock_seconds();
    struct stopwatch watch = {start, start, start};
    struct slow_poll poll = {.batch = batch};
    *report = (struct message_report){0};
    for (int i = 0; i < batch->count && !poll_slowly(&poll); i++) {
        struct work_request request = {batch->rows[i], poll_slowly, &poll};
        struct work_result result;
        enum error error = work->run(work->context, &request, &result);
        if (error == ERROR_INTERRUPTED) break;
        TRY(error);
        note_row(report, &result, &watch);
        if (watch.row - watch.committed > WORKER_COMMIT_SECONDS)
            TRY(commit(work, &watch, &report->effort));
    }
    return commit(work, &watch, &report->effort);
}

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

static enum error commit(const struct work *work, double *committed) {
    TRY(work->commit(work->context));
    *committed = clock_seconds();
    return ERROR_NONE;
}

enum error worker_run_batch(const struct worker_batch *batch,
                            struct message_report *report) {
    const struct work *work = batch->work;
    double start = clock_seconds(), committed = start;
    struct slow_poll poll = {.batch = batch};
    *report = (struct message_report){0};
    for (int i = 0; i < batch->count && !poll_slowly(&poll); i++) {
        struct work_request request = {batch->rows[i], poll_slowly, &poll};
        struct work_result result;
        enum error error = work->run(work->context, &request, &result);
        if (error == ERROR_INTERRUPTED) break;
        TRY(error);
        tally_count(&report->tally, result.status, result.outcome);
        if (clock_seconds() - committed > WORKER_COMMIT_SECONDS)
            TRY(commit(work, &committed));
    }
    TRY(commit(work, &committed));
    report->seconds = committed - start;
    return ERROR_NONE;
}

#include "trial.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "dufm/faults.h"
#include "dufm/isolate.h"
#include "dufm/log.h"
#include "dufm/message.h"

/* Seconds a child that is asked to stop has for its checkpoint: as long as a save may take,
 * and well before a job that was warned of its end is killed. */
static const double stop_seconds = 30;

/* The beginning of the shared memory; the arrays of the result follow, aligned. */
struct shared {
    atomic_bool stop; /* the child is asked to */
    enum error error; /* of the run */
    char message[MESSAGE_TEXT];
    struct result result;
};

enum {
    HEAD = (sizeof(struct shared) + MEMORY_ALIGNMENT - 1) / MEMORY_ALIGNMENT *
           MEMORY_ALIGNMENT
};

enum failure trial_failure(int number) {
    switch (number) {
    case SIGSEGV:
        return FAILURE_SIGNAL_SEGV;
    case SIGBUS:
        return FAILURE_SIGNAL_BUS;
    case SIGFPE:
        return FAILURE_SIGNAL_FPE;
    case SIGILL:
        return FAILURE_SIGNAL_ILL;
    default:
        return FAILURE_SIGNAL_ABORT;
    }
}

static bool is_asked_to_stop(void *context) {
    return atomic_load((atomic_bool *)context);
}

/* In the child. */
static void solve(void *context) {
    struct trial *trial = context;
    struct shared *shared = trial->memory;
    struct arena arena = {.base = (unsigned char *)trial->memory + HEAD,
                          .size = trial->bytes - HEAD};
    const struct result *result;
    struct work_request request = {trial->request->row, is_asked_to_stop, &shared->stop};
    shared->error = trial->run(trial->context, &request, &result);
    if (shared->error == ERROR_NONE)
        result_copy(result, &arena, &shared->result);
    else
        snprintf(shared->message, sizeof shared->message, "%s", error_message());
}

static enum error reserve(struct trial *trial) {
    struct extent extent = extent_of_point(trial->point, trial->output);
    struct result measured;
    struct arena arena = {0};
    result_carve(&measured, &extent, &arena);
    trial->bytes = HEAD + arena.used;
    return isolate_share(trial->bytes, &trial->memory);
}

static enum error count_deaths(struct trial *trial, int *deaths) {
    struct faults faults;
    TRY(faults_read(trial->faults, &faults));
    *deaths = faults_deaths(&faults, point_identity(trial->point), &trial->signal);
    faults_release(&faults);
    return ERROR_NONE;
}

static enum error result_of_child(struct trial *trial, const struct result **out) {
    const struct shared *shared = trial->memory;
    trial->signal = 0;
    *out = &shared->result;
    if (shared->error == ERROR_NONE) return ERROR_NONE;
    return RAISE(shared->error, "%s", shared->message);
}

enum error trial_run(struct trial *trial, const struct result **out) {
    const struct work_request *request = trial->request;
    struct isolation isolation = {solve, request->poll, trial, request->poll_context,
                                  .patience = stop_seconds};
    unsigned long row = request->row;
    int deaths;
    *out = NULL;
    TRY(reserve(trial));
    isolation.stop = &((struct shared *)trial->memory)->stop;
    for (;;) {
        enum isolation_end end;
        TRY(count_deaths(trial, &deaths));
        if (deaths >= FAULTS_LIMIT) return ERROR_NONE;
        TRY(isolate(&isolation, &end));
        if (end == ISOLATION_DONE) return result_of_child(trial, out);
        if (end == ISOLATION_STOPPED)
            return RAISE(ERROR_INTERRUPTED, "point %lu was left", row);
        if (end == ISOLATION_KILLED) {
            log_warning("the process that ran point %lu alone was killed", row);
            return RAISE(ERROR_INTERRUPTED, "point %lu was killed", row);
        }
        log_warning("point %lu brought a process down, for the %s time", row,
                    deaths == 0   ? "first"
                    : deaths == 1 ? "second"
                                  : "third");
        TRY(trial->begin_again(trial->context));
    }
}

void trial_release(struct trial *trial) {
    isolate_release(&trial->memory, trial->bytes);
}

/* Coordinator and workers on made-up work, at any number of ranks: every row once, rows
 * that fail, a worker that cannot go on, a signal at one rank, sleep while waiting.
 * Silent on success. */
#include <mpi.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/coordinator.h"
#include "dufm/interrupt.h"
#include "dufm/worker.h"

enum { ROWS = 400 };

/* Work that only sleeps. */
struct fake {
    double seconds;  /* a row takes */
    int fail_every;  /* every so manyth row cannot be run; 0: none */
    int break_at;    /* running this row is an error; -1: none */
    int signal_at;   /* in this row USR1 comes to its process; -1: none */
    bool slow_later; /* rows of the second highest cost take slow_seconds */
    bool staged[ROWS];
    int committed[ROWS]; /* times a row became durable on this rank */
};

static const double slow_seconds = 6;

static int failures;

#define CHECK(condition, ...)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: rank %d of %d: %s: ", __FILE__, __LINE__,            \
                    comm_rank(), comm_size(), #condition);                               \
            fprintf(stderr, __VA_ARGS__);                                                \
            fputc('\n', stderr);                                                         \
            failures++;                                                                  \
        }                                                                                \
    } while (0)

static bool row_fails(const struct fake *fake, uint32_t row) {
    return fake->fail_every > 0 && row % (uint32_t)fake->fail_every == 0;
}

static enum error fake_run(void *context, const struct work_request *request,
                           struct work_result *out) {
    struct fake *fake = context;
    uint32_t row = request->row;
    if ((int)row == fake->break_at)
        return RAISE(ERROR_STORE, "no space left at row %u", row);
    if ((int)row == fake->signal_at) {
        clock_sleep(0.3); /* the others come to their slow rows */
        raise(SIGUSR1);
    }
    bool slow = fake->slow_later && row % 3 == 1; /* see fake_cost */
    double seconds = slow ? slow_seconds : fake->seconds;
    for (double end = clock_seconds() + seconds; clock_seconds() < end;) {
        if (request->poll(request->poll_context))
            return RAISE(ERROR_INTERRUPTED, "row %u was left", row);
        clock_sleep(fmin(fake->seconds, 0.005));
    }
    fake->staged[row] = true;
    out->status = row_fails(fake, row) ? STATUS_FAILED : STATUS_DONE;
    out->outcome = row % 2 ? OUTCOME_DNC : OUTCOME_TRIVIAL;
    out->share = 1;
    return ERROR_NONE;
}

static enum error fake_commit(void *context) {
    struct fake *fake = context;
    for (int row = 0; row < ROWS; row++) {
        fake->committed[row] += fake->staged[row];
        fake->staged[row] = false;
    }
    return ERROR_NONE;
}

static struct policy_cost fake_cost(const void *context, uint32_t row) {
    const struct fake *fake = context;
    return (struct policy_cost){fake->seconds * (1 + row % 3), 0};
}

/* Run `rows` rows of the work on all ranks; the result on rank 0, counts summed there. */
struct run {
    enum error error;
    struct tally tally;
    int committed[ROWS];
    double cpu; /* seconds of rank 0 */
    struct effort effort;
    struct launch_use use;
};

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void lead(struct fake *fake, const struct work *work, const struct launch *launch,
                 struct run *run) {
    struct policy_input input = {ROWS, fake_cost, fake,
                                 comm_size() > 1 ? comm_size() - 1 : 1, 64};
    struct policy *policy = NULL;
    struct progress progress;
    CHECK(policy_create(&input, &policy) == ERROR_NONE, "%s", error_message());
    progress_begin(&progress, PROGRESS_OFF, stderr, 0);
    struct coordinator coordinator = {.policy = policy,
                                      .progress = &progress,
                                      .total = ROWS,
                                      .start = clock_seconds(),
                                      .max_failures = -1};
    double cpu = cpu_seconds();
    run->error = comm_size() == 1 ? coordinator_run_alone(&coordinator, work)
                                  : coordinator_run(&coordinator, work, launch);
    run->cpu = cpu_seconds() - cpu;
    run->tally = coordinator.tally;
    run->effort = coordinator.effort;
    run->use = coordinator_use(&coordinator);
    policy_destroy(&policy);
}

static struct run run_fake(struct fake *fake) {
    struct run run = {0};
    struct work work = {fake, fake_run, fake_commit, fake_run, NULL};
    struct launch launch = {.fingerprint = "same everywhere"};
    if (comm_rank() == 0)
        lead(fake, &work, &launch, &run);
    else
        CHECK(worker_serve(&work, &launch) == ERROR_NONE, "%s", error_message());
    MPI_Reduce(fake->committed, run.committed, ROWS, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
    return run;
}

static int count_committed(const struct run *run) {
    int count = 0;
    for (int row = 0; row < ROWS; row++) {
        CHECK(run->committed[row] <= 1, "row %d %d times", row, run->committed[row]);
        count += run->committed[row];
    }
    return count;
}

/* What the rows took is told and added up: never more than the workers' time. */
static void check_effort(const struct run *run, double seconds) {
    int workers = comm_size() > 1 ? comm_size() - 1 : 1;
    const struct effort *effort = &run->effort;
    CHECK(effort->share == ROWS, "%g", effort->share);
    CHECK(effort->seconds >= ROWS * seconds, "%g s", effort->seconds);
    CHECK(effort->squares >= ROWS * seconds * seconds, "%g s2", effort->squares);
    CHECK(effort->committing > 0 && effort->committing < effort->seconds, "%g s of %g s",
          effort->committing, effort->seconds);
    CHECK(run->use.busy <= workers * run->use.span, "%g s of %g s by %d", run->use.busy,
          run->use.span, workers);
}

static void test_all_rows(double seconds, int fail_every) {
    struct fake fake = {seconds, fail_every, .break_at = -1, .signal_at = -1};
    struct run run = run_fake(&fake);
    if (comm_rank() != 0) return;
    uint32_t failed =
        fail_every ? (ROWS + (uint32_t)fail_every - 1) / (uint32_t)fail_every : 0;
    CHECK(run.error == ERROR_NONE, "%s", error_message());
    CHECK(count_committed(&run) == ROWS, "%d", count_committed(&run));
    CHECK(run.tally.failed == failed, "%u", run.tally.failed);
    CHECK(run.tally.done == ROWS - failed, "%u", run.tally.done);
    check_effort(&run, seconds);
    CHECK(fail_every || run.tally.outcomes[OUTCOME_DNC] == ROWS / 2, "%u",
          run.tally.outcomes[OUTCOME_DNC]);
}

/* While rows sleep, the coordinator must, too: two seconds with any number of workers. */
static void test_sleep(void) {
    double seconds = 0.005 * (comm_size() > 1 ? comm_size() - 1 : 1);
    struct fake fake = {seconds, 0, .break_at = -1, .signal_at = -1};
    double start = clock_seconds();
    struct run run = run_fake(&fake);
    double wall = clock_seconds() - start;
    if (comm_rank() != 0 || comm_size() == 1) return;
    CHECK(run.cpu < 0.3 * wall, "%.3f s of CPU in %.3f s", run.cpu, wall);
}

static void test_broken_worker(void) {
    struct fake fake = {0.001, 0, .break_at = 200, .signal_at = -1};
    struct run run = run_fake(&fake);
    if (comm_rank() != 0) return;
    CHECK(run.error == ERROR_STORE, "%d", (int)run.error);
    CHECK(strstr(error_message(), "no space left at row 200") != NULL, "%s",
          error_message());
    CHECK((strncmp(error_message(), "rank ", 5) == 0) == (comm_size() > 1), "%s",
          error_message());
    CHECK(run.committed[200] == 0, "%d", run.committed[200]);
    CHECK(count_committed(&run) >= (int)run.tally.done, "%d", count_committed(&run));
}

/* A signal at one rank, in one of the last rows of the highest cost, stops all, also
 * those that are in the middle of a long row by then; what was reported done is
 * committed, and what was committed is reported. The flag stays up: a run after it does
 * nothing. */
static void test_signal(void) {
    struct fake fake = {0.002, 0, .break_at = -1, .signal_at = 380, .slow_later = true};
    double start = clock_seconds();
    struct run run = run_fake(&fake);
    CHECK(clock_seconds() - start < slow_seconds / 2, "%.1f s", clock_seconds() - start);
    if (comm_rank() == 0) {
        CHECK(run.error == ERROR_INTERRUPTED, "%d", (int)run.error);
        CHECK(strstr(error_message(), "run the same command again") != NULL, "%s",
              error_message());
        CHECK(run.tally.done < ROWS, "%u", run.tally.done);
        CHECK(run.tally.done > 0, "%u", run.tally.done);
        CHECK(count_committed(&run) == (int)run.tally.done, "%d", count_committed(&run));
    }
    interrupt_request();
    struct fake again = {0.002, 0, .break_at = -1, .signal_at = -1};
    run = run_fake(&again);
    if (comm_rank() != 0) return;
    CHECK(run.error == ERROR_INTERRUPTED, "%d", (int)run.error);
    CHECK(count_committed(&run) == 0, "%d", count_committed(&run));
}

int main(void) {
    if (interrupt_install() != ERROR_NONE || comm_start() != ERROR_NONE) {
        fprintf(stderr, "%s\n", error_message());
        return 1;
    }
    test_all_rows(0.0001, 0);
    test_all_rows(0.0001, 7);
    test_sleep();
    test_broken_worker();
    test_signal();
    int everywhere = 0;
    MPI_Allreduce(&failures, &everywhere, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (comm_end() != ERROR_NONE) everywhere++;
    return everywhere > 0;
}

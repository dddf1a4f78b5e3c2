/* Time what the scheduler itself costs: the program's own coordinator, workers and policy,
 * with rows whose run does nothing, or sleeps.
 *
 *     mpirun -n P dispatch ROWS ROW_SECONDS BATCH
 *
 * hands out ROWS rows, at most BATCH at a time, and prints a JSON object: rows, seconds
 * from the first to the last, batches, CPU seconds of rank 0 (coordinator) and, of the
 * workers, those of the one that needed least (idle, where there are fewer rows than
 * workers). Nothing is written.
 */
#include <mpi.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/coordinator.h"
#include "dufm/interrupt.h"
#include "dufm/worker.h"

/* Work that takes a given time, and counts its batches. */
struct nothing {
    uint32_t rows;
    double seconds; /* of a row */
    int batches;    /* of this rank */
};

/* Solvers ask as often as that. */
static const double nap = 2e-3;

static enum error run_nothing(void *context, const struct work_request *request,
                              struct work_result *out) {
    const struct nothing *nothing = context;
    if (nothing->seconds > 0)
        for (double end = clock_seconds() + nothing->seconds; clock_seconds() < end;) {
            if (request->poll(request->poll_context))
                return RAISE(ERROR_INTERRUPTED, "row %u was left", request->row);
            clock_sleep(nap);
        }
    *out = (struct work_result){STATUS_DONE, OUTCOME_OTHER, 1};
    return ERROR_NONE;
}

static enum error commit_nothing(void *context) {
    struct nothing *nothing = context;
    nothing->batches++;
    return ERROR_NONE;
}

static struct policy_cost cost_of_nothing(const void *context, uint32_t row) {
    const struct nothing *nothing = context;
    (void)row;
    return (struct policy_cost){nothing->seconds + 1e-6, 0};
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static enum error make_policy(const struct nothing *nothing, int batch,
                              struct policy **out) {
    struct policy_input input = {nothing->rows, cost_of_nothing, nothing, comm_size() - 1,
                                 batch};
    return comm_rank() == 0 ? policy_create(&input, out) : ERROR_NONE;
}

static enum error lead(const struct nothing *nothing, const struct work *work,
                       struct policy *policy) {
    struct launch launch = {.ranks = comm_size()};
    struct progress progress;
    progress_begin(&progress, PROGRESS_OFF, stderr, 0);
    struct coordinator coordinator = {.policy = policy,
                                      .progress = &progress,
                                      .total = nothing->rows,
                                      .start = clock_seconds(),
                                      .max_failures = -1};
    return coordinator_run(&coordinator, work, &launch);
}

/* Collective: what this rank needed, summed up on rank 0. */
static void report(const struct nothing *nothing, double seconds, double cpu) {
    int batches = 0;
    double least = 0, mine = comm_rank() == 0 ? 1e9 : cpu;
    MPI_Reduce(&nothing->batches, &batches, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Reduce(&mine, &least, 1, MPI_DOUBLE, MPI_MIN, 0, MPI_COMM_WORLD);
    if (comm_rank() != 0) return;
    printf(
        "{\"rows\": %u, \"seconds\": %.6f, \"batches\": %d, \"coordinator_cpu\": %.6f, "
        "\"worker_cpu\": %.6f}\n",
        nothing->rows, seconds, batches, cpu, least);
}

static enum error run(char **words) {
    struct nothing nothing = {.rows = (uint32_t)strtoul(words[1], NULL, 10),
                              .seconds = strtod(words[2], NULL)};
    struct policy *policy = NULL;
    struct work work = {&nothing, run_nothing, commit_nothing, run_nothing, NULL};
    struct launch launch = {.ranks = comm_size()};
    if (comm_size() < 2) return RAISE(ERROR_USAGE, "needs two ranks at least");
    TRY(make_policy(&nothing, atoi(words[3]), &policy));
    TRY(comm_barrier());
    double start = clock_seconds(), cpu = cpu_seconds();
    enum error error =
        comm_rank() == 0 ? lead(&nothing, &work, policy) : worker_serve(&work, &launch);
    if (error == ERROR_NONE)
        report(&nothing, clock_seconds() - start, cpu_seconds() - cpu);
    policy_destroy(&policy);
    return error;
}

int main(int count, char **words) {
    if (count != 4) {
        fprintf(stderr, "usage: mpirun -n P dispatch ROWS ROW_SECONDS BATCH\n");
        return EXIT_CODE_USAGE;
    }
    enum error error = interrupt_install();
    if (error == ERROR_NONE) error = comm_start();
    if (error == ERROR_NONE) error = run(words);
    if (error == ERROR_NONE) error = comm_end();
    if (error == ERROR_NONE) return EXIT_CODE_OK;
    fprintf(stderr, "dispatch: %s\n", error_message());
    return error_exit_code(error);
}

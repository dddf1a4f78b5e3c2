/* How many workers one coordinator serves: whole runs in virtual time (simulation.h), with
 * the real policy and times measured of the program as parameters.
 *
 *     simulate [SERVICE LATENCY OVERHEAD]    microseconds, microseconds, milliseconds
 *     simulate memory ROWS
 *
 * The first prints a line of CSV for each length of the points, number of workers, with
 * and without batches: rows, ideal seconds, efficiency (seconds of all points over workers
 * times span), load (share of the span that the coordinator was busy) and requests a
 * second. The second prints the memory
 * that a policy of so many rows takes, and seconds to make it and to hand out all rows.
 */
#include <inttypes.h>
#include <string.h>

#include "dufm/clock.h"
#include "dufm/error.h"
#include "simulation.h"

/* What the program needs on a quiet core: README.md has the measurements. */
enum { SERVICE_MICROSECONDS = 8, LATENCY_MICROSECONDS = 500, OVERHEAD_MILLISECONDS = 2 };

enum { BATCH_LIMIT = 256, ROWS_MOST = 50000000, REQUESTS_MOST = 3000000 };

/* Seconds of the points of a run. */
struct mix {
    const char *name;
    double shortest;  /* seconds */
    int octaves;      /* each twice as long as the one before, equally frequent */
    double predicted; /* over actual: at least this, at most its inverse, by row */
};

static const struct mix mixes[] = {
    {"1 ms", 1e-3, 1, 1},          {"10 ms", 1e-2, 1, 1},
    {"100 ms", 0.1, 1, 1},         {"1 s", 1, 1, 1},
    {"1 min", 60, 1, 1},           {"1 h", 3600, 1, 1},
    {"1 ms - 4 s", 1e-3, 13, 0.5}, {"1 s - 1 h", 1, 13, 0.5},
};

/* A number from 0 to 1 that depends on the row alone. */
static double scatter(uint32_t row) {
    uint32_t mixed = (row ^ (row >> 15)) * 0x2c1b3c6du;
    mixed = (mixed ^ (mixed >> 12)) * 0x297a2d39u;
    return (double)(mixed ^ (mixed >> 15)) / 4294967295.0;
}

static double actual_seconds(const struct mix *mix, uint32_t row) {
    return ldexp(mix->shortest, (int)(row % (uint32_t)mix->octaves));
}

static struct policy_cost predicted_cost(const void *context, uint32_t row) {
    const struct mix *mix = context;
    double octave = actual_seconds(mix, row);
    /* A factor for each kind of point, not for each point: that is what can be learned. */
    uint32_t kind = row % (uint32_t)mix->octaves;
    return (struct policy_cost){octave * pow(mix->predicted, 2 * scatter(kind) - 1),
                                kind};
}

static struct simulated_row actual_row(const void *context, uint32_t row) {
    const struct mix *mix = context;
    double stop = mix->octaves > 1 ? 0.5 + 0.5 * scatter(row) : 1;
    return (struct simulated_row){actual_seconds(mix, row) * stop, stop};
}

/* Twenty seconds of work for each worker, but at least forty points, as far as memory and
 * patience reach. */
static uint32_t row_count(const struct mix *mix, int workers, int batch) {
    double mean = mix->shortest * (ldexp(1, mix->octaves) - 1) / mix->octaves;
    double rows = workers * fmax(20 / mean, 40);
    return (uint32_t)fmin(rows, batch > 1 ? ROWS_MOST : REQUESTS_MOST);
}

static void run_one(const struct mix *mix, int workers, int batch,
                    const struct simulated_setup *times) {
    struct simulated_setup setup = *times;
    setup.input = (struct policy_input){row_count(mix, workers, batch), predicted_cost,
                                        mix, workers, batch};
    setup.actual = actual_row;
    struct simulated_run run = simulate(&setup);
    printf("%s,%d,%d,%" PRIu32 ",%.4g,%.4f,%.4f,%.0f\n", mix->name, workers, batch,
           setup.input.rows, run.work / workers, run.efficiency, fmin(run.load, 1),
           run.assignments / run.span);
    fflush(stdout);
}

static int run_all(const struct simulated_setup *times) {
    static const int workers[] = {16, 128, 1000, 4000, 16000, 50000, 100000};
    puts("points,workers,batch,rows,ideal_seconds,efficiency,load,requests_a_second");
    for (size_t m = 0; m < sizeof mixes / sizeof *mixes; m++)
        for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
            run_one(&mixes[m], workers[w], BATCH_LIMIT, times);
            run_one(&mixes[m], workers[w], 1, times);
        }
    return EXIT_CODE_OK;
}

/* ---- memory ---- */

/* A grid of 60 shapes under ten seeds each, over and over. */
static struct policy_cost grid_cost(const void *context, uint32_t row) {
    (void)context;
    uint32_t kind = row / 10 % 60;
    return (struct policy_cost){1e-3 * (1 + kind), kind};
}

/* "VmHWM:" or "VmRSS:" of this process in kB. */
static long memory_of_process(const char *key) {
    char line[256];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, key, strlen(key)) == 0) value = atol(line + strlen(key));
    if (file != NULL) fclose(file);
    return value;
}

static double hand_out_all(struct policy *policy) {
    struct policy_event event = {0};
    double start = clock_seconds();
    for (struct policy_action action; (action = policy_step(policy, &event)).count > 0;)
        event = (struct policy_event){
            .time = event.time + 1,
            .done = action.count,
            .effort = {.seconds = 1e-3 * action.count, .share = action.count}};
    return clock_seconds() - start;
}

static int measure_memory(uint32_t rows) {
    struct policy_input input = {rows, grid_cost, NULL, 2, BATCH_LIMIT};
    struct policy *policy = NULL;
    long before = memory_of_process("VmRSS:");
    double start = clock_seconds();
    if (policy_create(&input, &policy) != ERROR_NONE) {
        fprintf(stderr, "simulate: %s\n", error_message());
        return EXIT_CODE_ERROR;
    }
    double made = clock_seconds() - start;
    long after = memory_of_process("VmRSS:") - before;
    long peak = memory_of_process("VmHWM:") - before;
    printf("{\"rows\": %" PRIu32 ", \"kilobytes\": %ld, \"peak_kilobytes\": %ld, "
           "\"seconds_to_make\": %.3f, \"seconds_to_hand_out\": %.3f}\n",
           rows, after, peak, made, hand_out_all(policy));
    policy_destroy(&policy);
    return EXIT_CODE_OK;
}

int main(int count, char **words) {
    struct simulated_setup times = {.service = 1e-6 * SERVICE_MICROSECONDS,
                                    .latency = 1e-6 * LATENCY_MICROSECONDS,
                                    .overhead = 1e-3 * OVERHEAD_MILLISECONDS};
    if (count == 3 && strcmp(words[1], "memory") == 0)
        return measure_memory((uint32_t)strtoul(words[2], NULL, 10));
    if (count != 1 && count != 4) {
        fprintf(stderr, "usage: simulate [SERVICE LATENCY OVERHEAD] | memory ROWS\n");
        return EXIT_CODE_USAGE;
    }
    if (count == 4) {
        times.service = 1e-6 * strtod(words[1], NULL);
        times.latency = 1e-6 * strtod(words[2], NULL);
        times.overhead = 1e-3 * strtod(words[3], NULL);
    }
    return run_all(&times);
}

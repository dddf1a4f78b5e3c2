/* One pass over the rows of a result file, in blocks; then what follows from it. */
#include "dufm/survey.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dufm/given.h"
#include "dufm/memory.h"
#include "dufm/solve.h"

enum { BLOCK = 4096 };

/* Descents that have to be done before they say how much they differ. */
static const uint64_t few = 3;

/* Columns of a block of rows. */
struct block {
    uint64_t first, count;
    int place[BLOCK], status[BLOCK], failure[BLOCK], outcome[BLOCK], stop[BLOCK];
    int launch[BLOCK];
    double wall_time[BLOCK];
};

static void list_slowest(struct survey *survey, uint64_t row, double wall_time) {
    struct survey_row *rows = survey->slowest;
    int place = survey->slowest_count;
    while (place > 0 && wall_time > rows[place - 1].wall_time)
        place--;
    if (place == SURVEY_LISTED) return;
    if (survey->slowest_count < SURVEY_LISTED) survey->slowest_count++;
    memmove(&rows[place + 1], &rows[place],
            (size_t)(survey->slowest_count - 1 - place) * sizeof *rows);
    rows[place] = (struct survey_row){row, wall_time};
}

/* Nothing is known of a point that the sweep does not have: the file is damaged. */
static double predict(const struct survey *survey, int place) {
    struct point point;
    if ((uint64_t)place >= grid_count(survey->sweep)) return 0;
    grid_point(survey->sweep, (uint64_t)place, &point);
    return solver_predict_seconds(&point);
}

/* A value of a flag variable outside its names counts for nothing: the file is damaged,
 * which is for `verify` to say. */
static void count_flag(uint64_t *counts, int size, int value) {
    if (value >= 0 && value < size) counts[value]++;
}

static void add_to_sums(struct survey_sums *sums, double p, double w) {
    sums->p += p;
    sums->w += w;
    sums->pp += p * p;
    sums->pw += p * w;
    sums->ww += w * w;
}

static void count_done(struct survey *survey, const struct block *block, uint64_t i) {
    uint64_t row = block->first + i;
    count_flag(survey->outcomes, SURVEY_OUTCOMES, block->outcome[i]);
    count_flag(survey->stops, SURVEY_STOPS, block->stop[i]);
    survey->wall_time += block->wall_time[i];
    list_slowest(survey, row, block->wall_time[i]);
    if (block->launch[i] != survey->launches - 1) return;
    survey->launch_done++;
    add_to_sums(&survey->done, predict(survey, block->place[i]), block->wall_time[i]);
}

static void count_block(struct survey *survey, const struct block *block) {
    for (uint64_t i = 0; i < block->count; i++) {
        int status = block->status[i];
        if (block->place[i] < 0) {
            survey->removed++;
            survey->removed_done += status == STATUS_DONE;
            continue;
        }
        survey->points++;
        count_flag(survey->statuses, SURVEY_STATUSES, status);
        if (status == STATUS_DONE)
            count_done(survey, block, i);
        else if (status == STATUS_PENDING || status == STATUS_RUNNING)
            survey->predicted_left += predict(survey, block->place[i]);
        else if (survey->failure_count < SURVEY_FAILURES)
            survey->failures[survey->failure_count++] =
                (struct survey_failure){block->first + i, status, block->failure[i]};
    }
}

/* Status first: a row that says done was whole before it said so. */
static enum error read_block(struct reader *reader, struct block *block) {
    uint64_t first = block->first, count = block->count;
    TRY(reader_integers(reader, "status", first, count, block->status));
    TRY(reader_integers(reader, "grid_index", first, count, block->place));
    TRY(reader_integers(reader, "failure", first, count, block->failure));
    TRY(reader_integers(reader, "outcome", first, count, block->outcome));
    TRY(reader_integers(reader, "stop_reason", first, count, block->stop));
    TRY(reader_integers(reader, "launch_index", first, count, block->launch));
    return reader_doubles(reader, "wall_time", first, count, block->wall_time);
}

static enum error count_rows(struct survey *survey, struct reader *reader) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct block), &memory));
    struct block *block = memory;
    enum error error = ERROR_NONE;
    uint64_t rows = reader_count(reader);
    for (uint64_t first = 0; first < rows && error == ERROR_NONE; first += BLOCK) {
        uint64_t left = rows - first;
        block->first = first;
        block->count = left < BLOCK ? left : BLOCK;
        error = read_block(reader, block);
        if (error == ERROR_NONE) count_block(survey, block);
    }
    free(block);
    return error;
}

/* The last launch, and how many kinds of machine and program there were. */
static enum error read_launches(struct survey *survey, struct reader *reader) {
    survey->launches = reader_launch_count(reader);
    if (survey->launches == 0) return ERROR_NONE;
    void *memory;
    TRY(memory_allocate((size_t)survey->launches, sizeof(struct launch), &memory));
    struct launch *launches = memory;
    enum error error = ERROR_NONE;
    for (int i = 0; i < survey->launches && error == ERROR_NONE; i++) {
        error = reader_launch(reader, i, &launches[i]);
        bool seen = false;
        for (int j = 0; j < i && !seen; j++)
            seen = strcmp(launches[j].fingerprint, launches[i].fingerprint) == 0;
        survey->fingerprints += !seen;
        survey->launch = launches[i];
    }
    free(launches);
    if (error == ERROR_NONE) job_ask(survey->launch.job, &survey->job);
    return error;
}

static bool process_lives(int pid) {
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static enum survey_state find_state(const struct survey *survey) {
    char host[LAUNCH_TEXT] = "";
    if (survey->statuses[STATUS_PENDING] + survey->statuses[STATUS_RUNNING] == 0)
        return SURVEY_FINISHED;
    if (survey->launches == 0) return SURVEY_STOPPED;
    gethostname(host, sizeof host - 1);
    bool here = strcmp(host, survey->launch.host) == 0;
    if (here && process_lives(survey->launch.pid)) return SURVEY_RUNNING;
    if (job_runs(&survey->job)) return SURVEY_RUNNING;
    if (job_waits(&survey->job)) return SURVEY_QUEUED;
    return here || *survey->job.id != '\0' ? SURVEY_STOPPED : SURVEY_UNKNOWN;
}

static double seconds_since(const char *timestamp) {
    struct tm parts = {0};
    if (strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ", &parts) == NULL) return NAN;
    return difftime(time(NULL), timegm(&parts));
}

/* Relative deviation of the time left. A descent takes w = r p seconds of predicted p on
 * average. The residuals w - r p of the done ones say how far r may be off, which weighs
 * with all that is left, and how far the sum over what is left may be, were its descents
 * like the done ones:
 *
 *     variance = sum (w - r p)^2 (q^2 + q),  q = predicted left / predicted done
 */
static double relative_deviation(const struct survey *survey) {
    const struct survey_sums *done = &survey->done;
    double r = done->w / done->p, q = survey->predicted_left / done->p;
    double residuals = done->ww - 2 * r * done->pw + r * r * done->pp;
    return sqrt(fmax(residuals, 0) * (q * q + q)) / (q * done->w);
}

/* The last launch finished work of done.p predicted seconds in `elapsed`: its speed covers
 * overheads, early stops and the number of workers. A speed is known only while it runs,
 * after its first point, a range after a few. */
static void estimate(struct survey *survey) {
    survey->state = find_state(survey);
    survey->rate = NAN;
    survey->left = (struct policy_estimate){NAN, NAN, NAN};
    survey->elapsed = survey->launches > 0 ? seconds_since(survey->launch.start) : NAN;
    if (survey->state == SURVEY_FINISHED) survey->left = (struct policy_estimate){0};
    if (survey->state != SURVEY_RUNNING || survey->launch_done == 0 ||
        !(survey->elapsed > 0))
        return;
    survey->rate = (double)survey->launch_done / survey->elapsed;
    double left = survey->predicted_left * survey->elapsed / survey->done.p;
    double factor = survey->launch_done < few ? NAN : exp(2 * relative_deviation(survey));
    survey->left = (struct policy_estimate){left, left / factor, left * factor};
}

enum error survey_take(const char *path, struct survey *out) {
    *out = (struct survey){0};
    TRY(reader_open(path, &out->reader));
    TRY(reader_sweep(out->reader, &out->sweep));
    TRY(read_launches(out, out->reader));
    TRY(count_rows(out, out->reader));
    estimate(out);
    return ERROR_NONE;
}

void survey_release(struct survey *survey) {
    reader_close(&survey->reader);
    survey->sweep = NULL;
}

const char *survey_state_name(enum survey_state state) {
    static const char *const names[] = {"finished", "running", "stopped", "unknown",
                                        "queued"};
    return names[state];
}

/* ", lambda 0.004", "depth 4", "lambdas 0.01;0.02" */
static int describe_value(const struct parameter *parameter, const struct point *point,
                          const char *comma, char *text, size_t size) {
    if (parameter->type == PARAMETER_CHOICE)
        return snprintf(text, size, "%s%s %s", comma, parameter->name,
                        parameter->choices[(int)parameter_value(parameter, point)]);
    if (parameter->type != PARAMETER_LAYERS)
        return snprintf(text, size, "%s%s %.12g", comma, parameter->name,
                        parameter_value(parameter, point));
    const double *values = point->lambdas; /* the only list a point has */
    int used = snprintf(text, size, "%s%s", comma, parameter->name);
    for (int l = 0; l < point->depth && used >= 0 && (size_t)used < size; l++)
        used += snprintf(text + used, size - (size_t)used, "%c%.12g", l > 0 ? ';' : ' ',
                         values[l]);
    return used;
}

void survey_describe_row(struct reader *reader, const struct sweep *sweep, uint64_t row,
                         char *text, size_t size) {
    struct point point;
    size_t used = 0;
    if (reader_point(reader, row, &point) != ERROR_NONE) {
        snprintf(text, size, "parameters damaged");
        return;
    }
    text[0] = '\0';
    const struct parameter *varying[GIVEN_MAX];
    int count = sweep_varying(sweep, varying);
    for (int i = 0; i < count && used < size; i++) {
        int wrote = describe_value(varying[i], &point, i > 0 ? ", " : "", text + used,
                                   size - used);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

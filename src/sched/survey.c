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

/* Columns of a block of rows. */
struct block {
    uint64_t first, count;
    int status[BLOCK], outcome[BLOCK], stop[BLOCK], launch[BLOCK];
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

static double predict(const struct survey *survey, uint64_t row) {
    struct point point;
    grid_point(survey->sweep, row, &point);
    return solver_predict_seconds(&point);
}

/* A value of a flag variable outside its names counts for nothing: the file is damaged,
 * which is for `verify` to say. */
static void count_flag(uint64_t *counts, int size, int value) {
    if (value >= 0 && value < size) counts[value]++;
}

static void count_done(struct survey *survey, const struct block *block, uint64_t i) {
    uint64_t row = block->first + i;
    count_flag(survey->outcomes, SURVEY_OUTCOMES, block->outcome[i]);
    count_flag(survey->stops, SURVEY_STOPS, block->stop[i]);
    survey->wall_time += block->wall_time[i];
    list_slowest(survey, row, block->wall_time[i]);
    if (block->launch[i] != survey->launches - 1) return;
    survey->launch_done++;
    survey->predicted_done += predict(survey, row);
}

static void count_block(struct survey *survey, const struct block *block) {
    for (uint64_t i = 0; i < block->count; i++) {
        int status = block->status[i];
        count_flag(survey->statuses, SURVEY_STATUSES, status);
        if (status == STATUS_DONE)
            count_done(survey, block, i);
        else if (status == STATUS_PENDING || status == STATUS_RUNNING)
            survey->predicted_left += predict(survey, block->first + i);
        else if (survey->failure_count < SURVEY_FAILURES)
            survey->failures[survey->failure_count++] = block->first + i;
    }
}

/* Status first: a row that says done was whole before it said so. */
static enum error read_block(struct reader *reader, struct block *block) {
    uint64_t first = block->first, count = block->count;
    TRY(reader_integers(reader, "status", first, count, block->status));
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
    for (uint64_t first = 0; first < survey->points && error == ERROR_NONE;
         first += BLOCK) {
        uint64_t left = survey->points - first;
        block->first = first;
        block->count = left < BLOCK ? left : BLOCK;
        error = read_block(reader, block);
        if (error == ERROR_NONE) count_block(survey, block);
    }
    free(block);
    return error;
}

static enum error read_sweep(struct survey *survey, const char *path,
                             struct reader *reader) {
    char *text = NULL;
    TRY(reader_text(reader, "sweep_text", &text));
    enum error error = sweep_parse(path, text, strlen(text), &survey->sweep);
    free(text);
    TRY(error);
    if (grid_count(survey->sweep) != survey->points)
        return RAISE(ERROR_INPUT,
                     "%s has %llu rows, but its sweep has %llu points; 'dufm verify' "
                     "looks closer",
                     path, (unsigned long long)survey->points,
                     (unsigned long long)grid_count(survey->sweep));
    return ERROR_NONE;
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
    if (strcmp(host, survey->launch.host) != 0) return SURVEY_UNKNOWN;
    return process_lives(survey->launch.pid) ? SURVEY_RUNNING : SURVEY_STOPPED;
}

static double seconds_since(const char *timestamp) {
    struct tm parts = {0};
    if (strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ", &parts) == NULL) return NAN;
    return difftime(time(NULL), timegm(&parts));
}

/* The last launch finished work of predicted_done predicted seconds in `elapsed`: its
 * speed covers overheads, early stops and the number of workers. A speed is known only
 * while it runs, and after its first point. */
static void estimate(struct survey *survey) {
    survey->state = find_state(survey);
    survey->rate = survey->seconds_left = NAN;
    survey->elapsed = survey->launches > 0 ? seconds_since(survey->launch.start) : NAN;
    if (survey->state == SURVEY_FINISHED) survey->seconds_left = 0;
    if (survey->state != SURVEY_RUNNING || survey->launch_done == 0 ||
        !(survey->elapsed > 0))
        return;
    survey->rate = (double)survey->launch_done / survey->elapsed;
    survey->seconds_left =
        survey->predicted_left * survey->elapsed / survey->predicted_done;
}

static enum error take(const char *path, struct reader *reader, struct survey *survey) {
    survey->points = reader_count(reader);
    TRY(read_sweep(survey, path, reader));
    TRY(read_launches(survey, reader));
    TRY(count_rows(survey, reader));
    estimate(survey);
    return ERROR_NONE;
}

enum error survey_take(const char *path, struct survey *out) {
    struct reader *reader;
    *out = (struct survey){0};
    TRY(reader_open(path, &reader));
    enum error error = take(path, reader, out);
    reader_close(&reader);
    return error;
}

void survey_release(struct survey *survey) {
    sweep_destroy(&survey->sweep);
}

const char *survey_state_name(enum survey_state state) {
    static const char *const names[] = {"finished", "running", "stopped", "unknown"};
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

void survey_describe_row(const struct sweep *sweep, uint64_t row, char *text,
                         size_t size) {
    struct point point;
    size_t used = 0;
    grid_point(sweep, row, &point);
    text[0] = '\0';
    const struct parameter *varying[GIVEN_MAX];
    int count = sweep_varying(sweep, varying);
    for (int i = 0; i < count && used < size; i++) {
        int wrote = describe_value(varying[i], &point, i > 0 ? ", " : "", text + used,
                                   size - used);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

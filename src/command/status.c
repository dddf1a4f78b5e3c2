/* dufm status: how far a result file is, for people and as JSON. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/command.h"
#include "dufm/contain.h"
#include "dufm/progress.h"
#include "dufm/survey.h"
#include "measured_status.h"

/* Seconds between two looks of --watch. */
static const double watch_seconds = 2;

static int run(int argc, char **argv);

const struct command command_status = {
    .name = "status",
    .summary = "Show how far a result file is, also while it is being written",
    .arguments = "FILE.h5",
    .details =
        "State, rate and time left are known of a job on this machine, and of a job of\n"
        "Slurm where squeue is; otherwise they are 'unknown' (null in JSON). 'finished': "
        "no\n"
        "point is left; 'queued': points are left, and the job waits to go on; "
        "'stopped':\n"
        "points are left, and no job is at work.\n\n"
        "Keys of --json:\n"
        "  file, name, points         the file, its sweep, how many points\n"
        "  removed, removed_done      rows of values that the sweep has no longer, "
        "which\n"
        "                             are counted nowhere else; how many are done\n"
        "  status                     points by pending, running, done, failed,\n"
        "                             quarantined\n"
        "  outcome, stop_reason       done points by kind of ending, by what stopped "
        "them\n"
        "  state                      finished, running, queued, stopped, unknown\n"
        "  elapsed                    seconds since the last launch began\n"
        "  rate, seconds_left         points a second, seconds, of a running job\n"
        "  seconds_left_range         two numbers: where seconds_left will lie, most "
        "likely\n"
        "  wall_time                  seconds of all descents together\n"
        "  launches, fingerprints     launches that wrote, kinds of machine and program\n"
        "  launch                     the last one: start, host, job, cpu, revision,\n"
        "                             libraries, fingerprint, ranks, pid; or null\n"
        "  use                        of the last launch's workers: span (seconds),\n"
        "                             utilization (share of it at work), committing "
        "(share\n"
        "                             of that spent in commits); or null\n"
        "  job                        of Slurm: id, state, reason, time_left; else null\n"
        "  slowest                    up to 5 done points: row, point, wall_time\n"
        "  failures                   up to 20 points: row, point, status, reason\n\n"
        "A file of 'dufm measure' is always finished; of it, --json has file, name, "
        "points,\n"
        "status, state and layers.\n\n"
        "--watch ends when the job does; while a job on another machine may be at work,\n"
        "when no point is left. On a terminal it redraws, else it writes one report "
        "after\n"
        "the other, with --json one object a line.\n\n"
        "Examples:\n"
        "  dufm status phase.h5 --watch\n"
        "  dufm status phase.h5 --json | jq .status.done\n",
    .run = run};

/* "200 dnc, 40 trivial"; "none" where nothing was counted. */
static void print_counts(const char *label, const char *variable, const uint64_t *counts,
                         int size) {
    bool any = false;
    printf("  %-13s", label);
    for (int i = 0; i < size; i++) {
        if (counts[i] == 0) continue;
        printf("%s%llu %s", any ? ", " : "", (unsigned long long)counts[i],
               reader_flag_name(variable, i));
        any = true;
    }
    puts(any ? "" : "none");
}

/* Of the last launch, as noted last. */
static void print_use(const struct launch *launch) {
    double share = launch_utilization(&launch->use, launch_workers(launch));
    if (isnan(share)) return;
    printf("  %-13s%d worker%s at work %.1f %% of the time, %.1f %% of that in commits\n",
           "use", launch_workers(launch), launch->ranks > 2 ? "s" : "", 100 * share,
           100 * launch->use.committing / launch->use.busy);
}

static void print_launch(const struct survey *survey) {
    const struct launch *launch = &survey->launch;
    if (survey->launches == 0) {
        printf("  %-13snone\n", "last launch");
        return;
    }
    printf("  %-13s%s on %s (%s), %d rank%s, process %d%s%s\n", "last launch",
           launch->start, launch->host, launch->cpu, launch->ranks,
           launch->ranks == 1 ? "" : "s", launch->pid, *launch->job ? ", " : "",
           launch->job);
    printf("  %-13s%s; %s\n", "", launch->revision, launch->libraries);
    print_use(launch);
    if (survey->fingerprints > 1)
        printf("  %-13s%d different kinds of machine, program or libraries wrote rows: "
               "last bits may depend on who computed them\n",
               "mixture", survey->fingerprints);
}

static void print_job(const struct job *job) {
    char left[64];
    if (*job->id == '\0') return;
    printf("  %-13s%s, %s", "job", job->id, job->state);
    if (*job->reason != '\0') printf(" (%s)", job->reason);
    if (job_runs(job) && !isnan(job->seconds_left)) {
        clock_format(job->seconds_left, left, sizeof left);
        printf(", %s until its time limit", left);
    }
    putchar('\n');
}

static void print_estimate(const struct survey *survey) {
    char left[64] = "unknown";
    if (isfinite(survey->left.seconds))
        progress_format_left(&survey->left, "", left, sizeof left);
    printf("  %-13s%s\n", "state", survey_state_name(survey->state));
    if (isnan(survey->rate))
        printf("  %-13sunknown\n", "rate");
    else
        printf("  %-13s%.3g points/s\n", "rate", survey->rate);
    printf("  %-13s%s\n", "time left", left);
}

static void print_rows(const struct survey *survey) {
    char text[256], time[64];
    for (int i = 0; i < survey->slowest_count; i++) {
        const struct survey_row *row = &survey->slowest[i];
        survey_describe_row(survey->reader, survey->sweep, row->row, text, sizeof text);
        clock_format(row->wall_time, time, sizeof time);
        printf("  %-13srow %llu: %s; %s\n", i == 0 ? "slowest" : "",
               (unsigned long long)row->row, time, text);
    }
    for (int i = 0; i < survey->failure_count; i++) {
        const struct survey_failure *failure = &survey->failures[i];
        survey_describe_row(survey->reader, survey->sweep, failure->row, text,
                            sizeof text);
        printf("  %-13srow %llu: %s, %s; %s\n", i == 0 ? "failures" : "",
               (unsigned long long)failure->row,
               reader_flag_name("status", failure->status),
               reader_flag_name("failure", failure->failure), text);
    }
}

static void print_text(const char *path, const struct survey *survey) {
    printf("%s: %s, %llu points\n", path, survey->sweep->name,
           (unsigned long long)survey->points);
    print_counts("points", "status", survey->statuses, SURVEY_STATUSES);
    if (survey->removed > 0)
        printf("  %-13s%llu of removed values, %llu of them done\n", "besides",
               (unsigned long long)survey->removed,
               (unsigned long long)survey->removed_done);
    print_counts("outcomes", "outcome", survey->outcomes, SURVEY_OUTCOMES);
    print_counts("stopped by", "stop_reason", survey->stops, SURVEY_STOPS);
    print_estimate(survey);
    print_launch(survey);
    print_job(&survey->job);
    print_rows(survey);
}

/* JSON: unknown numbers are null. */
static json_t *json_number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_counts(const char *variable, const uint64_t *counts, int size) {
    json_t *object = json_object();
    for (int i = 0; i < size; i++)
        json_object_set_new(object, reader_flag_name(variable, i),
                            json_integer((json_int_t)counts[i]));
    return object;
}

/* Shares of the last launch's workers' time: at work; in commits while at work. */
static json_t *json_use(const struct survey *survey) {
    const struct launch_use *use = &survey->launch.use;
    double share = survey->launches > 0
                       ? launch_utilization(use, launch_workers(&survey->launch))
                       : NAN;
    if (isnan(share)) return json_null();
    return json_pack("{s:o, s:o, s:o}", "span", json_number_or_null(use->span),
                     "utilization", json_number_or_null(share), "committing",
                     json_number_or_null(use->committing / use->busy));
}

/* The bounds of the time left. */
static json_t *json_range(const struct policy_estimate *left) {
    if (!isfinite(left->low) || !isfinite(left->high)) return json_null();
    return json_pack("[f, f]", left->low, left->high);
}

static json_t *json_launch(const struct survey *survey) {
    const struct launch *launch = &survey->launch;
    if (survey->launches == 0) return json_null();
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "start",
                     launch->start, "host", launch->host, "job", launch->job, "cpu",
                     launch->cpu, "revision", launch->revision, "libraries",
                     launch->libraries, "fingerprint", launch->fingerprint, "ranks",
                     launch->ranks, "pid", launch->pid);
}

static json_t *json_job(const struct job *job) {
    if (*job->id == '\0') return json_null();
    return json_pack("{s:s, s:s, s:s?, s:o}", "id", job->id, "state", job->state,
                     "reason", *job->reason != '\0' ? job->reason : NULL, "time_left",
                     json_number_or_null(job->seconds_left));
}

static json_t *json_row(const struct survey *survey, uint64_t row) {
    char text[256];
    survey_describe_row(survey->reader, survey->sweep, row, text, sizeof text);
    return json_pack("{s:I, s:s}", "row", (json_int_t)row, "point", text);
}

static json_t *json_slowest(const struct survey *survey) {
    json_t *array = json_array();
    for (int i = 0; i < survey->slowest_count; i++) {
        json_t *row = json_row(survey, survey->slowest[i].row);
        json_object_set_new(row, "wall_time",
                            json_number_or_null(survey->slowest[i].wall_time));
        json_array_append_new(array, row);
    }
    return array;
}

static json_t *json_failures(const struct survey *survey) {
    json_t *array = json_array();
    for (int i = 0; i < survey->failure_count; i++) {
        const struct survey_failure *failure = &survey->failures[i];
        json_t *row = json_row(survey, failure->row);
        json_object_set_new(row, "status",
                            json_string(reader_flag_name("status", failure->status)));
        json_object_set_new(row, "reason",
                            json_string(reader_flag_name("failure", failure->failure)));
        json_array_append_new(array, row);
    }
    return array;
}

static enum error print_json(const char *path, const struct survey *survey, bool line) {
    json_t *root = json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:i, "
        "s:i, s:o, s:o, s:o, s:o, s:o}",
        "file", path, "name", survey->sweep->name, "points", (json_int_t)survey->points,
        "removed", (json_int_t)survey->removed, "removed_done",
        (json_int_t)survey->removed_done, "status",
        json_counts("status", survey->statuses, SURVEY_STATUSES), "outcome",
        json_counts("outcome", survey->outcomes, SURVEY_OUTCOMES), "stop_reason",
        json_counts("stop_reason", survey->stops, SURVEY_STOPS), "state",
        survey_state_name(survey->state), "elapsed", json_number_or_null(survey->elapsed),
        "rate", json_number_or_null(survey->rate), "seconds_left",
        json_number_or_null(survey->left.seconds), "seconds_left_range",
        json_range(&survey->left), "wall_time", json_number_or_null(survey->wall_time),
        "launches", survey->launches, "fingerprints", survey->fingerprints, "launch",
        json_launch(survey), "use", json_use(survey), "job", json_job(&survey->job),
        "slowest", json_slowest(survey), "failures", json_failures(survey));
    if (root == NULL)
        return RAISE(ERROR_SYSTEM, "cannot put the status into JSON: out of memory, or "
                                   "the path is not valid UTF-8");
    int failed = json_dumpf(
        root, stdout, JSON_REAL_PRECISION(6) | (line ? JSON_COMPACT : JSON_INDENT(2)));
    json_decref(root);
    if (failed || putchar('\n') == EOF)
        return RAISE(ERROR_SYSTEM, "cannot write to the standard output");
    return ERROR_NONE;
}

struct arguments {
    const char *path;
    bool json, watch;
};

/* Show the file once; *goes_on: a job is, or on another machine may be, at work on it. */
static enum error show(const struct arguments *arguments, bool *goes_on) {
    struct survey survey;
    bool measured = *goes_on = false;
    TRY(measured_status_show(arguments->path, arguments->json, &measured));
    if (measured && (fflush(stdout) || ferror(stdout)))
        return RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    if (measured) return ERROR_NONE;
    enum error error = survey_take(arguments->path, &survey);
    if (error == ERROR_NONE && arguments->json)
        error = print_json(arguments->path, &survey, arguments->watch);
    else if (error == ERROR_NONE)
        print_text(arguments->path, &survey);
    if (error == ERROR_NONE && (fflush(stdout) || ferror(stdout)))
        error = RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    *goes_on = survey.state == SURVEY_RUNNING || survey.state == SURVEY_QUEUED ||
               survey.state == SURVEY_UNKNOWN;
    survey_release(&survey);
    return error;
}

/* Show it again and again while a job is at work; on a terminal each time in the same
 * place, a whole picture at once. */
static enum error watch(const struct arguments *arguments) {
    static char picture[1 << 14];
    bool redraw = isatty(STDOUT_FILENO) && !arguments->json, goes_on;
    if (redraw) setvbuf(stdout, picture, _IOFBF, sizeof picture);
    for (;;) {
        if (redraw) fputs("\033[H\033[2J", stdout);
        TRY(show(arguments, &goes_on));
        if (!goes_on) return ERROR_NONE;
        clock_sleep(watch_seconds);
    }
}

static enum error parse(int argc, char **argv, struct arguments *arguments,
                        bool *helped) {
    const struct option_row rows[] = {
        {"json", 0, OPTION_FLAG, &arguments->json, NULL, "as a JSON object"},
        {"watch", 'w', OPTION_FLAG, &arguments->watch, NULL,
         "again every 2 s while a job runs"},
    };
    const struct option_set set = {&command_status, rows, sizeof rows / sizeof *rows};
    int found;
    TRY(option_parse(&set, argc, argv, &arguments->path, 1, &found, helped));
    if (found == 0 && !*helped)
        return RAISE(ERROR_USAGE, "no result file given; see 'dufm status --help'");
    return ERROR_NONE;
}

static int show_or_watch(void *context) {
    const struct arguments *arguments = context;
    bool goes_on;
    enum error error = arguments->watch ? watch(arguments) : show(arguments, &goes_on);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_status, error);
}

/* Values of a compact file are decoded: in a child, since damaged ones may kill it. */
static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    bool helped = false;
    int code = EXIT_CODE_OK;
    enum error error = parse(argc, argv, &arguments, &helped);
    const struct containment work = {arguments.path, show_or_watch, &arguments};
    if (error == ERROR_NONE && !helped) error = contain(&work, &code);
    return error == ERROR_NONE ? code : option_fail(&command_status, error);
}

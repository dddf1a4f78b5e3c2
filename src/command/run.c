/* dufm run: the only command that starts MPI. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/command.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"
#include "dufm/memory.h"
#include "dufm/session.h"

static int run(int argc, char **argv);

const struct command command_run = {
    .name = "run",
    .summary = "Run the points of a sweep, alone or under mpirun or srun",
    .arguments = "SWEEP.yaml",
    .details =
        "The same command again resumes: finished points are kept, the others are run.\n"
        "A sweep that has other points now grows its file: rows stay, new points are "
        "run.\n"
        "Damaged rows are run again.\n"
        "Long points under way are saved in FILE.h5.checkpoints now and then, and when "
        "the\n"
        "run is stopped, and go on from there to the same bits.\n\n"
        "USR1 or USR2 to mpirun or to any rank stop cleanly, and so do INT, TERM or\n"
        "HUP to a rank or without mpirun. INT (Ctrl-C) or TERM make mpirun end the\n"
        "ranks itself: its exit code is 1, and finished points are kept all the same.\n"
        "A USR1 or USR2 that comes before mpirun has started its ranks is lost: send it\n"
        "again.\n\n"
        "A point that brings its process down (a fatal signal) is tried again alone, at\n"
        "the end, and given up after three deaths; the others go on without that\n"
        "process. Deaths are kept in FILE.h5.faults until every point is done.\n\n"
        "Rank 0 coordinates and sleeps: start one rank more than cores. Open MPI wants\n"
        "--oversubscribe for that and, as root, OMPI_ALLOW_RUN_AS_ROOT=1 and\n"
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 in the environment.\n\n"
        "--time-left stops so by the clock, for jobs with a limit: near the end, points\n"
        "that would neither end nor get far enough to be saved are not begun.\n\n"
        "Exit codes: 0 every point finished, 1 error, 2 bad usage or input, 3 some "
        "points\n"
        "failed, 75 stopped with work left.\n\n"
        "Examples:\n"
        "  dufm run sweeps/quickstart.yaml\n"
        "  mpirun --oversubscribe -n 3 dufm run sweeps/phase.yaml -o phase.h5\n",
    .run = run};

struct arguments {
    const char *sweep, *output;
    bool quiet, no_progress, retry_failed;
    struct checkpoint_options checkpoint;
    int max_failures;
    double time_left;
    char fallback[PATH_MAX]; /* the output where none is given */
};

/* "sweeps/phase.yaml" -> "phase.h5" */
static enum error default_output(struct arguments *arguments) {
    const char *slash = strrchr(arguments->sweep, '/');
    const char *name = slash ? slash + 1 : arguments->sweep;
    const char *dot = strrchr(name, '.');
    int stem = dot && dot > name ? (int)(dot - name) : (int)strlen(name);
    int used =
        snprintf(arguments->fallback, sizeof arguments->fallback, "%.*s.h5", stem, name);
    if (used < 0 || (size_t)used >= sizeof arguments->fallback)
        return RAISE(ERROR_USAGE, "the sweep's name is too long; give an output with -o");
    arguments->output = arguments->fallback;
    return ERROR_NONE;
}

static enum error parse(int argc, char **argv, struct arguments *arguments,
                        bool *helped) {
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &arguments->output, "FILE.h5",
         "result file (the sweep's name + .h5 in the current folder)"},
        {"retry-failed", 0, OPTION_FLAG, &arguments->retry_failed, NULL,
         "run failed and quarantined points again, too"},
        {"max-failures", 0, OPTION_INTEGER, &arguments->max_failures, "N",
         "stop with an error when more than N points fail for good"},
        {"quiet", 'q', OPTION_FLAG, &arguments->quiet, NULL,
         "no progress and no summary; errors and warnings only"},
        {"no-progress", 0, OPTION_FLAG, &arguments->no_progress, NULL,
         "no progress, but a summary"},
        {"checkpoint", 0, OPTION_REAL, &arguments->checkpoint.seconds, "SECONDS",
         "save points under way so often; 0 never (60)"},
        {"keep-unfinished", 0, OPTION_FLAG, &arguments->checkpoint.keep_unfinished, NULL,
         "let points that end at max_steps go on later"},
        {"time-left", 0, OPTION_REAL, &arguments->time_left, "SECONDS",
         "stop then; until then begin only what is worth it"},
    };
    const struct option_set set = {&command_run, rows, sizeof rows / sizeof *rows};
    int found;
    arguments->max_failures = INT_MAX; /* no file has more points */
    TRY(option_parse(&set, argc, argv, &arguments->sweep, 1, &found, helped));
    if (*helped) return ERROR_NONE;
    if (arguments->max_failures < 0)
        return RAISE(ERROR_USAGE, "--max-failures needs a number of points, 0 or more");
    if (found == 0)
        return RAISE(ERROR_USAGE, "no sweep file given; see 'dufm run --help'");
    if (!isnan(arguments->checkpoint.seconds) && !(arguments->checkpoint.seconds >= 0))
        return RAISE(ERROR_USAGE, "--checkpoint needs seconds, 0 or more");
    if (!isnan(arguments->time_left) && !(arguments->time_left >= 0))
        return RAISE(ERROR_USAGE, "--time-left needs seconds, 0 or more");
    if (arguments->output == NULL) return default_output(arguments);
    if (*arguments->output == '\0')
        return RAISE(ERROR_USAGE, "-o needs the name of a file, such as phase.h5");
    return ERROR_NONE;
}

/* "; workers at work 98.5 % of the time, 3.2 % of that in commits" */
static void format_use(const struct session_summary *summary, char *text, size_t size) {
    const struct launch_use *use = &summary->use;
    double share = launch_utilization(use, summary->workers);
    text[0] = '\0';
    if (isnan(share)) return;
    snprintf(
        text, size, "; worker%s at work %.1f %% of the time, %.1f %% of that in commits",
        summary->workers > 1 ? "s" : "", 100 * share, 100 * use->committing / use->busy);
}

static void report(const struct arguments *arguments,
                   const struct session_summary *summary) {
    char counts[256], time[64], use[128];
    uint64_t fresh = (uint64_t)summary->tally.done + summary->tally.failed;
    clock_format(summary->seconds, time, sizeof time);
    progress_format_tally(&summary->tally, counts, sizeof counts);
    format_use(summary, use, sizeof use);
    if (fresh > 0)
        log_info("%llu points run in %s: %s%s; results in %s", (unsigned long long)fresh,
                 time, counts, use, arguments->output);
    else if (summary->before == summary->total && summary->total > 0)
        log_info("all %llu points are done already; results in %s",
                 (unsigned long long)summary->total, arguments->output);
    if (summary->failed_before > 0)
        log_info("%llu points failed in earlier runs; 'dufm status %s' lists them, "
                 "--retry-failed runs them again",
                 (unsigned long long)summary->failed_before, arguments->output);
}

static enum progress_mode choose_progress(const struct arguments *arguments) {
    if (arguments->quiet || arguments->no_progress) return PROGRESS_OFF;
    return progress_mode_of(stderr);
}

/* Rank 0 speaks and carries the exit code; the others end with 0. */
static int conclude(const struct arguments *arguments, enum error error,
                    const struct session_summary *summary) {
    if (comm_rank() != 0) return EXIT_CODE_OK;
    if (error == ERROR_NONE || error == ERROR_INTERRUPTED || error == ERROR_FAILURES)
        report(arguments, summary);
    if (error != ERROR_NONE) return option_fail(&command_run, error);
    return summary->failed_before + summary->tally.failed > 0 ? EXIT_CODE_SOME_FAILED
                                                              : EXIT_CODE_OK;
}

/* The command line of this program should it begin anew: what failed before this launch
 * has been taken up again by then. */
static enum error repeat(int argc, char **argv, char ***out) {
    static char program[] = "dufm", option[] = "--retry-failed";
    bool options_end = false;
    void *memory;
    int count = 0;
    TRY(memory_allocate((size_t)argc + 2, sizeof **out, &memory));
    *out = memory;
    (*out)[count++] = program;
    for (int at = 0; at < argc; at++) {
        options_end = options_end || strcmp(argv[at], "--") == 0;
        if (options_end || strcmp(argv[at], option) != 0) (*out)[count++] = argv[at];
    }
    return ERROR_NONE;
}

/* When the launch began, on the clock of clock_seconds: a program that begins anew in its
 * own place is told by its environment, and has no more time left than it had. */
static enum error first_start(double *start) {
    static const char name[] = "DUFM_STARTED";
    const char *told = getenv(name);
    char text[32];
    *start = clock_seconds();
    if (told != NULL) {
        *start = strtod(told, NULL);
        return ERROR_NONE;
    }
    snprintf(text, sizeof text, "%.3f", *start);
    if (setenv(name, text, 1) != 0)
        return RAISE(ERROR_SYSTEM, "no memory for the environment");
    return ERROR_NONE;
}

/* Others may be waiting in vain (see session_run): rank 0 ends them. */
static void end_job(const struct arguments *arguments, enum error error,
                    const struct session_summary *summary) {
    bool broken = error == ERROR_MPI || (error == ERROR_STORE && comm_rank() == 0);
    if (!broken && summary->lost == 0) return;
    if (!broken) comm_abort(conclude(arguments, error, summary));
    option_fail(&command_run, error);
    comm_abort(EXIT_CODE_ERROR);
}

static int run(int argc, char **argv) {
    struct arguments arguments = {.checkpoint.seconds = NAN, .time_left = NAN};
    double start = 0;
    struct session_summary summary = {0};
    bool helped = false;
    enum error error = parse(argc, argv, &arguments, &helped);
    if (helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE) error = first_start(&start);
    enum error started = interrupt_install();
    if (started == ERROR_NONE) started = interrupt_ignore_pipe();
    if (started == ERROR_NONE) started = comm_start();
    if (started != ERROR_NONE) return option_fail(&command_run, started);
    log_enable_info(comm_rank() == 0 && !arguments.quiet);
    char **again = NULL;
    if (error == ERROR_NONE) error = repeat(argc, argv, &again);
    error = comm_agree(error);
    if (error == ERROR_NONE) {
        struct session_options options = {
            .sweep = arguments.sweep,
            .output = arguments.output,
            .progress = choose_progress(&arguments),
            .checkpoint = arguments.checkpoint,
            .retry_failed = arguments.retry_failed,
            .max_failures = arguments.max_failures,
            .arguments = again,
            .deadline = isnan(arguments.time_left) ? 0 : start + arguments.time_left};
        error = session_run(&options, &summary);
    }
    end_job(&arguments, error, &summary);
    free(again);
    int code = conclude(&arguments, error, &summary);
    return comm_end() == ERROR_NONE ? code : option_fail(&command_run, ERROR_MPI);
}

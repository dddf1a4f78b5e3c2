/* dufm run: the only command that starts MPI. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/command.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"
#include "dufm/session.h"

static int run(int argc, char **argv);

const struct command command_run = {
    .name = "run",
    .summary = "Run the points of a sweep, alone or under mpirun or srun",
    .arguments = "SWEEP.yaml",
    .details =
        "The same command again resumes: finished points are kept, the others are run.\n"
        "INT, TERM, USR1 or USR2 stop cleanly: finished points are kept.\n\n"
        "Exit codes: 0 every point finished, 1 error, 2 bad usage or input, 3 some "
        "points\n"
        "failed, 75 stopped with work left.\n\n"
        "Examples:\n"
        "  dufm run sweeps/quickstart.yaml\n"
        "  mpirun -n 8 dufm run sweeps/phase.yaml -o phase.h5\n",
    .run = run};

struct arguments {
    const char *sweep, *output;
    bool quiet, no_progress;
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
        {"quiet", 'q', OPTION_FLAG, &arguments->quiet, NULL,
         "no progress and no summary; errors and warnings only"},
        {"no-progress", 0, OPTION_FLAG, &arguments->no_progress, NULL,
         "no progress, but a summary"},
    };
    const struct option_set set = {&command_run, rows, sizeof rows / sizeof *rows};
    int found;
    TRY(option_parse(&set, argc, argv, &arguments->sweep, 1, &found, helped));
    if (*helped) return ERROR_NONE;
    if (found == 0)
        return RAISE(ERROR_USAGE, "no sweep file given; see 'dufm run --help'");
    if (arguments->output == NULL) return default_output(arguments);
    if (*arguments->output == '\0')
        return RAISE(ERROR_USAGE, "-o needs the name of a file, such as phase.h5");
    return ERROR_NONE;
}

static void report(const struct arguments *arguments,
                   const struct session_summary *summary) {
    char counts[256], time[64];
    uint64_t fresh = (uint64_t)summary->tally.done + summary->tally.failed;
    clock_format(summary->seconds, time, sizeof time);
    progress_format_tally(&summary->tally, counts, sizeof counts);
    if (fresh > 0)
        log_info("%llu points run in %s: %s; results in %s", (unsigned long long)fresh,
                 time, counts, arguments->output);
    else if (summary->before == summary->total && summary->total > 0)
        log_info("all %llu points are done already; results in %s",
                 (unsigned long long)summary->total, arguments->output);
    if (summary->failed_before > 0)
        log_info("%llu points failed in earlier runs; 'dufm status %s' lists them",
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
    if (error == ERROR_NONE || error == ERROR_INTERRUPTED) report(arguments, summary);
    if (error != ERROR_NONE) return option_fail(&command_run, error);
    return summary->failed_before + summary->tally.failed > 0 ? EXIT_CODE_SOME_FAILED
                                                              : EXIT_CODE_OK;
}

static int run(int argc, char **argv) {
    struct arguments arguments = {0};
    struct session_summary summary = {0};
    bool helped = false;
    enum error error = parse(argc, argv, &arguments, &helped);
    if (helped) return EXIT_CODE_OK;
    enum error started = interrupt_install();
    if (started == ERROR_NONE) started = comm_start();
    if (started != ERROR_NONE) return option_fail(&command_run, started);
    log_enable_info(comm_rank() == 0 && !arguments.quiet);
    error = comm_agree(error);
    if (error == ERROR_NONE) {
        struct session_options options = {arguments.sweep, arguments.output,
                                          choose_progress(&arguments)};
        error = session_run(&options, &summary);
    }
    /* Others may be waiting in vain (see session_run); rank 0 ends them. */
    if (error == ERROR_MPI || (error == ERROR_STORE && comm_rank() == 0)) {
        option_fail(&command_run, error);
        comm_abort(EXIT_CODE_ERROR);
    }
    int code = conclude(&arguments, error, &summary);
    return comm_end() == ERROR_NONE ? code : option_fail(&command_run, ERROR_MPI);
}

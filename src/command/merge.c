/* dufm merge: several result files of compatible sweeps in a new one. */
#include <stdio.h>
#include <string.h>

#include "dufm/command.h"
#include "dufm/interrupt.h"
#include "dufm/merge.h"
#include "dufm/session.h"

static int run(int argc, char **argv);

const struct command command_merge = {
    .name = "merge",
    .summary = "Join result files of compatible sweeps into a new one",
    .arguments = "FILE.h5...",
    .details =
        "Rows are joined by their parameters: what is finished in one of the files is\n"
        "in the new one, done before failed. The new file carries the first one's\n"
        "sweep; points that only the others have are kept as well, and have their place\n"
        "once 'dufm run' is given the new file with a sweep that has them all.\n\n"
        "Two finished rows of one point with different results are a conflict. "
        "Conflicts\n"
        "are listed, and nothing is written, unless --prefer says whose row counts.\n"
        "Damaged rows are reported and taken as not run. Files that store different\n"
        "outputs (history, gram, weights) cannot be joined.\n\n"
        "Examples:\n"
        "  dufm merge phase.h5 other.h5 -o all.h5\n"
        "  dufm merge phase.h5 other.h5 -o decided.h5 --prefer first\n",
    .run = run};

enum { FILES_MAX = 1000 };

struct arguments {
    const char *files[FILES_MAX];
    const char *prefer;
    struct merge_request request;
};

static enum error parse(int argc, char **argv, struct arguments *arguments,
                        bool *helped) {
    struct merge_request *request = &arguments->request;
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &request->output, "FILE.h5",
         "result file to make; must not exist"},
        {"prefer", 0, OPTION_TEXT, &arguments->prefer, "first",
         "of conflicting rows, the one in the earlier file counts"},
    };
    const struct option_set set = {&command_merge, rows, sizeof rows / sizeof *rows};
    TRY(option_parse(&set, argc, argv, arguments->files, FILES_MAX, &request->count,
                     helped));
    if (*helped) return ERROR_NONE;
    if (request->count < 2)
        return RAISE(ERROR_USAGE,
                     "two result files or more are joined, not %d; see "
                     "'dufm merge --help'",
                     request->count);
    if (request->output == NULL || *request->output == '\0')
        return RAISE(ERROR_USAGE, "-o needs the name of the file to make");
    if (arguments->prefer != NULL && strcmp(arguments->prefer, "first") != 0)
        return RAISE(ERROR_USAGE, "--prefer takes 'first', not '%s'", arguments->prefer);
    request->files = arguments->files;
    request->prefer_first = arguments->prefer != NULL;
    return ERROR_NONE;
}

static void print_conflicts(const struct merge_report *report) {
    for (uint64_t i = 0; i < report->conflicts && i < MERGE_CONFLICTS; i++) {
        const struct merge_conflict *conflict = &report->conflict[i];
        printf("conflict: %s row %llu, %s row %llu\n", conflict->file[0],
               (unsigned long long)conflict->row[0], conflict->file[1],
               (unsigned long long)conflict->row[1]);
    }
    if (report->conflicts > MERGE_CONFLICTS)
        printf("... %llu conflicts in all\n", (unsigned long long)report->conflicts);
}

static enum error merge(struct merge_request *request) {
    struct merge_report report = {0};
    TRY(interrupt_install());
    TRY(session_describe(&request->launch));
    enum error error = merge_files(request, &report);
    print_conflicts(&report);
    if (error == ERROR_NONE)
        printf("%s: %llu rows, %llu of them finished; %llu points are left to run\n",
               request->output, (unsigned long long)report.rows,
               (unsigned long long)report.finished, (unsigned long long)report.pending);
    if (fflush(stdout) && error == ERROR_NONE)
        error = RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    return error;
}

static int run(int argc, char **argv) {
    static struct arguments arguments;
    bool helped = false;
    enum error error = parse(argc, argv, &arguments, &helped);
    if (helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE) error = merge(&arguments.request);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_merge, error);
}

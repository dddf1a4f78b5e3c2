/* dufm compact: a result file in a fraction of its size. */
#include <stdio.h>

#include "dufm/command.h"
#include "dufm/compact.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"
#include "dufm/session.h"

static int run(int argc, char **argv);

const struct command command_compact = {
    .name = "compact",
    .summary = "Make a result file small, to keep or to send it",
    .arguments = "FILE.h5",
    .details =
        "Everybody reads a compact file as before: it holds the same variables,\n"
        "attributes and dimensions, compressed. The new form is built under another\n"
        "name, compared with the file value by value, and only then takes its name, or\n"
        "that of -o, which must not exist. A file that a job writes is refused.\n\n"
        "A compact file is not written to. 'dufm run' says that all is done where it "
        "is,\n"
        "and makes the file writable again where there is something to run. show, "
        "status,\n"
        "verify and merge read it like any other; of a damaged one 'dufm salvage' saves\n"
        "the rows whose pieces can still be unpacked, if it opens at all.\n\n"
        "Exits with 0 when the file is compact, also when it was before; with 75 when "
        "it\n"
        "was stopped by a signal, and nothing has changed.\n\n"
        "Examples:\n"
        "  dufm compact phase.h5 -o small.h5\n"
        "  dufm compact phase.h5\n",
    .run = run};

static enum error parse(int argc, char **argv, struct compact_request *request,
                        bool *helped) {
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &request->output, "FILE.h5",
         "result file to make; must not exist (the file itself)"},
    };
    const struct option_set set = {&command_compact, rows, sizeof rows / sizeof *rows};
    int found;
    TRY(option_parse(&set, argc, argv, &request->file, 1, &found, helped));
    if (*helped) return ERROR_NONE;
    if (found == 0)
        return RAISE(ERROR_USAGE, "no result file given; see 'dufm compact --help'");
    if (request->output && *request->output == '\0')
        return RAISE(ERROR_USAGE, "-o needs the name of the file to make");
    return ERROR_NONE;
}

static enum error compact(struct compact_request *request) {
    struct compact_report report;
    TRY(interrupt_install());
    TRY(session_describe(&request->launch));
    TRY(compact_file(request, &report));
    if (report.already)
        printf("%s is compact already\n", request->file);
    else
        printf("%s: %llu bytes instead of %llu, %.1f times smaller; every value is the "
               "same\n",
               request->output ? request->output : request->file,
               (unsigned long long)report.after, (unsigned long long)report.before,
               (double)report.before / (double)report.after);
    if (fflush(stdout))
        return RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    return ERROR_NONE;
}

static int run(int argc, char **argv) {
    struct compact_request request = {0};
    bool helped = false;
    enum error error = parse(argc, argv, &request, &helped);
    if (helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE) error = compact(&request);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_compact, error);
}

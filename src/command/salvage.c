/* dufm salvage: the readable rows of a damaged result file, in a new one. */
#include <stdio.h>

#include "dufm/command.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"
#include "dufm/salvage.h"
#include "dufm/session.h"

static int run(int argc, char **argv);

const struct command command_salvage = {
    .name = "salvage",
    .summary = "Move the readable rows of a damaged result file to a new one",
    .arguments = "DAMAGED.h5",
    .details =
        "For files that cannot be opened any more: cut off, overwritten in part. The\n"
        "bytes are read without HDF5, with the help of a table that the file holds\n"
        "twice of where its values lie. Rows whose identity and checksum hold are kept;\n"
        "all other points of the sweep are left to run: 'dufm run' with the new file\n"
        "computes them. The damaged file is not changed, and nothing is overwritten.\n\n"
        "Exits with 0 when the new file is written, whatever could be kept; with 1 when\n"
        "nothing can be read, since no table is left.\n\n"
        "Examples:\n"
        "  dufm salvage phase.h5 -o saved.h5\n"
        "  dufm salvage phase.h5 -o again.h5 --sweep sweeps/phase.yaml\n",
    .run = run};

static enum error parse(int argc, char **argv, struct salvage_request *request,
                        bool *helped) {
    const struct option_row rows[] = {
        {"output", 'o', OPTION_TEXT, &request->output, "FILE.h5",
         "result file to make; must not exist"},
        {"sweep", 0, OPTION_TEXT, &request->sweep, "SWEEP.yaml",
         "sweep of the new file (the damaged file's own)"},
    };
    const struct option_set set = {&command_salvage, rows, sizeof rows / sizeof *rows};
    int found;
    TRY(option_parse(&set, argc, argv, &request->damaged, 1, &found, helped));
    if (*helped) return ERROR_NONE;
    if (found == 0)
        return RAISE(ERROR_USAGE, "no result file given; see 'dufm salvage --help'");
    if (request->output == NULL || *request->output == '\0')
        return RAISE(ERROR_USAGE, "-o needs the name of the file to make");
    return ERROR_NONE;
}

static enum error salvage(struct salvage_request *request) {
    struct salvage_report report = {0};
    TRY(interrupt_install());
    TRY(session_describe(&request->launch));
    TRY(salvage_file(request, &report));
    printf("%s: of %llu rows of %s, %llu are kept with their results, %llu are lost; "
           "%llu points are left to run\n",
           request->output, (unsigned long long)report.rows, request->damaged,
           (unsigned long long)report.finished, (unsigned long long)report.lost,
           (unsigned long long)report.pending);
    if (fflush(stdout))
        return RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    return ERROR_NONE;
}

static int run(int argc, char **argv) {
    struct salvage_request request = {0};
    bool helped = false;
    enum error error = parse(argc, argv, &request, &helped);
    if (helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE) error = salvage(&request);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_salvage, error);
}

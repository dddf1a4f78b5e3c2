/* dufm help: what the program and its commands say of themselves, in every form. */
#include <stdio.h>
#include <string.h>

#include "dufm/command.h"
#include "usage.h"

static int run(int argc, char **argv);

const struct command command_help = {
    .name = "help",
    .summary = "Explain a command; make manual pages and completion",
    .arguments = "[COMMAND]",
    .details =
        "Without a command: the list of all. Manual pages and completion are made from\n"
        "the tables that parse the options; 'make install' puts them where man and bash\n"
        "look.\n\n"
        "Examples:\n"
        "  dufm help show\n"
        "  dufm help --man run | man -l -\n"
        "  source <(dufm help --completion bash)\n",
    .run = run};

/* The command line, as given. */
struct request {
    const char *command; /* NULL: the program */
    const char *shell;   /* NULL: no completion asked for */
    bool manual;
};

static enum error parse(int argc, char **argv, struct request *request, bool *helped) {
    const struct option_row rows[] = {
        {"man", 0, OPTION_FLAG, &request->manual, NULL, "as a manual page (roff)"},
        {"completion", 0, OPTION_TEXT, &request->shell, "SHELL",
         "print the completion for a shell: bash"},
    };
    const struct option_set set = {&command_help, rows, sizeof rows / sizeof *rows};
    int found;
    TRY(option_parse(&set, argc, argv, &request->command, 1, &found, helped));
    if (request->shell != NULL && strcmp(request->shell, "bash") != 0)
        return RAISE(ERROR_USAGE, "no completion for '%s'; there is one for bash",
                     request->shell);
    if (request->shell != NULL && (request->manual || found > 0))
        return RAISE(ERROR_USAGE, "--completion is for all commands and stands alone");
    return ERROR_NONE;
}

static enum error answer(const struct request *request, int *code) {
    if (request->command != NULL) {
        const struct command *command = command_find(request->command);
        if (command == NULL)
            return RAISE(ERROR_USAGE, "no command '%s'; 'dufm help' lists them",
                         request->command);
        *code = option_show(command, request->manual ? "--help=man" : "--help");
    } else if (request->shell != NULL) {
        *code = usage_overview_completion();
    } else if (request->manual) {
        usage_overview_manual();
    } else {
        usage_overview(stdout);
    }
    if (fflush(stdout)) return RAISE(ERROR_SYSTEM, "cannot write the help: %m");
    return ERROR_NONE;
}

static int run(int argc, char **argv) {
    struct request request = {0};
    bool helped = false;
    int code = EXIT_CODE_OK;
    enum error error = parse(argc, argv, &request, &helped);
    if (helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE) error = answer(&request, &code);
    return error == ERROR_NONE ? code : option_fail(&command_help, error);
}

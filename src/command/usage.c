/* The text of --help. */
#include "usage.h"

#include <string.h>

#include "dufm/command.h"

enum { LEFT_COLUMN = 26 }; /* characters for an option and its value */

const struct usage_exit usage_exits[] = {
    {EXIT_CODE_OK, "success; after a run: every point finished"},
    {EXIT_CODE_ERROR, "error; of verify also: the file is damaged"},
    {EXIT_CODE_USAGE, "bad usage or bad input; nothing was done"},
    {EXIT_CODE_SOME_FAILED, "run: finished, but some points failed"},
    {EXIT_CODE_UNFINISHED, "run: stopped with work left; run it again to go on"},
    {0, NULL}};

/* A long left part has a line of its own. */
static void print_option(const char *left, const char *help) {
    if (strlen(left) > LEFT_COLUMN)
        printf("  %s\n  %*s %s\n", left, LEFT_COLUMN, "", help);
    else
        printf("  %-*s %s\n", LEFT_COLUMN, left, help);
}

void usage_text(const struct option_set *set) {
    const struct command *command = set->command;
    printf("usage: dufm %s%s%s%s\n\n%s.\n", command->name, *command->arguments ? " " : "",
           command->arguments, set->count > 0 ? " [OPTIONS]" : "", command->summary);
    printf("\nOptions:\n");
    for (int i = 0; i < set->count; i++) {
        const struct option_row *row = &set->rows[i];
        char left[64];
        char letter[8] = "    ";
        if (row->letter) snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name,
                 row->value ? " " : "", row->value ? row->value : "");
        print_option(left, row->help);
    }
    print_option("-h, --help", "print this help");
    if (command->details != NULL) printf("\n%s", command->details);
}

void usage_overview(FILE *stream) {
    fprintf(stream,
            "usage: dufm COMMAND [ARGUMENTS]\n\n"
            "Sweeps of the deep unconstrained features model, distributed over MPI, into "
            "one HDF5 file.\n\n");
    for (int i = 0; command_table[i] != NULL; i++)
        fprintf(stream, "  %-10s %s\n", command_table[i]->name,
                command_table[i]->summary);
    fprintf(stream, "\n'dufm COMMAND --help' explains a command and its options.\n\n"
                    "Exit codes:\n");
    for (const struct usage_exit *exit = usage_exits; exit->meaning != NULL; exit++)
        fprintf(stream, "  %-10d %s\n", exit->code, exit->meaning);
}

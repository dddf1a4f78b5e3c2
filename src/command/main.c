/* dufm: picks the subcommand; each lives in a file of its own beside this one. */
#include <stdio.h>
#include <string.h>

#include "dufm/command.h"
#include "dufm/error.h"

const struct command *const command_table[] = {
    &command_plan,   &command_run,       &command_status,  &command_show,
    &command_verify, &command_reference, &command_version, NULL};

static void print_help(FILE *stream) {
    fprintf(stream,
            "usage: dufm COMMAND [ARGUMENTS]\n\n"
            "Sweeps of the deep unconstrained features model, distributed over MPI, into "
            "one HDF5 file.\n\n");
    for (int i = 0; command_table[i] != NULL; i++)
        fprintf(stream, "  %-10s %s\n", command_table[i]->name,
                command_table[i]->summary);
    fprintf(stream, "\n'dufm COMMAND --help' explains a command and its options.\n");
}

static const struct command *find(const char *name) {
    for (int i = 0; command_table[i] != NULL; i++)
        if (strcmp(command_table[i]->name, name) == 0) return command_table[i];
    return NULL;
}

/* "dufm help COMMAND" is "dufm COMMAND --help". */
static int help(int argc, char **argv) {
    if (argc < 3) {
        print_help(stdout);
        return EXIT_CODE_OK;
    }
    const struct command *command = find(argv[2]);
    if (command == NULL) {
        fprintf(stderr, "dufm: no command '%s'; 'dufm help' lists them\n", argv[2]);
        return EXIT_CODE_USAGE;
    }
    char option[] = "--help";
    char *arguments[] = {argv[2], option, NULL};
    return command->run(2, arguments);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_help(stderr);
        return EXIT_CODE_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-h") == 0)
        return help(argc, argv);
    if (strcmp(argv[1], "--version") == 0) return command_version.run(1, argv + 1);
    const struct command *command = find(argv[1]);
    if (command == NULL) {
        fprintf(stderr, "dufm: no command '%s'; 'dufm help' lists them\n", argv[1]);
        return EXIT_CODE_USAGE;
    }
    return command->run(argc - 1, argv + 1);
}

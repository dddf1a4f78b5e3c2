/* dufm: picks the subcommand; each lives in a file of its own beside this one. */
#include <stdio.h>
#include <string.h>

#include "dufm/command.h"
#include "dufm/text.h"
#include "usage.h"

/* Another spelling of "dufm help" or "dufm version". */
static const char *spelled_out(const char *name) {
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return "help";
    return strcmp(name, "--version") == 0 ? "version" : name;
}

static int refuse(const char *name) {
    for (int i = 0; command_table[i] != NULL; i++) {
        if (!text_is_near(name, command_table[i]->name)) continue;
        fprintf(stderr, "dufm: no command '%s'; did you mean '%s'?\n", name,
                command_table[i]->name);
        return EXIT_CODE_USAGE;
    }
    fprintf(stderr, "dufm: no command '%s'; 'dufm help' lists them\n", name);
    return EXIT_CODE_USAGE;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        usage_overview(stderr);
        return EXIT_CODE_USAGE;
    }
    const struct command *command = command_find(spelled_out(argv[1]));
    if (command == NULL) return refuse(argv[1]);
    return command->run(argc - 1, argv + 1);
}

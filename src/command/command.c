#include "dufm/command.h"

#include <stddef.h>
#include <string.h>

const struct command *const command_table[] = {&command_plan,
                                               &command_run,
                                               &command_status,
                                               &command_show,
                                               &command_verify,
                                               &command_merge,
                                               &command_salvage,
                                               &command_compact,
                                               &command_measure,
                                               &command_reference,
                                               &command_version,
                                               &command_help,
                                               NULL};

const struct command *command_find(const char *name) {
    for (int i = 0; command_table[i] != NULL; i++)
        if (strcmp(command_table[i]->name, name) == 0) return command_table[i];
    return NULL;
}

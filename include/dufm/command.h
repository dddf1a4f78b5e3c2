/* The subcommands, one file each in src/command; main only picks one. */
#ifndef DUFM_COMMAND_H
#define DUFM_COMMAND_H

#include "dufm/option.h"

extern const struct command command_plan;
extern const struct command command_run;
extern const struct command command_status;
extern const struct command command_show;
extern const struct command command_verify;
extern const struct command command_merge;
extern const struct command command_salvage;
extern const struct command command_measure;
extern const struct command command_compact;
extern const struct command command_reference;
extern const struct command command_version;
extern const struct command command_help;

/* All of them in the order of `dufm help`; NULL-terminated. */
extern const struct command *const command_table[];

/* The one of that name, or NULL. */
const struct command *command_find(const char *name);

#endif

/* What a command's tables say of it, in three forms: the text of --help, a manual page
 * (roff, man macros), and its part of the completion for bash. All go to stdout. */
#ifndef DUFM_COMMAND_USAGE_H
#define DUFM_COMMAND_USAGE_H

#include <stdio.h>

#include "dufm/option.h"

/* --help, --help=man and --help=completion of one command. */
void usage_text(const struct option_set *set);
void usage_manual(const struct option_set *set);
void usage_completion(const struct option_set *set);

/* What the whole program says of itself, in the same forms; the manual and the completion
 * ask every command of command_table for its part. */
void usage_overview(FILE *stream);
void usage_overview_manual(void);
int usage_overview_completion(void); /* exit code */

/* Exit codes of all commands; ends at a NULL meaning. */
struct usage_exit {
    int code;
    const char *meaning;
};
extern const struct usage_exit usage_exits[];

#endif

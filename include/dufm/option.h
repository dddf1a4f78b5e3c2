/* Command lines from a table: the same rows parse the options, print --help, and make
 * manual pages and the completion for bash. */
#ifndef DUFM_OPTION_H
#define DUFM_OPTION_H

#include <stdbool.h>

#include "dufm/error.h"

enum option_type {
    OPTION_FLAG,    /* bool: present or not */
    OPTION_TEXT,    /* const char *: points into argv */
    OPTION_INTEGER, /* int */
    OPTION_REAL,    /* double */
    OPTION_REALS,   /* struct option_reals: a comma-separated list */
};

struct option_reals {
    int count;
    double values[64];
};

struct option_row {
    const char *name; /* "lambda-h", without dashes */
    char letter;      /* short form, 0 for none */
    enum option_type type;
    void *target;      /* where the value goes; keeps its value when not given */
    const char *value; /* placeholder in help; NULL for flags. Completion proposes files
                          for "FILE.h5", the words themselves for "relu|linear" */
    const char *help;  /* one line */
};

struct command {
    const char *name;
    const char *summary;   /* one line in `dufm help` */
    const char *arguments; /* positional arguments in the usage line, "SWEEP.yaml" */
    const char *details;   /* paragraphs of --help, each line ended; indented lines stay
                              as they are; "Examples:" begins the last section */
    int (*run)(int argc,
               char **argv); /* argv[0] is the command's name; returns the exit code */
};

struct option_set {
    const struct command *command;
    const struct option_row *rows;
    int count;
};

/* Parse argv[1..]: options into their targets, the rest into `positional` (at most
 * `limit`, *found of them). --help prints the help to stdout and sets *helped: the caller
 * returns 0; so do --help=man (roff) and --help=completion (a branch of a bash function),
 * for `dufm help`. ERROR_USAGE for unknown options (the nearest one is suggested),
 * missing or malformed values and surplus arguments. */
enum error option_parse(const struct option_set *set, int argc, char **argv,
                        const char **positional, int limit, int *found, bool *helped);

/* Run a command with --help, --help=man or --help=completion alone; its exit code. */
int option_show(const struct command *command, const char *form);

/* Print the message of a failed command to stderr ("dufm plan: ..."); returns its exit
 * code. */
int option_fail(const struct command *command, enum error code);

#endif

#include "dufm/option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/text.h"
#include "usage.h"

/* One option as it stands on the command line. */
struct given {
    const struct option_row *row;
    const char *shown; /* "--lambda-h", as typed */
    const char *value; /* after '=', or NULL */
};

static const struct option_row *find_name(const struct option_set *set, const char *name,
                                          size_t length) {
    for (int i = 0; i < set->count; i++)
        if (strlen(set->rows[i].name) == length &&
            strncmp(set->rows[i].name, name, length) == 0)
            return &set->rows[i];
    return NULL;
}

static const struct option_row *find_letter(const struct option_set *set, char letter) {
    for (int i = 0; i < set->count; i++)
        if (set->rows[i].letter != 0 && set->rows[i].letter == letter)
            return &set->rows[i];
    return NULL;
}

static enum error unknown(const struct option_set *set, const char *shown) {
    const char *name = shown + strspn(shown, "-");
    for (int i = 0; i < set->count; i++)
        if (text_is_near(name, set->rows[i].name))
            return RAISE(ERROR_USAGE, "no option %s; did you mean --%s?", shown,
                         set->rows[i].name);
    return RAISE(ERROR_USAGE, "no option %s; see 'dufm %s --help'", shown,
                 set->command->name);
}

static enum error read_real(const struct given *given, const char *text, char **end,
                            double *out) {
    errno = 0;
    *out = strtod(text, end);
    if (*end == text || errno == ERANGE || !isfinite(*out))
        return RAISE(ERROR_USAGE, "%s takes a number, not '%s'", given->shown,
                     given->value);
    return ERROR_NONE;
}

static enum error read_one_real(const struct given *given) {
    char *end;
    double value;
    TRY(read_real(given, given->value, &end, &value));
    if (*end != '\0')
        return RAISE(ERROR_USAGE, "%s takes a number, not '%s'", given->shown,
                     given->value);
    *(double *)given->row->target = value;
    return ERROR_NONE;
}

static enum error read_integer(const struct given *given) {
    char *end;
    errno = 0;
    long value = strtol(given->value, &end, 10);
    if (end == given->value || *end != '\0' || errno == ERANGE || value != (int)value)
        return RAISE(ERROR_USAGE, "%s takes a whole number, not '%s'", given->shown,
                     given->value);
    *(int *)given->row->target = (int)value;
    return ERROR_NONE;
}

static enum error read_reals(const struct given *given) {
    struct option_reals list = {0};
    const int most = (int)(sizeof list.values / sizeof *list.values);
    const char *text = given->value;
    for (;;) {
        char *end;
        if (list.count == most)
            return RAISE(ERROR_USAGE, "%s takes at most %d numbers", given->shown, most);
        TRY(read_real(given, text, &end, &list.values[list.count++]));
        if (*end == '\0') break;
        if (*end != ',')
            return RAISE(ERROR_USAGE, "%s takes numbers with commas between, not '%s'",
                         given->shown, given->value);
        text = end + 1;
    }
    *(struct option_reals *)given->row->target = list;
    return ERROR_NONE;
}

static enum error take_value(const struct given *given) {
    switch (given->row->type) {
    case OPTION_FLAG:
        *(bool *)given->row->target = true;
        return ERROR_NONE;
    case OPTION_TEXT:
        *(const char **)given->row->target = given->value;
        return ERROR_NONE;
    case OPTION_INTEGER:
        return read_integer(given);
    case OPTION_REAL:
        return read_one_real(given);
    case OPTION_REALS:
        return read_reals(given);
    }
    return ERROR_NONE;
}

/* Recognize argv[at]; a value may follow as "=value", or, for letters, directly. */
static enum error recognize(const struct option_set *set, const char *argument,
                            struct given *out) {
    *out = (struct given){.shown = argument};
    if (argument[1] == '-') {
        const char *name = argument + 2;
        size_t length = strcspn(name, "=");
        out->row = find_name(set, name, length);
        if (name[length] == '=') out->value = name + length + 1;
    } else {
        out->row = find_letter(set, argument[1]);
        if (argument[2] != '\0') out->value = argument + 2;
    }
    return out->row != NULL ? ERROR_NONE : unknown(set, argument);
}

/* Find the option's value, in this argument or the next (*at moves), and store it. */
static enum error accept(struct given *given, int argc, char **argv, int *at) {
    bool flag = given->row->type == OPTION_FLAG;
    if (flag && given->value != NULL)
        return RAISE(ERROR_USAGE, "--%s takes no value", given->row->name);
    if (!flag && given->value == NULL) {
        if (*at + 1 >= argc)
            return RAISE(ERROR_USAGE, "%s needs a value: %s", given->shown,
                         given->row->value);
        given->value = argv[++*at];
    }
    return take_value(given);
}

/* Print the help if it is asked for anywhere, in the form asked for. */
static bool help(const struct option_set *set, int argc, char **argv) {
    static const struct {
        const char *option;
        void (*print)(const struct option_set *);
    } forms[] = {{"--help", usage_text},
                 {"-h", usage_text},
                 {"--help=man", usage_manual},
                 {"--help=completion", usage_completion}};
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
            if (strcmp(argv[i], forms[f].option) == 0) {
                forms[f].print(set);
                return true;
            }
    return false;
}

enum error option_parse(const struct option_set *set, int argc, char **argv,
                        const char **positional, int limit, int *found, bool *helped) {
    *found = 0;
    *helped = help(set, argc, argv);
    if (*helped) return ERROR_NONE;
    bool options_end = false;
    for (int at = 1; at < argc; at++) {
        const char *argument = argv[at];
        if (!options_end && strcmp(argument, "--") == 0) {
            options_end = true;
        } else if (!options_end && argument[0] == '-' && argument[1] != '\0') {
            struct given given;
            TRY(recognize(set, argument, &given));
            TRY(accept(&given, argc, argv, &at));
        } else if (*found == limit) {
            return RAISE(ERROR_USAGE, "one argument too many: '%s'; usage: dufm %s%s%s",
                         argument, set->command->name,
                         *set->command->arguments ? " " : "", set->command->arguments);
        } else {
            positional[(*found)++] = argument;
        }
    }
    return ERROR_NONE;
}

int option_show(const struct command *command, const char *form) {
    char name[32], option[32];
    snprintf(name, sizeof name, "%s", command->name);
    snprintf(option, sizeof option, "%s", form);
    char *arguments[] = {name, option, NULL};
    return command->run(2, arguments);
}

int option_fail(const struct command *command, enum error code) {
    fprintf(stderr, "dufm %s: %s\n", command->name, error_message());
    return error_exit_code(code);
}

/* Manual pages: the tables of the commands as roff with the man macros. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "dufm/command.h"
#include "dufm/launch.h"
#include "usage.h"

/* Text that roff takes literally: no escapes, no requests, hyphens that can be copied. */
static void print_literal(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (i == 0 && (text[i] == '.' || text[i] == '\'')) fputs("\\&", stdout);
        if (text[i] == '\\')
            fputs("\\e", stdout);
        else if (text[i] == '-')
            fputs("\\-", stdout);
        else
            putchar(text[i]);
    }
}

static void print_line(const char *text) {
    print_literal(text, strlen(text));
    putchar('\n');
}

/* ".TH DUFM-SHOW 1 ..." and the name. */
static void print_title(const char *name, const char *summary) {
    char upper[64];
    size_t length = strnlen(name, sizeof upper - 1);
    for (size_t i = 0; i < length; i++)
        upper[i] = (char)toupper((unsigned char)name[i]);
    upper[length] = '\0';
    printf(".TH %s 1 \"\" \"dufm %s\" \"dufm\"\n.nh\n.SH NAME\n", upper,
           launch_revision());
    print_literal(name, length);
    fputs(" \\- ", stdout);
    print_line(summary);
}

static void print_exits(void) {
    puts(".SH EXIT STATUS");
    for (const struct usage_exit *exit = usage_exits; exit->meaning != NULL; exit++) {
        printf(".TP\n%d\n", exit->code);
        print_line(exit->meaning);
    }
}

/* "dufm(1), dufm-plan(1), ...", without the page itself. */
static void print_see_also(const char *self) {
    puts(".SH SEE ALSO");
    bool comma = self != NULL;
    if (self != NULL) fputs(".BR dufm (1)", stdout);
    for (int i = 0; command_table[i] != NULL; i++) {
        const char *name = command_table[i]->name;
        if (self != NULL && strcmp(name, self) == 0) continue;
        printf("%s.BR dufm\\-%s (1)", comma ? ",\n" : "", name);
        comma = true;
    }
    putchar('\n');
}

static bool is_examples(const char *line, size_t length) {
    return length == 9 && strncmp(line, "Examples:", length) == 0;
}

/* Where the rendering of --help's paragraphs stands. */
struct details {
    bool literal;   /* inside lines that are kept as they are */
    bool paragraph; /* an empty line came */
};

static void print_detail(struct details *at, const char *line, size_t length) {
    enum { INDENT = 2 }; /* of lines that are kept as they are */
    bool literal = length > INDENT && strncmp(line, "  ", INDENT) == 0;
    if (length == 0) {
        at->paragraph = true;
        return;
    }
    if (at->literal && !literal) puts(".EE");
    if (is_examples(line, length))
        puts(".SH EXAMPLES");
    else if (at->paragraph || at->literal != literal)
        puts(literal && at->literal ? "" : ".PP");
    if (literal && !at->literal) puts(".EX");
    *at = (struct details){.literal = literal};
    if (is_examples(line, length)) return;
    print_literal(literal ? line + INDENT : line, literal ? length - INDENT : length);
    putchar('\n');
}

/* Paragraphs are filled; indented lines are kept; "Examples:" is a section. */
static void print_details(const char *text) {
    struct details at = {.paragraph = true};
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        print_detail(&at, text, length);
        text += length + (text[length] == '\n');
    }
    if (at.literal) puts(".EE");
}

static void print_option(const struct option_row *row) {
    fputs(".TP\n", stdout);
    if (row->letter) printf("\\fB\\-%c\\fR, ", row->letter);
    fputs("\\fB\\-\\-", stdout);
    print_literal(row->name, strlen(row->name));
    fputs("\\fR", stdout);
    if (row->value != NULL) {
        fputs(" \\fI", stdout);
        print_literal(row->value, strlen(row->value));
        fputs("\\fR", stdout);
    }
    putchar('\n');
    print_line(row->help);
}

void usage_manual(const struct option_set *set) {
    const struct command *command = set->command;
    char name[64];
    snprintf(name, sizeof name, "dufm-%s", command->name);
    print_title(name, command->summary);
    printf(".SH SYNOPSIS\n\\fBdufm %s\\fR", command->name);
    if (*command->arguments) fputs(" ", stdout);
    print_literal(command->arguments, strlen(command->arguments));
    puts(set->count > 0 ? " [\\fIOPTIONS\\fR]" : "");
    puts(".SH OPTIONS");
    for (int i = 0; i < set->count; i++)
        print_option(&set->rows[i]);
    const struct option_row help = {
        .name = "help", .letter = 'h', .help = "print this help"};
    print_option(&help);
    puts(".SH DESCRIPTION");
    printf("%s.\n", command->summary);
    if (command->details != NULL) print_details(command->details);
    print_exits();
    print_see_also(command->name);
}

void usage_overview_manual(void) {
    print_title("dufm", "sweeps of the deep unconstrained features model over MPI");
    puts(
        ".SH SYNOPSIS\n\\fBdufm\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
        ".SH DESCRIPTION\n"
        "Spreads a grid of configurations of the deep unconstrained features model over\n"
        "MPI ranks, optimizes each, and writes every loss and all singular values of\n"
        "every layer into one HDF5 file, which is also valid netCDF\\-4.\n"
        ".SH COMMANDS");
    for (int i = 0; command_table[i] != NULL; i++) {
        printf(".TP\n.BR dufm\\-%s (1)\n", command_table[i]->name);
        print_line(command_table[i]->summary);
    }
    print_exits();
    print_see_also(NULL);
}

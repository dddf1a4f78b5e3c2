/* dufm show: the rows of a result file as a table for people, as CSV or as JSON lines;
 * chosen, sorted, or aggregated. */
#include "show.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/command.h"

static int run(int argc, char **argv);

const struct command command_show = {
    .name = "show",
    .summary = "Show results: choose columns and rows, sort, average; as text, CSV, JSON",
    .arguments = "FILE.h5",
    .details =
        "A column is a variable of the file with one value a row (loss), one element of\n"
        "a variable with more (rank_mean_post[2,1]), a whole list of them (lambdas), or\n"
        "row, loss_ratio (loss / loss_dnc), loss_ratio_srg (loss / loss_srg), "
        "least_rank\n"
        "(least rank of the class means after the ReLU over the hidden layers, relative\n"
        "tolerance 1e-3). Indices count from 0 as in the file: layer 0 is W_1. Negative\n"
        "ones count from the end; on layer, [-1] is the last layer of each row's own\n"
        "depth. --names lists all.\n\n"
        "Without --columns the table has the parameters that vary and what came out; "
        "CSV\n"
        "and JSON have every scalar. Undefined values are '-', nothing, or null. While "
        "a\n"
        "job writes the file, rows that are not finished show their parameters only.\n\n"
        "A condition compares columns, numbers and names of values: = != < <= > >=, in\n"
        "[a, b], + - * /, and, or, not, parentheses.\n\n"
        "With --by, rows with equal values of these columns form a group: count (rows\n"
        "that are done), share_X (of each ending X among them, with Wilson's 95 % "
        "interval\n"
        "from share_X_from to share_X_to), and _mean and _sd (sample deviation) of the\n"
        "finite values of the --columns. --sort takes these names.\n\n"
        "Examples:\n"
        "  dufm show phase.h5 --where 'depth = 4 and lambda < 0.01' --sort -loss\n"
        "  dufm show phase.h5 --columns 'seed,loss,nc2_frame_post[-1]' --limit 20\n"
        "  dufm show phase.h5 --where 'outcome = dnc or loss / loss_dnc < 0.95' --csv\n"
        "  dufm show phase.h5 --by depth,width --columns loss,steps --sort -share_dnc\n"
        "  dufm show phase.h5 --jsonl --columns row,loss | jq .loss\n",
    .run = run};

enum {
    LIMIT_FALLBACK = 100, /* lines of a table */
    LIMIT_NOT_GIVEN = INT_MIN,
};

struct show_order show_order_of(const char *sort) {
    bool descending = *sort == '-';
    return (struct show_order){sort + descending, descending};
}

static int compare_keys(const void *one, const void *other) {
    const struct show_key *a = one, *b = other;
    if (isnan(a->key) != isnan(b->key)) return isnan(a->key) ? 1 : -1;
    if (a->key < b->key) return -1;
    if (a->key > b->key) return 1;
    return (a->index > b->index) - (a->index < b->index);
}

void show_sort(struct show_key *keys, uint64_t count, bool descending) {
    for (uint64_t i = 0; i < count && descending; i++)
        keys[i].key = -keys[i].key;
    if (count > 0) qsort(keys, count, sizeof *keys, compare_keys);
}

static void print_name(const char *name, const char *meaning, const char *units) {
    bool plain = units == NULL || strcmp(units, "1") == 0;
    printf("%-40s  %s%s%s%s\n", name, meaning, plain ? "" : " (", plain ? "" : units,
           plain ? "" : ")");
}

enum error show_names(const struct reader *reader) {
    struct reader_variable variable;
    const struct column_derived *made;
    for (int at = 0; reader_next(reader, &at, &variable);) {
        char name[COLUMN_NAME + 64];
        size_t used = (size_t)snprintf(name, sizeof name, "%s", variable.name);
        for (int i = 0; i < variable.rank && used < sizeof name; i++)
            used +=
                (size_t)snprintf(name + used, sizeof name - used, "%s%s %zu%s",
                                 i == 0 ? "[" : ", ", variable.dimensions[i],
                                 variable.lengths[i], i + 1 == variable.rank ? "]" : "");
        print_name(name, variable.long_name, variable.units);
    }
    for (int at = 0; (made = column_next_derived(reader, &at));)
        print_name(made->name, made->long_name, NULL);
    return fflush(stdout) ? RAISE(ERROR_SYSTEM, "cannot write the names: %m")
                          : ERROR_NONE;
}

/* The options that are flags, as given. */
struct flags {
    bool csv, jsonl, names;
};

static enum error check(struct show_request *request, const struct flags *flags) {
    if (flags->csv && flags->jsonl)
        return RAISE(ERROR_USAGE, "--csv and --jsonl are both given; keep one");
    request->format = flags->csv     ? TABULAR_CSV
                      : flags->jsonl ? TABULAR_JSONL
                                     : TABULAR_TEXT;
    if (request->limit < 0 && request->limit != LIMIT_NOT_GIVEN)
        return RAISE(ERROR_USAGE, "--limit takes a number of rows, or 0 for all");
    if (request->limit == LIMIT_NOT_GIVEN)
        request->limit = request->format == TABULAR_TEXT ? LIMIT_FALLBACK : 0;
    return ERROR_NONE;
}

static enum error parse(int argc, char **argv, struct show_request *request,
                        struct flags *flags, bool *helped) {
    const struct option_row rows[] = {
        {"columns", 'c', OPTION_TEXT, &request->columns, "A,B[i,j],..",
         "columns to show; with --by: to average"},
        {"where", 'w', OPTION_TEXT, &request->where, "CONDITION",
         "only rows where it holds"},
        {"sort", 's', OPTION_TEXT, &request->sort, "COLUMN",
         "least value first; -COLUMN: largest first"},
        {"by", 'b', OPTION_TEXT, &request->by, "A,B,..",
         "one line for all rows with equal values of these columns"},
        {"csv", 0, OPTION_FLAG, &flags->csv, NULL,
         "comma-separated, exact numbers, lists with ';'"},
        {"jsonl", 0, OPTION_FLAG, &flags->jsonl, NULL, "one JSON object a line"},
        {"limit", 'n', OPTION_INTEGER, &request->limit, "N",
         "at most N lines; 0: all (a table 100, else all)"},
        {"names", 0, OPTION_FLAG, &flags->names, NULL,
         "list the columns of the file and their meaning"},
    };
    const struct option_set set = {&command_show, rows, sizeof rows / sizeof *rows};
    int found;
    TRY(option_parse(&set, argc, argv, &request->path, 1, &found, helped));
    if (*helped) return ERROR_NONE;
    if (found == 0)
        return RAISE(ERROR_USAGE, "no result file given; see 'dufm show --help'");
    return check(request, flags);
}

static enum error show(const struct show_request *request, const struct flags *flags) {
    struct reader *reader;
    TRY(reader_open(request->path, &reader));
    enum error error = flags->names  ? show_names(reader)
                       : request->by ? show_groups(request, reader)
                                     : show_rows(request, reader);
    reader_close(&reader);
    return error;
}

static int run(int argc, char **argv) {
    struct show_request request = {.limit = LIMIT_NOT_GIVEN};
    struct flags flags = {0};
    bool helped = false;
    enum error error = parse(argc, argv, &request, &flags, &helped);
    if (helped) return EXIT_CODE_OK;
    if (!error) error = show(&request, &flags);
    return error ? option_fail(&command_show, error) : EXIT_CODE_OK;
}

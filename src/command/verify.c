/* dufm verify: is a result file whole? Every row's status, identity and checksum. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/command.h"
#include "dufm/contain.h"
#include "dufm/kind.h"
#include "dufm/memory.h"
#include "dufm/reader.h"
#include "dufm/survey.h"

static int run(int argc, char **argv);

const struct command command_verify = {
    .name = "verify",
    .summary = "Check every byte of a result file",
    .arguments = "FILE.h5",
    .details =
        "Names each bad row with its parameters and what is wrong, and what else is\n"
        "wrong with the file, a line each, and exits with 1; exits with 0 when nothing\n"
        "is. Also while a job writes the file. Of rows that are not done only the\n"
        "parameters are checked. 'dufm run' computes bad rows again; 'dufm salvage' "
        "moves\n"
        "the good ones to a new file where the file itself is damaged.\n\n"
        "Keys of --json:\n"
        "  file, rows, whole  the file, its rows, whether nothing is wrong\n"
        "  status             rows by pending, running, done, failed, quarantined\n"
        "  bad                how many rows are bad\n"
        "  faults             of the first 1000: row, point (its parameters), and fault\n"
        "                     (status, identity, checksum, padding or place)\n"
        "  damage             what else is wrong with the file, in sentences\n"
        "  error              why it cannot be read: then there are file, whole (false)\n"
        "                     and this alone\n\n"
        "Examples:\n"
        "  dufm verify phase.h5\n"
        "  dufm verify phase.h5 --json | jq .whole\n",
    .run = run};

enum { BLOCK_ROWS = 4096, STATUSES = STATUS_QUARANTINED + 1, FAULTS_LISTED = 1000 };

/* What is asked for, and what was found. */
struct verification {
    const char *path;
    bool json;
    struct reader *reader; /* owned */
    json_t *faults;        /* of --json; owned */
    json_t *damage;        /* ... not of a row; owned */
    uint64_t rows, bad, damages;
    uint64_t status[STATUSES];
};

static const struct {
    const char *name, *text;
} faults[ROW_FAULTS] = {
    [ROW_BAD_STATUS] = {"status", "has a status that does not exist"},
    [ROW_BAD_IDENTITY] = {"identity",
                          "has parameters that are not those of its point_id"},
    [ROW_BAD_CHECKSUM] = {"checksum", "holds values that are not those of its checksum"},
    [ROW_BAD_PADDING] = {"padding", "holds something beyond its own lengths"},
    [ROW_BAD_PLACE] = {"place", "has a grid_index that is not its place in the grid"}};

static void report(struct verification *found, uint64_t row, int fault) {
    char point[256] = "";
    const struct sweep *sweep;
    found->bad++;
    if (reader_is_measured(found->reader))
        reader_strings(found->reader, "source_file", row, 1, point, sizeof point);
    else if (reader_sweep(found->reader, &sweep) == ERROR_NONE)
        survey_describe_row(found->reader, sweep, row, point, sizeof point);
    if (!found->json) {
        printf("row %llu %s (%s)\n", (unsigned long long)row, faults[fault].text, point);
    } else if (json_array_size(found->faults) < FAULTS_LISTED) {
        json_array_append_new(found->faults,
                              json_pack("{s:I, s:s, s:s}", "row", (json_int_t)row,
                                        "point", point, "fault", faults[fault].name));
    }
}

/* The file itself is damaged. */
static void report_damage(void *context, const char *text) {
    struct verification *found = context;
    found->damages++;
    if (!found->json)
        printf("the file: %s\n", text);
    else if (json_array_size(found->damage) < FAULTS_LISTED)
        json_array_append_new(found->damage, json_string(text));
}

/* One block of rows. */
struct block {
    int8_t bad[BLOCK_ROWS];
    int status[BLOCK_ROWS];
};

static enum error verify_block(struct reader *reader, uint64_t first, uint64_t count,
                               struct block *block, struct verification *found) {
    TRY(reader_integers(reader, "status", first, count, block->status));
    TRY(reader_verify_rows(reader, first, count, block->bad));
    for (uint64_t i = 0; i < count; i++) {
        int status = block->status[i];
        if (status >= 0 && status < STATUSES) found->status[status]++;
        if (block->bad[i] != ROW_FINE) report(found, first + i, block->bad[i]);
    }
    return ERROR_NONE;
}

static enum error verify_rows(struct reader *reader, struct verification *found) {
    void *block;
    TRY(memory_allocate(1, sizeof(struct block), &block));
    enum error error = ERROR_NONE;
    found->rows = reader_count(reader);
    for (uint64_t first = 0; first < found->rows && !error; first += BLOCK_ROWS) {
        uint64_t left = found->rows - first;
        error = verify_block(reader, first, left < BLOCK_ROWS ? left : BLOCK_ROWS, block,
                             found);
    }
    free(block);
    return error;
}

static void print_text(const struct verification *found) {
    printf("%s: %llu rows (", found->path, (unsigned long long)found->rows);
    const char *comma = "";
    for (int i = 0; i < STATUSES; i++) {
        if (found->status[i] == 0) continue;
        printf("%s%llu %s", comma, (unsigned long long)found->status[i],
               reader_flag_name("status", i));
        comma = ", ";
    }
    if (found->bad + found->damages == 0)
        puts("): whole");
    else if (found->damages == 0)
        printf("): damaged, %llu bad\n", (unsigned long long)found->bad);
    else
        printf("): damaged, %llu bad; the file itself is damaged or changed\n",
               (unsigned long long)found->bad);
}

static enum error print_json(struct verification *found) {
    json_t *status = json_object();
    for (int i = 0; i < STATUSES; i++)
        json_object_set_new(status, reader_flag_name("status", i),
                            json_integer((json_int_t)found->status[i]));
    json_t *root =
        json_pack("{s:s, s:I, s:b, s:o, s:I, s:O, s:O}", "file", found->path, "rows",
                  (json_int_t)found->rows, "whole", found->bad + found->damages == 0,
                  "status", status, "bad", (json_int_t)found->bad, "faults",
                  found->faults, "damage", found->damage);
    if (root == NULL)
        return RAISE(ERROR_SYSTEM, "cannot put the findings into JSON: out of memory, or "
                                   "the path is not valid UTF-8");
    int failed = json_dumpf(root, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
    json_decref(root);
    return failed ? RAISE(ERROR_SYSTEM, "cannot write to the standard output")
                  : ERROR_NONE;
}

static enum error print(struct verification *found) {
    if (found->json)
        TRY(print_json(found));
    else
        print_text(found);
    if (fflush(stdout))
        return RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    return ERROR_NONE;
}

/* Of a file that cannot be read, too, there is an object: who asks for one parses it. */
static int fail(const struct verification *found, enum error error) {
    if (found->json) {
        json_t *root = json_pack("{s:s, s:b, s:s}", "file", found->path, "whole", false,
                                 "error", error_message());
        if (root && !json_dumpf(root, stdout, JSON_INDENT(2))) putchar('\n');
        json_decref(root);
        fflush(stdout);
    }
    return option_fail(&command_verify, error);
}

static enum error read_all(struct verification *found) {
    TRY(reader_open(found->path, &found->reader));
    TRY(reader_verify_file(found->reader, report_damage, found));
    return verify_rows(found->reader, found);
}

/* The exit code. */
static int verify(struct verification *found) {
    found->faults = json_array();
    found->damage = json_array();
    enum error error = read_all(found);
    int code = found->bad + found->damages > 0 ? EXIT_CODE_ERROR : EXIT_CODE_OK;
    if (error)
        code = fail(found, error);
    else if ((error = print(found)))
        code = option_fail(&command_verify, error);
    json_decref(found->faults);
    json_decref(found->damage);
    reader_close(&found->reader);
    return code;
}

static int verify_in_child(void *context) {
    return verify(context);
}

/* What decodes the file may fall over a damaged one: its death is a finding. */
static int verify_contained(struct verification *found) {
    const struct containment work = {found->path, verify_in_child, found};
    int code;
    enum error error = contain(&work, &code);
    return error ? fail(found, error) : code;
}

static int run(int argc, char **argv) {
    struct verification found = {0};
    const struct option_row rows[] = {
        {"json", 0, OPTION_FLAG, &found.json, NULL, "as a JSON object"}};
    const struct option_set set = {&command_verify, rows, sizeof rows / sizeof *rows};
    int count;
    bool helped;
    enum error error = option_parse(&set, argc, argv, &found.path, 1, &count, &helped);
    if (!error && !helped && count == 0)
        error = RAISE(ERROR_USAGE, "no result file given; see 'dufm verify --help'");
    if (error) return option_fail(&command_verify, error);
    return helped ? EXIT_CODE_OK : verify_contained(&found);
}

/* dufm verify: is a result file whole? Every row's status, identity and checksum. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/command.h"
#include "dufm/kind.h"
#include "dufm/memory.h"
#include "dufm/reader.h"
#include "dufm/survey.h"

static int run(int argc, char **argv);

const struct command command_verify = {
    .name = "verify",
    .summary = "Check every row of a result file against its identity and checksum",
    .arguments = "FILE.h5",
    .details =
        "Names each bad row with its parameters and what is wrong, a line each, and\n"
        "exits with 1; exits with 0 when nothing is. Also while a job writes the file.\n"
        "Rows that are not done are checked as far as they are written.\n\n"
        "Keys of --json:\n"
        "  file, rows, whole  the file, its rows, whether none is bad\n"
        "  status             rows by pending, running, done, failed, quarantined\n"
        "  bad                how many rows are bad\n"
        "  faults             of the first 1000: row, point (its parameters), and fault\n"
        "                     (status, identity or checksum)\n\n"
        "Examples:\n"
        "  dufm verify phase.h5\n"
        "  dufm verify phase.h5 --json | jq .whole\n",
    .run = run};

enum { BLOCK_ROWS = 4096, STATUSES = STATUS_QUARANTINED + 1, FAULTS_LISTED = 1000 };

/* What is asked for, and what was found. */
struct verification {
    const char *path;
    bool json;
    struct sweep *sweep; /* of the file, for the parameters of a row; owned */
    json_t *faults;      /* of --json; owned */
    uint64_t rows, bad;
    uint64_t status[STATUSES];
};

static const struct {
    const char *name, *text;
} faults[] = {
    [ROW_BAD_STATUS] = {"status", "has a status that does not exist"},
    [ROW_BAD_IDENTITY] = {"identity",
                          "has parameters that are not those of its point_id"},
    [ROW_BAD_CHECKSUM] = {"checksum", "holds values that are not those of its checksum"}};

static void report(struct verification *found, uint64_t row, int fault) {
    char point[256] = "";
    found->bad++;
    if (row < grid_count(found->sweep))
        survey_describe_row(found->sweep, row, point, sizeof point);
    if (!found->json) {
        printf("row %llu %s (%s)\n", (unsigned long long)row, faults[fault].text, point);
    } else if (json_array_size(found->faults) < FAULTS_LISTED) {
        json_array_append_new(found->faults,
                              json_pack("{s:I, s:s, s:s}", "row", (json_int_t)row,
                                        "point", point, "fault", faults[fault].name));
    }
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
    if (found->bad == 0)
        puts("): whole");
    else
        printf("): damaged, %llu bad\n", (unsigned long long)found->bad);
}

static enum error print_json(struct verification *found) {
    json_t *status = json_object();
    for (int i = 0; i < STATUSES; i++)
        json_object_set_new(status, reader_flag_name("status", i),
                            json_integer((json_int_t)found->status[i]));
    json_t *root =
        json_pack("{s:s, s:I, s:b, s:o, s:I, s:O}", "file", found->path, "rows",
                  (json_int_t)found->rows, "whole", found->bad == 0, "status", status,
                  "bad", (json_int_t)found->bad, "faults", found->faults);
    if (root == NULL)
        return RAISE(ERROR_SYSTEM, "cannot put the findings into JSON: out of memory, or "
                                   "the path is not valid UTF-8");
    int failed = json_dumpf(root, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
    json_decref(root);
    return failed ? RAISE(ERROR_SYSTEM, "cannot write to the standard output")
                  : ERROR_NONE;
}

static enum error read_sweep(struct reader *reader, struct verification *found) {
    char *text;
    TRY(reader_text(reader, "sweep_text", &text));
    enum error error = sweep_parse("the file's sweep", text, strlen(text), &found->sweep);
    free(text);
    return error;
}

static enum error verify(struct verification *found) {
    struct reader *reader;
    TRY(reader_open(found->path, &reader));
    found->faults = json_array();
    enum error error = read_sweep(reader, found);
    if (!error) error = verify_rows(reader, found);
    if (!error && found->json)
        error = print_json(found);
    else if (!error)
        print_text(found);
    if (!error && fflush(stdout))
        error = RAISE(ERROR_SYSTEM, "cannot write to the standard output: %m");
    json_decref(found->faults);
    sweep_destroy(&found->sweep);
    reader_close(&reader);
    return error;
}

/* The library that decodes the file may fall over a damaged one: it does so in a child
 * process, whose death is a finding. */
static int verify_in_child(struct verification *found) {
    pid_t child = fork();
    if (child < 0)
        return option_fail(&command_verify,
                           RAISE(ERROR_SYSTEM, "cannot start a process: %m"));
    if (child == 0) {
        enum error error = verify(found);
        int code = found->bad > 0 ? EXIT_CODE_ERROR : EXIT_CODE_OK;
        if (error) code = option_fail(&command_verify, error);
        fflush(NULL);
        _exit(code);
    }
    int status;
    if (waitpid(child, &status, 0) != child)
        return option_fail(&command_verify,
                           RAISE(ERROR_SYSTEM, "lost the verifying process: %m"));
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    return option_fail(&command_verify,
                       RAISE(ERROR_STORE,
                             "%s is damaged: reading it died of signal %d (%s)",
                             found->path, WTERMSIG(status), strsignal(WTERMSIG(status))));
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
    return helped ? EXIT_CODE_OK : verify_in_child(&found);
}

/* dufm show: the rows of a result file as a table for people, or as CSV. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "dufm/command.h"
#include "dufm/memory.h"
#include "dufm/reader.h"

static int run(int argc, char **argv);

const struct command command_show = {
    .name = "show",
    .summary = "Show the table of results in a terminal, or as CSV",
    .arguments = "FILE.h5",
    .details =
        "The table has the parameters that vary and what came out; 'rank' is that\n"
        "of the class means after the ReLU in the narrowest hidden layer, at a\n"
        "relative tolerance of 1e-3. CSV has every scalar of the file.\n\n"
        "Examples:\n"
        "  dufm show phase.h5 --limit 20\n"
        "  dufm show phase.h5 --csv > phase.csv\n",
    .run = run};

enum { LIMIT_FALLBACK = 100 }; /* rows of a table */

/* The texts of a block, column by column. */
static enum error fill_block(const struct view *view, struct reader *reader,
                             uint64_t first, uint64_t count, cell_text *cells) {
    for (int c = 0; c < view->count; c++) {
        const struct column *column = &view->columns[c];
        TRY(column->fill(column, reader, first, count, cells + c * BLOCK_ROWS));
    }
    return ERROR_NONE;
}

/* Width of each column: of its title and its longest text in the first block. */
static void measure(const struct view *view, uint64_t count, cell_text *cells,
                    int *widths) {
    for (int c = 0; c < view->count; c++) {
        size_t width = strlen(view->columns[c].title);
        for (uint64_t i = 0; i < count; i++) {
            size_t length = strlen(cells[(size_t)c * BLOCK_ROWS + i]);
            if (length > width) width = length;
        }
        widths[c] = (int)width;
    }
}

static void print_line(const struct view *view, const int *widths,
                       const char *const *texts) {
    for (int c = 0; c < view->count; c++)
        if (view->csv)
            printf("%s%s", c > 0 ? "," : "", texts[c]);
        else
            printf("%s%*s", c > 0 ? "  " : "", widths[c], texts[c]);
    putchar('\n');
}

static void print_titles(const struct view *view, const int *widths) {
    const char *texts[COLUMNS_MAX];
    for (int c = 0; c < view->count; c++)
        texts[c] = view->columns[c].title;
    print_line(view, widths, texts);
}

static void print_block(const struct view *view, const int *widths, uint64_t count,
                        cell_text *cells) {
    const char *texts[COLUMNS_MAX];
    for (uint64_t i = 0; i < count; i++) {
        for (int c = 0; c < view->count; c++)
            texts[c] = cells[(size_t)c * BLOCK_ROWS + i];
        print_line(view, widths, texts);
    }
}

static enum error print_rows(const struct view *view, struct reader *reader) {
    int widths[COLUMNS_MAX] = {0};
    void *cells;
    TRY(memory_allocate((size_t)view->count * BLOCK_ROWS, sizeof(cell_text), &cells));
    enum error error = ERROR_NONE;
    for (uint64_t first = 0; first < view->rows; first += BLOCK_ROWS) {
        uint64_t left = view->rows - first;
        uint64_t count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        TRY_OR(cleanup, error, fill_block(view, reader, first, count, cells));
        if (first == 0) {
            measure(view, count, cells, widths);
            print_titles(view, widths);
        }
        print_block(view, widths, count, cells);
    }
cleanup:
    free(cells);
    return error;
}

static enum error show(struct view *view, struct reader *reader, int limit) {
    uint64_t total = reader_count(reader);
    view->rows = limit > 0 && (uint64_t)limit < total ? (uint64_t)limit : total;
    if (view->csv)
        column_choose_csv(view, reader);
    else
        TRY(column_choose_table(view, reader));
    TRY(print_rows(view, reader));
    if (fflush(stdout)) return RAISE(ERROR_SYSTEM, "cannot write the table: %m");
    if (view->rows < total && !view->csv)
        fprintf(stderr, "%llu of %llu rows; --limit 0 shows all\n",
                (unsigned long long)view->rows, (unsigned long long)total);
    return ERROR_NONE;
}

static int run(int argc, char **argv) {
    struct view view = {0};
    int limit = -1, found;
    bool helped;
    const char *path;
    const struct option_row rows[] = {
        {"csv", 0, OPTION_FLAG, &view.csv, NULL, "every scalar, comma-separated"},
        {"limit", 'n', OPTION_INTEGER, &limit, "N",
         "show the first N rows; 0: all (default 100, all as CSV)"}};
    const struct option_set set = {&command_show, rows, sizeof rows / sizeof *rows};
    enum error error = option_parse(&set, argc, argv, &path, 1, &found, &helped);
    if (!error && helped) return EXIT_CODE_OK;
    if (!error && found == 0) error = RAISE(ERROR_USAGE, "no result file given");
    if (limit < 0) limit = view.csv ? 0 : LIMIT_FALLBACK;
    struct reader *reader = NULL;
    if (!error) error = reader_open(path, &reader);
    if (!error) error = show(&view, reader, limit);
    reader_close(&reader);
    return error ? option_fail(&command_show, error) : EXIT_CODE_OK;
}

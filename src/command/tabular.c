#include "tabular.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "dufm/memory.h"

struct tabular {
    struct tabular_layout layout;
    int *widths;  /* size layout.count */
    int shown;    /* columns that fit, once measured */
    int kept;     /* rows in `texts` */
    char **texts; /* size TABULAR_MEASURED x layout.count: the rows that are measured;
                     NULL once they are out */
};

int tabular_terminal_width(void) {
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0) return 0;
    return size.ws_col;
}

/* A title such as rank_mean_post[2,1] is quoted. */
static void print_csv_titles(const struct tabular_layout *layout) {
    for (int c = 0; c < layout->count; c++) {
        const char *quote = strchr(layout->titles[c], ',') ? "\"" : "";
        printf("%s%s%s%s", c > 0 ? "," : "", quote, layout->titles[c], quote);
    }
    putchar('\n');
}

enum error tabular_create(const struct tabular_layout *layout, struct tabular **out) {
    void *memory, *widths = NULL, *texts = NULL;
    size_t count = (size_t)layout->count;
    TRY(memory_allocate(1, sizeof **out, &memory));
    struct tabular *table = memory;
    enum error error = memory_allocate(count + 1, sizeof *table->widths, &widths);
    if (!error && layout->format == TABULAR_TEXT)
        error = memory_allocate(TABULAR_MEASURED * count + 1, sizeof(char *), &texts);
    *table = (struct tabular){
        .layout = *layout, .widths = widths, .shown = layout->count, .texts = texts};
    if (!error && layout->format == TABULAR_CSV) print_csv_titles(layout);
    *out = table;
    if (error) tabular_destroy(out);
    return error;
}

void tabular_destroy(struct tabular **table) {
    if (*table == NULL) return;
    size_t count = (size_t)(*table)->kept * (size_t)(*table)->layout.count;
    for (size_t i = 0; (*table)->texts != NULL && i < count; i++)
        free((*table)->texts[i]);
    free((*table)->texts);
    free((*table)->widths);
    free(*table);
    *table = NULL;
}

/* ---- text ---- */

static void print_line(const struct tabular *table, const char *const *texts) {
    for (int c = 0; c < table->shown; c++)
        printf("%s%*s", c > 0 ? "  " : "", table->widths[c], texts[c]);
    putchar('\n');
}

static void widen(struct tabular *table, int column, const char *text) {
    int length = (int)strlen(text);
    if (length > table->widths[column]) table->widths[column] = length;
}

/* Leave out columns at the end until a line fits; the first one always stays. */
static void fit(struct tabular *table) {
    int total = -2;
    for (int c = 0; c < table->layout.count; c++)
        total += table->widths[c] + 2;
    if (table->layout.width == 0) return;
    while (table->shown > 1 && total > table->layout.width)
        total -= table->widths[--table->shown] + 2;
}

/* Print the titles and the rows that were kept to be measured. */
static void release_kept(struct tabular *table) {
    int count = table->layout.count;
    for (int c = 0; c < count; c++)
        widen(table, c, table->layout.titles[c]);
    fit(table);
    print_line(table, table->layout.titles);
    for (int i = 0; i < table->kept; i++)
        print_line(table,
                   (const char *const *)(table->texts + (size_t)i * (size_t)count));
    for (size_t i = 0; i < (size_t)table->kept * (size_t)count; i++)
        free(table->texts[i]);
    free(table->texts);
    table->texts = NULL;
    table->kept = 0;
}

static enum error keep_row(struct tabular *table, const struct cell *cells) {
    int count = table->layout.count;
    char **texts = table->texts + (size_t)table->kept * (size_t)count;
    for (int c = 0; c < count; c++) {
        char text[CELL_TEXT];
        cell_format(&cells[c], false, text);
        widen(table, c, text);
        texts[c] = strdup(text);
        if (texts[c] == NULL) return RAISE(ERROR_SYSTEM, "no memory for the table");
    }
    if (++table->kept == TABULAR_MEASURED) release_kept(table);
    return ERROR_NONE;
}

static void print_row(const struct tabular *table, const struct cell *cells) {
    for (int c = 0; c < table->shown; c++) {
        char text[CELL_TEXT];
        cell_format(&cells[c], false, text);
        printf("%s%*s", c > 0 ? "  " : "", table->widths[c], text);
    }
    putchar('\n');
}

/* ---- CSV and JSON ---- */

static void print_csv_row(const struct tabular *table, const struct cell *cells) {
    for (int c = 0; c < table->layout.count; c++) {
        char text[CELL_TEXT];
        if (c > 0) putchar(',');
        if (cells[c].kind != COLUMN_LIST) {
            cell_format(&cells[c], true, text);
            fputs(text, stdout);
            continue;
        }
        for (size_t i = 0; i < cells[c].count; i++) { /* of any length */
            struct cell number = cell_of_number(COLUMN_REAL, cells[c].list[i]);
            cell_format(&number, true, text);
            printf("%s%s", i > 0 ? ";" : "", text);
        }
    }
    putchar('\n');
}

static enum error print_json_row(const struct tabular *table, const struct cell *cells) {
    json_t *object = json_object();
    int failed = object == NULL;
    for (int c = 0; c < table->layout.count && !failed; c++)
        failed =
            json_object_set_new(object, table->layout.titles[c], cell_json(&cells[c]));
    failed = failed || json_dumpf(object, stdout, JSON_COMPACT) || putchar('\n') == EOF;
    json_decref(object);
    return failed ? RAISE(ERROR_SYSTEM, "cannot make or write a line of JSON")
                  : ERROR_NONE;
}

enum error tabular_row(struct tabular *table, const struct cell *cells) {
    if (table->layout.format == TABULAR_JSONL) return print_json_row(table, cells);
    if (table->layout.format == TABULAR_CSV)
        print_csv_row(table, cells);
    else if (table->texts != NULL)
        return keep_row(table, cells);
    else
        print_row(table, cells);
    return ferror(stdout) ? RAISE(ERROR_SYSTEM, "cannot write the table: %m")
                          : ERROR_NONE;
}

enum error tabular_finish(struct tabular *table) {
    if (table->texts != NULL) release_kept(table);
    if (fflush(stdout) || ferror(stdout))
        return RAISE(ERROR_SYSTEM, "cannot write the table: %m");
    if (table->shown == table->layout.count) return ERROR_NONE;
    fprintf(stderr, "left out to fit the terminal:");
    for (int c = table->shown; c < table->layout.count; c++)
        fprintf(stderr, " %s", table->layout.titles[c]);
    fprintf(stderr, "; --columns chooses\n");
    return ERROR_NONE;
}

#include "column.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/given.h"
#include "dufm/memory.h"
#include "dufm/result.h"
#include "dufm/sweep.h"

static void format_real(const struct column *column, double value, cell_text cell) {
    if (column->exact)
        snprintf(cell, CELL_TEXT, "%.17g", value);
    else if (isnan(value))
        snprintf(cell, CELL_TEXT, "-");
    else
        snprintf(cell, CELL_TEXT, "%.6g", value);
}

static enum error fill_reals(const struct column *column, struct reader *reader,
                             uint64_t first, uint64_t count, cell_text *cells) {
    double values[BLOCK_ROWS];
    TRY(reader_doubles(reader, column->variable, first, count, values));
    for (uint64_t i = 0; i < count; i++)
        format_real(column, values[i], cells[i]);
    return ERROR_NONE;
}

static enum error fill_integers(const struct column *column, struct reader *reader,
                                uint64_t first, uint64_t count, cell_text *cells) {
    int values[BLOCK_ROWS];
    TRY(reader_integers(reader, column->variable, first, count, values));
    for (uint64_t i = 0; i < count; i++)
        if (values[i] < 0 && !column->exact) /* undefined: nothing counted is negative */
            snprintf(cells[i], CELL_TEXT, "-");
        else
            snprintf(cells[i], CELL_TEXT, "%d", values[i]);
    return ERROR_NONE;
}

static enum error fill_flags(const struct column *column, struct reader *reader,
                             uint64_t first, uint64_t count, cell_text *cells) {
    int values[BLOCK_ROWS];
    TRY(reader_integers(reader, column->variable, first, count, values));
    for (uint64_t i = 0; i < count; i++)
        snprintf(cells[i], CELL_TEXT, "%s",
                 reader_flag_name(column->variable, values[i]));
    return ERROR_NONE;
}

static enum error fill_texts(const struct column *column, struct reader *reader,
                             uint64_t first, uint64_t count, cell_text *cells) {
    return reader_strings(reader, column->variable, first, count, cells[0], CELL_TEXT);
}

static enum error fill_row_numbers(const struct column *column, struct reader *reader,
                                   uint64_t first, uint64_t count, cell_text *cells) {
    (void)column;
    (void)reader;
    for (uint64_t i = 0; i < count; i++)
        snprintf(cells[i], CELL_TEXT, "%llu", (unsigned long long)(first + i));
    return ERROR_NONE;
}

static enum error fill_loss_ratio(const struct column *column, struct reader *reader,
                                  uint64_t first, uint64_t count, cell_text *cells) {
    double loss[BLOCK_ROWS], dnc[BLOCK_ROWS];
    TRY(reader_doubles(reader, "loss", first, count, loss));
    TRY(reader_doubles(reader, "loss_dnc", first, count, dnc));
    for (uint64_t i = 0; i < count; i++)
        format_real(column, loss[i] / dnc[i], cells[i]);
    return ERROR_NONE;
}

/* Least rank over the hidden layers l = 2..L of one row; -1 where there is none. */
static int least_rank(const int *ranks, size_t layers) {
    enum { TOLERANCE = 2 }; /* rank_tolerances[2] = 1e-3 */
    int least = -1;
    for (size_t l = 1; l < layers; l++) {
        int rank = ranks[l * TOLERANCE_COUNT + TOLERANCE];
        if (rank >= 0 && (least < 0 || rank < least)) least = rank;
    }
    return least;
}

static enum error fill_rank(const struct column *column, struct reader *reader,
                            uint64_t first, uint64_t count, cell_text *cells) {
    size_t width = reader_cells(reader, column->variable);
    void *memory;
    TRY(memory_allocate(count * width, sizeof(int), &memory));
    const int *ranks = memory;
    enum error error = reader_integers(reader, column->variable, first, count, memory);
    for (uint64_t i = 0; i < count && !error; i++) {
        int least = least_rank(ranks + i * width, width / TOLERANCE_COUNT);
        snprintf(cells[i], CELL_TEXT, least < 0 ? "-" : "%d", least);
    }
    free(memory);
    return error;
}

static void add_column(struct view *view, const char *title, const char *variable,
                       column_fill *fill) {
    if (view->count == COLUMNS_MAX) return;
    view->columns[view->count++] = (struct column){
        .title = title, .variable = variable, .fill = fill, .exact = view->csv};
}

/* Parameters in which the points of the sweep that made the file differ. */
static void add_axes(struct view *view, const struct sweep *sweep) {
    static column_fill *const fills[] = {[PARAMETER_INTEGER] = fill_integers,
                                         [PARAMETER_REAL] = fill_reals,
                                         [PARAMETER_CHOICE] = fill_flags};
    const struct parameter *varying[GIVEN_MAX];
    int count = sweep_varying(sweep, varying);
    for (int i = 0; i < count; i++)
        if (varying[i]->type != PARAMETER_LAYERS)
            add_column(view, varying[i]->name, varying[i]->stored_name,
                       fills[varying[i]->type]);
}

static enum error add_swept_parameters(struct view *view, struct reader *reader) {
    char *text;
    struct sweep *sweep;
    TRY(reader_text(reader, "sweep_text", &text));
    enum error error = sweep_parse("the file's sweep", text, strlen(text), &sweep);
    free(text);
    TRY(error);
    add_axes(view, sweep);
    sweep_destroy(&sweep);
    return ERROR_NONE;
}

enum error column_choose_table(struct view *view, struct reader *reader) {
    add_column(view, "row", NULL, fill_row_numbers);
    TRY(add_swept_parameters(view, reader));
    add_column(view, "status", "status", fill_flags);
    add_column(view, "outcome", "outcome", fill_flags);
    add_column(view, "stopped by", "stop_reason", fill_flags);
    add_column(view, "steps", "steps", fill_integers);
    add_column(view, "loss", "loss", fill_reals);
    add_column(view, "loss_dnc", "loss_dnc", fill_reals);
    add_column(view, "loss/dnc", NULL, fill_loss_ratio);
    add_column(view, "rank", "rank_mean_post", fill_rank);
    add_column(view, "seconds", "wall_time", fill_reals);
    return ERROR_NONE;
}

void column_choose_csv(struct view *view, const struct reader *reader) {
    static column_fill *const fills[] = {[SCALAR_REAL] = fill_reals,
                                         [SCALAR_INTEGER] = fill_integers,
                                         [SCALAR_FLAG] = fill_flags,
                                         [SCALAR_TEXT] = fill_texts};
    struct scalar scalars[COLUMNS_MAX];
    int count = reader_scalars(reader, scalars, COLUMNS_MAX);
    for (int i = 0; i < count; i++)
        add_column(view, scalars[i].name, scalars[i].name, fills[scalars[i].kind]);
}

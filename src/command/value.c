#include "value.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/kind.h"
#include "dufm/memory.h"
#include "dufm/result.h"

enum error value_row_number(const struct column *column, struct reader *reader,
                            const struct column_rows *rows, void *out) {
    double *values = out;
    (void)column;
    (void)reader;
    for (uint64_t i = 0; i < rows->span.count; i++)
        values[i] = (double)(rows->span.first + i);
    return ERROR_NONE;
}

/* Undefined integers are -1 in the file: nothing that is counted there is negative. */
static void mark_undefined(double *values, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        if (values[i] < 0) values[i] = (double)NAN;
}

static enum error read_element(const struct column *column, struct reader *reader,
                               const size_t *element, const struct reader_rows *rows,
                               double *out) {
    TRY(reader_elements(reader, column->variable.name, element, rows, out));
    if (column->variable.kind == READER_INTEGER) mark_undefined(out, rows->count);
    return ERROR_NONE;
}

/* Places counted from the end, but those on `layer`, which depend on the row. */
static void find_element(const struct column *column, size_t element[READER_RANK_MAX]) {
    for (int i = 0; i < column->variable.rank; i++) {
        int index = column->index[i];
        element[i] =
            index >= 0 ? (size_t)index : column->variable.lengths[i] - (size_t)(-index);
    }
}

enum error value_element(const struct column *column, struct reader *reader,
                         const struct column_rows *rows, void *out) {
    size_t element[READER_RANK_MAX];
    find_element(column, element);
    return read_element(column, reader, element, &rows->span, out);
}

/* Rows of depth L have their last layer in place L - 1: read each layer that is
 * somebody's and keep it for those. The first dimension is `layer`. */
enum error value_from_last_layer(const struct column *column, struct reader *reader,
                                 const struct column_rows *rows, void *out) {
    uint64_t count = rows->span.count;
    size_t element[READER_RANK_MAX];
    void *memory;
    double *values = out;
    find_element(column, element);
    TRY(memory_allocate(count, sizeof(double), &memory));
    const double *layer = memory;
    enum error error = ERROR_NONE;
    for (uint64_t i = 0; i < count; i++)
        values[i] = (double)NAN;
    for (size_t l = 0; l < column->variable.lengths[0] && !error; l++) {
        bool wanted = false;
        for (uint64_t i = 0; i < count && !wanted; i++)
            wanted = rows->depth[i] + column->index[0] == (double)l;
        if (!wanted) continue;
        element[0] = l;
        error = read_element(column, reader, element, &rows->span, memory);
        for (uint64_t i = 0; i < count && !error; i++)
            if (rows->depth[i] + column->index[0] == (double)l) values[i] = layer[i];
    }
    free(memory);
    return error;
}

enum error value_list(const struct column *column, struct reader *reader,
                      const struct column_rows *rows, void *out) {
    uint64_t count = rows->span.count * column->variable.lengths[0];
    TRY(reader_doubles(reader, column->variable.name, rows->span.first, rows->span.count,
                       out));
    if (column->variable.kind == READER_INTEGER) mark_undefined(out, count);
    return ERROR_NONE;
}

/* The bytes behind each text are zero, so that equal texts are equal bytes. */
enum error value_text(const struct column *column, struct reader *reader,
                      const struct column_rows *rows, void *out) {
    memset(out, 0, rows->span.count * COLUMN_TEXT_BYTES);
    return reader_strings(reader, column->variable.name, rows->span.first,
                          rows->span.count, out, COLUMN_TEXT_BYTES);
}

/* The layers of all rows are the same: places from the end are those of the variable. */
enum error value_layer_text(const struct column *column, struct reader *reader,
                            const struct column_rows *rows, void *out) {
    char text[COLUMN_TEXT_BYTES] = "", *texts = out;
    size_t element[READER_RANK_MAX] = {0};
    find_element(column, element);
    TRY(reader_layer_text(reader, column->variable.name, element[0], text, sizeof text));
    size_t length = strlen(text);
    memset(text + length, 0, sizeof text - length);
    for (uint64_t i = 0; i < rows->span.count; i++)
        memcpy(texts + i * sizeof text, text, sizeof text);
    return ERROR_NONE;
}

/* The loss over that of a reference. */
static enum error ratio_to(const char *variable, struct reader *reader,
                           const struct column_rows *rows, double *values) {
    uint64_t count = rows->span.count;
    void *memory;
    TRY(reader_elements(reader, "loss", NULL, &rows->span, values));
    TRY(memory_allocate(count, sizeof(double), &memory));
    const double *reference = memory;
    enum error error = reader_elements(reader, variable, NULL, &rows->span, memory);
    for (uint64_t i = 0; i < count && !error; i++)
        values[i] /= reference[i];
    free(memory);
    return error;
}

enum error value_loss_ratio(const struct column *column, struct reader *reader,
                            const struct column_rows *rows, void *out) {
    (void)column;
    return ratio_to("loss_dnc", reader, rows, out);
}

enum error value_loss_ratio_srg(const struct column *column, struct reader *reader,
                                const struct column_rows *rows, void *out) {
    (void)column;
    return ratio_to("loss_srg", reader, rows, out);
}

/* Least rank of the class means over the hidden layers l = 2..L; layer l is in place
 * l - 1. */
enum error value_least_rank(const struct column *column, struct reader *reader,
                            const struct column_rows *rows, void *out) {
    enum { TOLERANCE = 2 }; /* rank_tolerances[2] = 1e-3 */
    static const char variable[] = "rank_mean_post";
    uint64_t count = rows->span.count;
    size_t cells = reader_cells(reader, variable);
    double *values = out;
    void *memory;
    (void)column;
    for (uint64_t i = 0; i < count; i++)
        values[i] = (double)NAN;
    TRY(memory_allocate(count, sizeof(double), &memory));
    const double *ranks = memory;
    enum error error = ERROR_NONE;
    for (size_t l = 1; l < cells / TOLERANCE_COUNT && !error; l++) {
        size_t element[] = {l, TOLERANCE};
        error = reader_elements(reader, variable, element, &rows->span, memory);
        for (uint64_t i = 0; i < count && !error; i++)
            if (ranks[i] >= 0 && !(values[i] <= ranks[i])) values[i] = ranks[i];
    }
    free(memory);
    return error;
}

/* What a job may be writing this moment is undefined. */
static void hide_unfinished(const struct column *column, const struct column_rows *rows,
                            unsigned char *out) {
    for (uint64_t i = 0; i < rows->span.count; i++) {
        if (rows->status[i] > STATUS_RUNNING) continue;
        if (column->kind == COLUMN_TEXT) {
            memset(out + i * column->stride, 0, column->stride);
            continue;
        }
        double *values = (void *)(out + i * column->stride);
        for (size_t k = 0; k < column->stride / sizeof *values; k++)
            values[k] = (double)NAN;
    }
}

enum error column_read(const struct column *column, struct reader *reader,
                       const struct column_rows *rows, void *out) {
    if (strcmp(column->title, "status") == 0) {
        memcpy(out, rows->status, rows->span.count * sizeof *rows->status);
        return ERROR_NONE;
    }
    TRY(column->fill(column, reader, rows, out));
    if (column->variable.result) hide_unfinished(column, rows, out);
    return ERROR_NONE;
}

#include "frame.h"

#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"

enum { FRAME_BYTES = 64 << 20 }; /* at most, unless a single row is larger */

static enum error grow(struct frame *frame) {
    enum { STEP = 16 };
    if (frame->count < frame->capacity) return ERROR_NONE;
    size_t size = (size_t)frame->capacity + STEP;
    void *columns = realloc(frame->columns, size * sizeof *frame->columns);
    if (columns) frame->columns = columns;
    if (!columns) return RAISE(ERROR_SYSTEM, "no memory for %zu columns", size);
    frame->capacity = (int)size;
    return ERROR_NONE;
}

enum error frame_add(struct frame *frame, const char *name, int *index) {
    struct column column;
    for (*index = 0; *index < frame->count; ++*index)
        if (strcmp(frame->columns[*index].title, name) == 0) return ERROR_NONE;
    TRY(column_resolve(name, frame->reader, &column));
    TRY(grow(frame));
    frame->columns[frame->count++] = column;
    return ERROR_NONE;
}

enum error frame_add_list(struct frame *frame, const char *list) {
    while (list != NULL) {
        char name[COLUMN_NAME];
        enum error error;
        int index;
        list = column_split(list, name, &error);
        TRY(error);
        TRY(frame_add(frame, name, &index));
    }
    return ERROR_NONE;
}

enum error frame_prepare(struct frame *frame, uint64_t most) {
    size_t bytes = 2 * sizeof(double);
    void *memory;
    for (int c = 0; c < frame->count; c++)
        bytes += frame->columns[c].stride;
    frame->rows = FRAME_BYTES / bytes < most ? FRAME_BYTES / bytes : most;
    if (frame->rows == 0) frame->rows = 1;
    TRY(memory_allocate((size_t)frame->count + 1, sizeof *frame->values, &memory));
    frame->values = memory;
    TRY(memory_allocate(frame->rows, sizeof(double), &memory));
    frame->status = memory;
    TRY(memory_allocate(frame->rows, sizeof(double), &memory));
    frame->depth = memory;
    for (int c = 0; c < frame->count; c++) {
        TRY(memory_allocate(frame->rows, frame->columns[c].stride, &memory));
        frame->values[c] = memory;
    }
    return ERROR_NONE;
}

enum error frame_read(struct frame *frame, uint64_t first, uint64_t count) {
    struct column_rows rows = {{first, count}, frame->status, frame->depth};
    TRY(reader_elements(frame->reader, "status", NULL, &rows.span, frame->status));
    TRY(reader_elements(frame->reader, "depth", NULL, &rows.span, frame->depth));
    for (int c = 0; c < frame->count; c++)
        TRY(column_read(&frame->columns[c], frame->reader, &rows, frame->values[c]));
    return ERROR_NONE;
}

void frame_copy(struct frame *frame, uint64_t to, const struct frame *source,
                uint64_t from) {
    for (int c = 0; c < frame->count; c++) {
        size_t stride = frame->columns[c].stride;
        memcpy(frame->values[c] + to * stride, frame_value(source, from, c), stride);
    }
}

const void *frame_value(const struct frame *frame, uint64_t slot, int column) {
    return frame->values[column] + slot * frame->columns[column].stride;
}

double frame_number(const struct frame *frame, uint64_t slot, int column) {
    return *(const double *)frame_value(frame, slot, column);
}

void frame_release(struct frame *frame) {
    for (int c = 0; frame->values != NULL && c < frame->count; c++)
        free(frame->values[c]);
    free(frame->values);
    free(frame->status);
    free(frame->depth);
    free(frame->columns);
    *frame = (struct frame){0};
}

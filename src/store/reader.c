#include "dufm/reader.h"

#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "reading.h"

enum error reader_open(const char *path, struct reader **out) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct reader), &memory));
    struct reader *reader = memory;
    enum error error = identity_open(path, &reader->table);
    if (error) {
        free(reader);
        return error;
    }
    *out = reader;
    return ERROR_NONE;
}

void reader_close(struct reader **reader) {
    if (!*reader) return;
    table_close(&(*reader)->table); /* nothing was written: nothing can be lost */
    free(*reader);
    *reader = NULL;
}

uint64_t reader_count(const struct reader *reader) {
    return reader->table.lengths.of[DIMENSION_CONFIG];
}

enum error reader_text(struct reader *reader, const char *attribute, char **out) {
    return hdf_read_text(reader->table.file, attribute, out);
}

/* Index of a variable that the file has, or -1. */
static int find(const struct reader *reader, const char *name) {
    int index = schema_find(name);
    return index >= 0 && reader->table.variable[index] >= 0 ? index : -1;
}

size_t reader_cells(const struct reader *reader, const char *variable) {
    int index = find(reader, variable);
    if (index < 0) return 0;
    return variable_cells(&schema_get()->variables[index], &reader->table.lengths);
}

static enum error name_span(const struct reader *reader, const char *variable,
                            struct span *span) {
    span->variable = find(reader, variable);
    if (span->variable >= 0) return ERROR_NONE;
    return RAISE(ERROR_STORE, "the result file has no variable '%s'", variable);
}

enum error reader_doubles(struct reader *reader, const char *variable, uint64_t first,
                          uint64_t count, double *out) {
    struct span span = {.first = first, .count = count};
    TRY(name_span(reader, variable, &span));
    return table_read_as(&reader->table, &span, H5T_NATIVE_DOUBLE, out);
}

enum error reader_integers(struct reader *reader, const char *variable, uint64_t first,
                           uint64_t count, int *out) {
    struct span span = {.first = first, .count = count};
    TRY(name_span(reader, variable, &span));
    return table_read_as(&reader->table, &span, H5T_NATIVE_INT, out);
}

enum error reader_strings(struct reader *reader, const char *variable, uint64_t first,
                          uint64_t count, char *out, size_t size) {
    struct span span = {.first = first, .count = count};
    TRY(name_span(reader, variable, &span));
    size_t length = reader_cells(reader, variable);
    void *memory;
    TRY(memory_allocate(count, length, &memory));
    const char *texts = memory;
    enum error error = table_read(&reader->table, &span, memory);
    for (uint64_t i = 0; i < count && !error; i++) {
        size_t used = strnlen(texts + i * length, length);
        if (used >= size) used = size - 1;
        memcpy(out + i * size, texts + i * length, used);
        out[i * size + used] = '\0';
    }
    free(memory);
    return error;
}

int reader_launch_count(const struct reader *reader) {
    int count;
    return table_launches(&reader->table, &count) ? 0 : count;
}

enum error reader_launch(struct reader *reader, int index, struct launch *out) {
    const struct schema *schema = schema_get();
    const struct lengths *lengths = &reader->table.lengths;
    *out = (struct launch){0};
    if (index < 0 || index >= LAUNCH_ROWS)
        return RAISE(ERROR_STORE, "there is no launch %d", index);
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (variable->phase != PHASE_LAUNCH) continue;
        struct span span = {i, (uint64_t)index, 1};
        char *field = (char *)out + variable->offset;
        TRY(table_read(&reader->table, &span, field));
        if (variable->cell == CELL_CHARACTER)
            field[variable_bytes(variable, lengths) - 1] = '\0';
    }
    return ERROR_NONE;
}

const char *reader_flag_name(const char *variable, int value) {
    int index = schema_find(variable);
    const char *const *flags = index < 0 ? NULL : schema_get()->variables[index].flags;
    for (int i = 0; flags && flags[i]; i++)
        if (i == value) return flags[i];
    return "unknown";
}

static void describe(const struct reader *reader, const struct variable *variable,
                     struct reader_variable *out) {
    static const enum reader_kind kinds[] = {[CELL_BYTE] = READER_FLAG,
                                             [CELL_INTEGER] = READER_INTEGER,
                                             [CELL_REAL] = READER_REAL,
                                             [CELL_CHARACTER] = READER_TEXT};
    bool text = variable->cell == CELL_CHARACTER;
    *out = (struct reader_variable){.name = variable->name,
                                    .long_name = variable->long_name,
                                    .units = variable->units,
                                    .kind = kinds[variable->cell],
                                    .result = variable->phase == PHASE_DATA ||
                                              variable->phase == PHASE_CHECKSUM,
                                    .rank = text ? 0 : variable_rank(variable) - 1,
                                    .flags = variable->flags};
    for (int i = 0; i < out->rank; i++) {
        enum dimension dimension = variable->dimensions[i + 1];
        out->dimensions[i] = dimension_names[dimension];
        out->lengths[i] = reader->table.lengths.of[dimension];
    }
}

bool reader_next(const struct reader *reader, int *next, struct reader_variable *out) {
    const struct schema *schema = schema_get();
    for (int i = *next; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (reader->table.variable[i] < 0 || variable->dimensions[0] != DIMENSION_CONFIG)
            continue;
        describe(reader, variable, out);
        *next = i + 1;
        return true;
    }
    return false;
}

bool reader_find(const struct reader *reader, const char *name,
                 struct reader_variable *out) {
    for (int at = 0; reader_next(reader, &at, out);)
        if (strcmp(out->name, name) == 0) return true;
    return false;
}

enum error reader_elements(struct reader *reader, const char *variable,
                           const size_t *element, const struct reader_rows *rows,
                           double *out) {
    struct span span = {.first = rows->first, .count = rows->count};
    TRY(name_span(reader, variable, &span));
    return table_read_elements(&reader->table, &span, element, out);
}

#include "dufm/reader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "origin.h"
#include "reading.h"
#include "restore.h"

enum error reader_open(const char *path, struct reader **out) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct reader), &memory));
    struct reader *reader = memory;
    enum error error = identity_open(path, &reader->table);
    if (error) {
        free(reader);
        return error;
    }
    error = coordinates_open(&reader->table, &reader->coordinates);
    if (error)
        reader_close(&reader);
    else
        *out = reader;
    return error;
}

bool reader_is_measured(const struct reader *reader) {
    return reader->table.lengths.measured;
}

void reader_close(struct reader **reader) {
    if (!*reader) return;
    coordinates_close(&(*reader)->coordinates);
    table_close(&(*reader)->table); /* nothing was written: nothing can be lost */
    sweep_destroy(&(*reader)->sweep);
    free(*reader);
    *reader = NULL;
}

uint64_t reader_count(const struct reader *reader) {
    return reader->table.lengths.of[DIMENSION_CONFIG];
}

enum error reader_text(struct reader *reader, const char *attribute, char **out) {
    return hdf_read_text(reader->table.file, attribute, out);
}

enum error reader_sweep(struct reader *reader, const struct sweep **out) {
    if (!reader->sweep)
        TRY(identity_sweep(&reader->table, "the file's sweep", &reader->sweep));
    *out = reader->sweep;
    return ERROR_NONE;
}

enum error reader_point(struct reader *reader, uint64_t row, struct point *out) {
    struct origin origin = origin_of_table(&reader->table);
    struct block block;
    TRY(block_create(&block, &reader->table.lengths, block_of_parameters, 1));
    block.count = 1;
    enum error error = origin_read_rows(&origin, row, &block);
    if (!error && !restore_point(&block, 0, out))
        error = RAISE(ERROR_STORE, "row %llu has parameters that no point has",
                      (unsigned long long)row);
    block_destroy(&block);
    return error;
}

/* Index of a variable that the file has, or -1. */
static int find(const struct reader *reader, const char *name) {
    int index = schema_find(name);
    return index >= 0 && reader->table.variable[index] >= 0 ? index : -1;
}

size_t reader_cells(const struct reader *reader, const char *variable) {
    int index = find(reader, variable);
    if (coordinates_find(&reader->coordinates, variable) >= 0) return 1;
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
    int given = coordinates_find(&reader->coordinates, variable);
    if (given >= 0)
        return coordinates_read(&reader->coordinates, given, first, count, out);
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

enum error reader_layer_text(struct reader *reader, const char *variable, size_t layer,
                             char *out, size_t size) {
    return reader_strings(reader, variable, layer, 1, out, size);
}

int reader_launch_count(const struct reader *reader) {
    struct origin origin = origin_of_table(&reader->table);
    int count;
    return origin_launches(&origin, &count) ? 0 : count;
}

enum error reader_launch(struct reader *reader, int index, struct launch *out) {
    const struct schema *schema = schema_get();
    const struct lengths *lengths = &reader->table.lengths;
    *out = (struct launch){.use = {NAN, NAN, NAN}};
    if (index < 0 || (uint64_t)index >= lengths->of[DIMENSION_LAUNCH])
        return RAISE(ERROR_STORE, "there is no launch %d", index);
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (variable->source != SOURCE_LAUNCH || !variable_exists(variable, lengths))
            continue;
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
    int rows = variable->dimensions[0] == DIMENSION_CONFIG;
    *out = (struct reader_variable){.name = variable->name,
                                    .long_name = variable->long_name,
                                    .units = variable->units,
                                    .kind = kinds[variable->cell],
                                    .result = variable->phase == PHASE_DATA ||
                                              variable->phase == PHASE_CHECKSUM,
                                    .shared = !rows,
                                    .rank = variable_rank(variable) - rows - text,
                                    .flags = variable->flags};
    for (int i = 0; i < out->rank; i++) {
        enum dimension dimension = variable->dimensions[i + rows];
        out->dimensions[i] = dimension_names[dimension];
        out->lengths[i] = reader->table.lengths.of[dimension];
    }
}

bool reader_next(const struct reader *reader, int *next, struct reader_variable *out) {
    const struct schema *schema = schema_get();
    for (int i = *next; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        bool shown = variable->dimensions[0] == DIMENSION_CONFIG ||
                     variable->dimensions[0] == DIMENSION_LAYER;
        if (reader->table.variable[i] < 0 || !shown) continue;
        describe(reader, variable, out);
        *next = i + 1;
        return true;
    }
    int given = *next > schema->count ? *next - schema->count : 0;
    if (given >= reader->coordinates.count) return false;
    *out = (struct reader_variable){.name = reader->coordinates.list[given].name,
                                    .long_name = COORDINATE_LONG_NAME,
                                    .units = "1",
                                    .kind = READER_REAL};
    *next = schema->count + given + 1;
    return true;
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
    if (coordinates_find(&reader->coordinates, variable) >= 0)
        return reader_doubles(reader, variable, rows->first, rows->count, out);
    TRY(name_span(reader, variable, &span));
    return table_read_elements(&reader->table, &span, element, out);
}

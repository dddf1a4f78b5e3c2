/* Lengths, sizes and fill values of the table's variables. */
#include <math.h>
#include <string.h>

#include "layout.h"
#include "schema.h"

/* Hashes and files are little-endian; a big-endian machine would have to swap. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian machine");

const char *const dimension_names[DIMENSION_COUNT] = {
    [DIMENSION_CONFIG] = "config",
    [DIMENSION_LAUNCH] = "launch",
    [DIMENSION_LAYER] = "layer",
    [DIMENSION_INDEX] = "index",
    [DIMENSION_CLASS_ROW] = "class_row",
    [DIMENSION_CLASS_COLUMN] = "class_column",
    [DIMENSION_TOLERANCE] = "tolerance",
    [DIMENSION_RECORD] = "record",
    [DIMENSION_ROW] = "row",
    [DIMENSION_COLUMN] = "column",
    [DIMENSION_SAMPLE] = "sample",
    [DIMENSION_HASH] = "hash_length",
    [DIMENSION_TEXT] = "text_length",
    [DIMENSION_LONG_TEXT] = "long_text_length",
    [DIMENSION_LAYOUT] = "layout_length",
    [DIMENSION_FEATURE_ROW] = "row",
};

static struct lengths lengths_of_extent(const struct extent *extent) {
    uint64_t classes = extent->gram ? (uint64_t)extent->class_ : 0;
    bool weights = extent->row > 0;
    return (struct lengths){
        .version = SCHEMA_VERSION,
        .of = {
            [DIMENSION_CONFIG] = 1,
            [DIMENSION_LAUNCH] = LAUNCH_ROWS,
            [DIMENSION_LAYER] = (uint64_t)extent->layer,
            [DIMENSION_INDEX] = (uint64_t)extent->index,
            [DIMENSION_CLASS_ROW] = classes,
            [DIMENSION_CLASS_COLUMN] = classes,
            [DIMENSION_TOLERANCE] = TOLERANCE_COUNT,
            [DIMENSION_RECORD] = (uint64_t)extent->record,
            [DIMENSION_ROW] = (uint64_t)extent->row,
            [DIMENSION_COLUMN] = (uint64_t)extent->column,
            [DIMENSION_SAMPLE] = weights ? (uint64_t)extent->sample : 0,
            [DIMENSION_HASH] = HASH_TEXT,
            [DIMENSION_TEXT] = LAUNCH_TEXT,
            [DIMENSION_LONG_TEXT] = LAUNCH_LONG_TEXT,
            [DIMENSION_FEATURE_ROW] = (uint64_t)extent->column,
        }};
}

struct lengths lengths_of_sweep(const struct sweep *sweep) {
    struct extent extent = extent_of_sweep(sweep);
    struct lengths lengths = lengths_of_extent(&extent);
    lengths.of[DIMENSION_CONFIG] = grid_count(sweep);
    lengths.of[DIMENSION_FEATURE_ROW] = lengths.of[DIMENSION_ROW];
    lengths.of[DIMENSION_LAYOUT] = layout_bytes(&lengths, sweep->text);
    return lengths;
}

struct lengths lengths_of_measured(const struct extent *extent) {
    struct lengths lengths = lengths_of_extent(extent);
    lengths.measured = lengths.dated = true;
    lengths.of[DIMENSION_LAUNCH] = 1;
    return lengths;
}

struct lengths lengths_enclose(const struct lengths *one, const struct lengths *other) {
    struct lengths lengths = {.version = one->version > other->version ? one->version
                                                                       : other->version,
                              .measured = one->measured,
                              .dated = one->dated};
    for (int d = 0; d < DIMENSION_COUNT; d++)
        lengths.of[d] = one->of[d] > other->of[d] ? one->of[d] : other->of[d];
    return lengths;
}

struct output lengths_output(const struct lengths *lengths) {
    return (struct output){.history = (int)lengths->of[DIMENSION_RECORD],
                           .gram = lengths->of[DIMENSION_CLASS_ROW] > 0,
                           .weights = lengths->of[DIMENSION_ROW] > 0};
}

struct lengths lengths_of_point(const struct point *point, const struct output *output) {
    struct extent extent = extent_of_point(point, output);
    return lengths_of_extent(&extent);
}

size_t cell_bytes(enum cell cell) {
    static const size_t bytes[] = {[CELL_BYTE] = sizeof(int8_t),
                                   [CELL_INTEGER] = sizeof(int32_t),
                                   [CELL_REAL] = sizeof(double),
                                   [CELL_CHARACTER] = 1};
    return bytes[cell];
}

const void *cell_fill(enum cell cell) {
    static const int8_t byte = 0;
    static const int32_t integer = -1;
    static const double real = (double)NAN;
    static const char character = '\0';
    static const void *const fills[] = {[CELL_BYTE] = &byte,
                                        [CELL_INTEGER] = &integer,
                                        [CELL_REAL] = &real,
                                        [CELL_CHARACTER] = &character};
    return fills[cell];
}

int variable_rank(const struct variable *variable) {
    int rank = 0;
    while (variable->dimensions[rank] != DIMENSION_NONE)
        rank++;
    return rank;
}

bool variable_exists(const struct variable *variable, const struct lengths *lengths) {
    if (variable->since > lengths->version) return false;
    if (lengths->measured ? !variable->measured : variable->source == SOURCE_MEASURED)
        return false;
    if (variable->dated && !lengths->dated) return false;
    for (const enum dimension *d = variable->dimensions; *d != DIMENSION_NONE; d++)
        if (lengths->of[*d] == 0) return false;
    return true;
}

size_t variable_cells(const struct variable *variable, const struct lengths *lengths) {
    size_t cells = 1;
    for (const enum dimension *d = variable->dimensions + 1; *d != DIMENSION_NONE; d++)
        cells *= lengths->of[*d];
    return cells;
}

size_t variable_bytes(const struct variable *variable, const struct lengths *lengths) {
    return variable_cells(variable, lengths) * cell_bytes(variable->cell);
}

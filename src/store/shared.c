/* Verifying what belongs to no single row of a file. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/reader.h"
#include "judge.h"
#include "origin.h"
#include "reading.h"
#include "seal.h"

/* Who is told. */
struct audience {
    reader_finding *tell;
    void *context;
};

__attribute__((format(printf, 2, 3))) static void tell(const struct audience *audience,
                                                       const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    audience->tell(audience->context, text);
}

static enum error check_tolerances(struct reader *reader,
                                   const struct audience *audience) {
    double tolerances[TOLERANCE_COUNT];
    struct span span = {schema_find("tolerance"), 0, TOLERANCE_COUNT};
    if (reader->table.lengths.of[DIMENSION_TOLERANCE] != TOLERANCE_COUNT) {
        tell(audience, "'tolerance' has another length than this program writes");
        return ERROR_NONE;
    }
    TRY(table_read(&reader->table, &span, tolerances));
    bool same = true;
    for (int i = 0; i < TOLERANCE_COUNT; i++)
        same = same && tolerances[i] == rank_tolerances[i];
    if (!same) tell(audience, "'tolerance' holds other values than this program writes");
    return ERROR_NONE;
}

/* A job that is killed at its start leaves a part of the next row: that one may hold
 * anything. */
static enum error check_launches(struct reader *reader, const struct audience *audience) {
    struct origin origin = origin_of_table(&reader->table);
    struct block block;
    int recorded; /* known first: a job may record another one meanwhile */
    int rows = (int)origin.lengths.of[DIMENSION_LAUNCH];
    TRY(origin_launches(&origin, &recorded));
    TRY(block_create(&block, &origin.lengths, block_of_launch, rows));
    block.count = rows;
    enum error error = origin_read_rows(&origin, 0, &block);
    for (int i = 0; i < rows && !error; i++)
        if (i < recorded && !judge_launch(&block, i))
            tell(audience, "launch %d holds values that are not those of its checksum",
                 i);
        else if (i > recorded && !block_is_blank(&block, i))
            tell(audience, "launch %d holds something, but there was none", i);
    block_destroy(&block);
    return error;
}

/* ---- the layout tables ---- */

/* Whether the table tells what HDF5 does. */
static bool is_right(const struct layout *layout, const struct table *table) {
    struct lengths lengths = table->lengths;
    for (int d = DIMENSION_CONFIG; d < DIMENSION_FEATURE_ROW; d++)
        if (layout->lengths.of[d] != lengths.of[d]) return false;
    for (int i = 0; i < schema_get()->count; i++) {
        uint64_t offset;
        if (table->variable[i] < 0) continue;
        if (table_offset(table, i, &offset) || offset != layout->offset[i]) return false;
    }
    return true;
}

/* Read one of the tables; an empty *layout where it does not hold. *moved: it is intact,
 * but the values lie elsewhere. */
static enum error read_layout(const struct table *table, const char *name,
                              struct layout *layout, bool *moved) {
    size_t bytes = table->lengths.of[DIMENSION_LAYOUT];
    void *data;
    struct span span = {schema_find(name), 0, bytes};
    *layout = (struct layout){0};
    TRY(memory_allocate(bytes, 1, &data));
    enum error error = table_read(table, &span, data);
    bool intact = !error && !layout_read(data, bytes, layout);
    *moved = intact && !is_right(layout, table);
    if (*moved) layout_release(layout);
    free(data);
    return error;
}

/* The file that is open: a job that grows it may have put another one in its place. */
static enum error check_structure(hid_t file, const struct layout *layout,
                                  const struct audience *audience) {
    int fd;
    uint64_t hash, bytes;
    TRY(hdf_descriptor(file, &fd));
    TRY(layout_hash_structure(fd, layout, &hash, &bytes));
    if (bytes != layout->file_bytes)
        tell(audience, "it has %llu bytes instead of %llu", (unsigned long long)bytes,
             (unsigned long long)layout->file_bytes);
    else if (hash != layout->structure)
        tell(audience, "bytes outside of the values are not those that were written");
    return ERROR_NONE;
}

/* A compact file has no table of where its values lie, but never changes either. */
static enum error check_seal(hid_t file, const struct audience *audience) {
    bool holds;
    if (!seal_exists(file)) {
        tell(audience, "it has neither a table of where its values lie nor a seal");
        return ERROR_NONE;
    }
    TRY(seal_check(file, &holds));
    if (!holds)
        tell(audience, "its bytes are not those that were sealed: they are damaged, or "
                       "another program has written it anew");
    return ERROR_NONE;
}

static enum error check_layouts(struct reader *reader, const struct audience *audience) {
    static const char *const names[] = {"layout", "layout_copy"};
    struct layout layouts[2] = {0};
    bool moved[2] = {false, false};
    enum error error = ERROR_NONE;
    for (int i = 0; i < 2 && !error; i++)
        error = read_layout(&reader->table, names[i], &layouts[i], &moved[i]);
    const struct layout *right = layouts[0].text ? &layouts[0] : &layouts[1];
    if (!error && moved[0] && moved[1])
        tell(audience,
             "another program has written it anew, as h5repack does: its values "
             "lie elsewhere than its tables say, with which 'dufm salvage' finds "
             "them; the rows are checked all the same");
    else
        for (int i = 0; i < 2 && !error; i++)
            if (!layouts[i].text)
                tell(audience, "'%s' is not the table of where its values lie", names[i]);
    if (!error && right->text)
        error = check_structure(reader->table.file, right, audience);
    for (int i = 0; i < 2; i++)
        layout_release(&layouts[i]);
    return error;
}

/* ---- the grid ---- */

/* Places of rows are checked with the rows; here, whether a point has none. */
static enum error check_grid(struct reader *reader, const struct audience *audience) {
    const struct sweep *sweep;
    uint64_t rows = reader_count(reader), placed = 0;
    void *memory;
    TRY(reader_sweep(reader, &sweep));
    TRY(memory_allocate(rows, sizeof(int32_t), &memory));
    const int32_t *places = memory;
    struct span span = {schema_find("grid_index"), 0, rows};
    struct origin origin = origin_of_table(&reader->table);
    enum error error = origin_read(&origin, &span, memory);
    for (uint64_t row = 0; row < rows && !error; row++)
        placed += places[row] != GRID_REMOVED;
    free(memory);
    if (!error && placed != grid_count(sweep))
        tell(audience, "%llu rows have a place in the sweep's grid of %llu points",
             (unsigned long long)placed, (unsigned long long)grid_count(sweep));
    return error;
}

enum error reader_verify_file(struct reader *reader, reader_finding *tell_finding,
                              void *context) {
    const struct audience audience = {tell_finding, context};
    bool measured = reader_is_measured(reader);
    bool sealed = measured ? seal_exists(reader->table.file)
                           : reader->table.lengths.of[DIMENSION_LAYOUT] == 0;
    if (sealed)
        TRY(check_seal(reader->table.file, &audience));
    else if (!measured)
        TRY(check_layouts(reader, &audience));
    TRY(check_tolerances(reader, &audience));
    TRY(check_launches(reader, &audience));
    return measured ? ERROR_NONE : check_grid(reader, &audience);
}

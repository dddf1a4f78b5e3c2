#include "origin.h"

#include <stdlib.h>
#include <string.h>

#include "rawfile.h"

struct origin origin_of_table(const struct table *table) {
    return (struct origin){.lengths = table->lengths, .table = table, .fd = -1};
}

struct origin origin_of_bytes(int fd, const struct layout *layout) {
    return (struct origin){.lengths = layout->lengths, .layout = layout, .fd = fd};
}

/* A piece that is damaged costs the rows in it, whose checksums 0 cannot satisfy; where it
 * holds many, the others of the run are read one by one. What the system does not read may be
 * whole: an error. */
static enum error read_pieces(const struct table *table, const struct span *span,
                              void *values) {
    size_t row =
        variable_bytes(&schema_get()->variables[span->variable], &table->lengths);
    enum error error = table_read(table, span, values);
    if (error != ERROR_STORE) return error;
    for (uint64_t i = 0; i < span->count; i++) {
        struct span one = {span->variable, span->first + i, 1};
        char *place = (char *)values + i * row;
        error = table_read(table, &one, place);
        if (error != ERROR_STORE) TRY(error);
        if (error) memset(place, 0, row);
    }
    return ERROR_NONE;
}

enum error origin_read(const struct origin *origin, const struct span *span,
                       void *values) {
    if (origin->table && !origin->table->pieces)
        return table_read(origin->table, span, values);
    if (origin->table) return read_pieces(origin->table, span, values);
    const struct variable *variable = &schema_get()->variables[span->variable];
    size_t row = variable_bytes(variable, &origin->lengths);
    size_t bytes = row * span->count;
    uint64_t place = origin->layout->offset[span->variable] + span->first * row;
    size_t there = rawfile_read(origin->fd, place, values, bytes);
    memset((char *)values + there, 0, bytes - there);
    return ERROR_NONE;
}

enum error origin_read_rows(const struct origin *origin, uint64_t first,
                            struct block *block) {
    int status = schema_find("status");
    struct span span = {status, first, (uint64_t)block->count};
    if (block->image[status]) TRY(origin_read(origin, &span, block->image[status]));
    for (int i = 0; i < schema_get()->count; i++) {
        if (!block->image[i] || i == status) continue;
        span.variable = i;
        TRY(origin_read(origin, &span, block->image[i]));
    }
    return ERROR_NONE;
}

enum error origin_launches(const struct origin *origin, int *count) {
    int rows = (int)origin->lengths.of[DIMENSION_LAUNCH];
    void *memory;
    TRY(memory_allocate((size_t)rows, HASH_TEXT, &memory));
    const char *checksums = memory;
    struct span span = {schema_find("launch_checksum"), 0, (uint64_t)rows};
    enum error error = origin_read(origin, &span, memory);
    *count = error ? 0 : rows;
    while (*count > 0 && !checksums[*count * HASH_TEXT - 1])
        --*count;
    free(memory);
    return error;
}

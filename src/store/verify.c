/* Verifying: rebuild each row's point from its parameters, its lengths from the point,
 * and compare what the row says of itself with what it holds. */
#include <string.h>

#include "dufm/reader.h"
#include "reading.h"

/* Set the field of `point` that a parameter's stored value stands for. */
static void restore_field(const struct parameter *parameter, const unsigned char *cell,
                          size_t cells, struct point *point) {
    unsigned char *field = (unsigned char *)point + parameter->offset;
    if (parameter->type == PARAMETER_CHOICE) {
        int choice = (int8_t)*cell;
        memcpy(field, &choice, sizeof choice);
    } else if (parameter->type == PARAMETER_INTEGER) {
        memcpy(field, cell, sizeof(int32_t));
    } else {
        if (cells > DEPTH_MAX) cells = DEPTH_MAX;
        memcpy(field, cell, cells * sizeof(double));
    }
}

static void restore_point(const struct block *block, int slot, struct point *point) {
    const struct schema *schema = schema_get();
    memset(point, 0, sizeof *point);
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (variable->parameter && block->image[i])
            restore_field(variable->parameter, block_cell(block, slot, i),
                          variable_cells(variable, &block->lengths), point);
    }
}

/* A damaged parameter must not lead outside the row. */
static bool fits(const struct point *point, const struct lengths *tight,
                 const struct lengths *file) {
    if (point->depth < 1 || point->depth > DEPTH_MAX) return false;
    for (int d = DIMENSION_LAYER; d < DIMENSION_COUNT; d++)
        if (tight->of[d] > file->of[d]) return false;
    return true;
}

static bool equals_text(const struct block *block, int slot, const char *variable,
                        uint64_t hash) {
    char text[HASH_TEXT + 1];
    hash_format(hash, text);
    return !memcmp(block_cell(block, slot, schema_find(variable)), text, HASH_TEXT);
}

/* What the file stores, as far as lengths depend on it. */
static struct output output_of(const struct lengths *lengths) {
    return (struct output){.history = (int)lengths->of[DIMENSION_RECORD],
                           .gram = lengths->of[DIMENSION_CLASS_ROW] > 0,
                           .weights = lengths->of[DIMENSION_ROW] > 0};
}

static enum row_fault judge(struct block *block, int slot) {
    struct point point;
    int status = (int8_t)*block_cell(block, slot, schema_find("status"));
    if (status < STATUS_PENDING || status > STATUS_QUARANTINED) return ROW_BAD_STATUS;
    restore_point(block, slot, &point);
    if (point.depth < 1 || point.depth > DEPTH_MAX) return ROW_BAD_IDENTITY;
    if (!equals_text(block, slot, "point_id", point_identity(&point)))
        return ROW_BAD_IDENTITY;
    if (status <= STATUS_RUNNING) return ROW_FINE;
    struct output output = output_of(&block->lengths);
    struct lengths tight = lengths_of_point(&point, &output);
    if (!fits(&point, &tight, &block->lengths)) return ROW_BAD_IDENTITY;
    bool whole =
        equals_text(block, slot, "checksum", block_checksum(block, slot, &tight));
    return whole ? ROW_FINE : ROW_BAD_CHECKSUM;
}

/* Read whole rows, the statuses first. */
static enum error read_rows(const struct table *table, struct block *block,
                            uint64_t first) {
    int status = schema_find("status");
    struct span span = {status, first, (uint64_t)block->count};
    TRY(table_read(table, &span, block->image[status]));
    for (int i = 0; i < schema_get()->count; i++) {
        if (!block->image[i] || i == status) continue;
        span.variable = i;
        TRY(table_read(table, &span, block->image[i]));
    }
    return ERROR_NONE;
}

/* Whether a job has changed the status of a row since it was read. */
static enum error has_moved(const struct table *table, const struct block *block,
                            int slot, uint64_t row, bool *moved) {
    int status = schema_find("status");
    unsigned char now;
    struct span span = {status, row, 1};
    TRY(table_read(table, &span, &now));
    *moved = now != *block_cell(block, slot, status);
    return ERROR_NONE;
}

static enum error verify_block(const struct table *table, struct block *block,
                               uint64_t first, int8_t *bad) {
    TRY(read_rows(table, block, first));
    for (int slot = 0; slot < block->count; slot++) {
        bool moved = false;
        enum row_fault fault = judge(block, slot);
        if (fault != ROW_FINE)
            TRY(has_moved(table, block, slot, first + (uint64_t)slot, &moved));
        bad[slot] = (int8_t)(moved ? ROW_FINE : fault);
    }
    return ERROR_NONE;
}

enum error reader_verify_rows(struct reader *reader, uint64_t first, uint64_t count,
                              int8_t *bad) {
    enum { BLOCK_BYTES = 16 << 20 };
    const struct table *table = &reader->table;
    uint64_t rows = BLOCK_BYTES / block_row_bytes(&table->lengths, block_of_rows);
    rows = rows < 1 ? 1 : rows > count ? count : rows;
    if (count == 0) return ERROR_NONE;
    struct block block;
    TRY(block_create(&block, &table->lengths, block_of_rows, (int)rows));
    enum error error = ERROR_NONE;
    for (uint64_t done = 0; done < count && !error; done += rows) {
        block.count = (int)(count - done < rows ? count - done : rows);
        error = verify_block(table, &block, first + done, bad + done);
    }
    block_destroy(&block);
    return error;
}

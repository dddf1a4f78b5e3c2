#include "judge.h"

#include <string.h>

#include "restore.h"

bool judge_is_status(int status) {
    return status >= STATUS_PENDING && status <= STATUS_QUARANTINED;
}

bool judge_is_finished(int status) {
    return judge_is_status(status) && status > STATUS_RUNNING;
}

bool judge_text(const struct block *block, int slot, const char *variable,
                uint64_t hash) {
    char text[HASH_TEXT + 1];
    hash_format(hash, text);
    return !memcmp(block_cell(block, slot, schema_find(variable)), text, HASH_TEXT);
}

/* A damaged parameter must not lead outside the row. */
static bool fits(const struct lengths *tight, const struct lengths *file) {
    for (int d = DIMENSION_LAYER; d < DIMENSION_COUNT; d++)
        if (tight->of[d] > file->of[d]) return false;
    return true;
}

/* Whether the row's place in the grid is that of its point. */
static bool has_place(const struct block *block, int slot, const struct sweep *sweep,
                      const struct point *point) {
    int32_t index;
    struct point placed;
    memcpy(&index, block_cell(block, slot, schema_find("grid_index")), sizeof index);
    if (index == GRID_REMOVED) return true;
    if (index < 0 || (uint64_t)index >= grid_count(sweep)) return false;
    grid_point(sweep, (uint64_t)index, &placed);
    return placed.depth == point->depth && point_equals(&placed, point);
}

static struct lengths tight_of(const struct block *block, const struct point *point) {
    struct output output = lengths_output(&block->lengths);
    return lengths_of_point(point, &output);
}

static enum row_fault judge_identity(const struct block *block, int slot,
                                     const struct sweep *sweep, struct point *point) {
    if (!restore_point(block, slot, point) ||
        !judge_text(block, slot, "point_id", point_identity(point)))
        return ROW_BAD_IDENTITY;
    struct lengths tight = tight_of(block, point);
    if (!fits(&tight, &block->lengths)) return ROW_BAD_IDENTITY;
    return sweep && !has_place(block, slot, sweep, point) ? ROW_BAD_PLACE : ROW_FINE;
}

enum row_fault judge_creation(const struct block *block, int slot,
                              const struct sweep *sweep, struct point *point) {
    enum row_fault fault = judge_identity(block, slot, sweep, point);
    if (fault != ROW_FINE) return fault;
    struct lengths tight = tight_of(block, point);
    return block_is_padded(block, slot, &tight, block_of_creation) ? ROW_FINE
                                                                   : ROW_BAD_PADDING;
}

enum row_fault judge_row(struct block *block, int slot, const struct sweep *sweep,
                         struct point *point) {
    int status = (int8_t)*block_cell(block, slot, schema_find("status"));
    if (!judge_is_status(status)) return ROW_BAD_STATUS;
    enum row_fault fault = judge_creation(block, slot, sweep, point);
    if (fault != ROW_FINE || !judge_is_finished(status)) return fault;
    struct lengths tight = tight_of(block, point);
    if (!judge_text(block, slot, "checksum", block_checksum(block, slot, &tight)))
        return ROW_BAD_CHECKSUM;
    return block_is_padded(block, slot, &tight, block_of_rows) ? ROW_FINE
                                                               : ROW_BAD_PADDING;
}

bool judge_launch(struct block *block, int slot) {
    return judge_text(block, slot, "launch_checksum", block_launch_checksum(block, slot));
}

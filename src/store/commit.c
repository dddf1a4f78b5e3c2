/* Committing: a row counts from the instant its status byte is written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int store_stage_capacity(const struct store *store) {
    return store->stage.capacity;
}

static bool same_extent(const struct extent *a, const struct extent *b) {
    return a->layer == b->layer && a->index == b->index && a->class_ == b->class_ &&
           a->sample == b->sample && a->row == b->row && a->column == b->column &&
           a->record == b->record && a->gram == b->gram;
}

static enum error check_stage(const struct store *store, uint64_t row) {
    const struct block *stage = &store->stage;
    if (stage->count == stage->capacity)
        return RAISE(ERROR_STORE, "the stage is full: commit its %d rows first",
                     stage->capacity);
    if (row >= stage->lengths.of[DIMENSION_CONFIG])
        return RAISE(ERROR_STORE, "row %llu lies past the end of the result file",
                     (unsigned long long)row);
    return ERROR_NONE;
}

/* Pack the values, then the hash over them, then the checksum over all. */
static void pack_row(struct store *store, const struct row_sources *from,
                     struct stamp *stamp) {
    struct block *stage = &store->stage;
    struct lengths tight = lengths_of_point(from->point, &store->output);
    int slot = stage->count;
    block_pack(stage, slot, from, &tight);
    hash_format(block_result_hash(stage, slot, &tight), stamp->result_hash);
    block_pack_variable(stage, slot, schema_find("result_hash"), stamp->result_hash,
                        &tight);
    hash_format(block_checksum(stage, slot, &tight), stamp->checksum);
    block_pack_variable(stage, slot, schema_find("checksum"), stamp->checksum, &tight);
}

enum error store_stage(struct store *store, uint64_t row, const struct point *point,
                       const struct result *result) {
    TRY(check_stage(store, row));
    struct extent extent = extent_of_point(point, &store->output);
    bool fits = same_extent(&result->extent, &extent);
    if (!fits && result->status == STATUS_DONE)
        return RAISE(ERROR_STORE,
                     "the result of row %llu has other lengths than its point",
                     (unsigned long long)row);
    struct stamp stamp = {.launch_index = store->launch_index};
    hash_format(point_identity(point), stamp.point_id);
    struct row_sources from = {.point = point,
                               .result = result,
                               .arrays = fits ? result : NULL,
                               .stamp = &stamp};
    pack_row(store, &from, &stamp);
    store->stage.row[store->stage.count++] = row;
    return ERROR_NONE;
}

/* Write one phase of all staged rows, neighbours together. */
static enum error write_phase(const struct store *store, enum phase phase) {
    const struct block *stage = &store->stage;
    for (int slot = 0, next; slot < stage->count; slot = next) {
        next = slot + 1;
        while (next < stage->count && stage->row[next] == stage->row[next - 1] + 1)
            next++;
        struct run run = {phase, slot, next - slot, stage->row[slot]};
        TRY(table_write_run(&store->table, stage, &run));
    }
    return ERROR_NONE;
}

static enum error sync_rows(const struct store *store) {
    if (fsync(store->fd))
        return RAISE(ERROR_SYSTEM, "cannot sync the result file: %s", strerror(errno));
    return ERROR_NONE;
}

enum error store_commit(struct store *store) {
    if (store->stage.count == 0) return ERROR_NONE;
    TRY(write_phase(store, PHASE_DATA));
    TRY(write_phase(store, PHASE_CHECKSUM));
    TRY(sync_rows(store));
    TRY(write_phase(store, PHASE_STATUS));
    TRY(sync_rows(store));
    store->stage.count = 0;
    return ERROR_NONE;
}

enum error store_mark_running(struct store *store, uint64_t first, uint64_t count) {
    if (count == 0) return ERROR_NONE;
    void *statuses;
    TRY(memory_allocate(count, 1, &statuses));
    memset(statuses, STATUS_RUNNING, count);
    struct span span = {schema_find("status"), first, count};
    enum error error = table_write(&store->table, &span, statuses);
    free(statuses);
    return error;
}

enum error store_mark_pending(struct store *store, uint64_t row) {
    const int8_t status = STATUS_PENDING;
    struct span span = {schema_find("status"), row, 1};
    return table_write(&store->table, &span, &status);
}

#include "placing.h"

#include <stdlib.h>
#include <string.h>

#include "judge.h"
#include "pace.h"

enum { GATHER_BYTES = 16 << 20, GATHER_ROWS = 4096 };

/* ---- the rows that are there ---- */

/* What tells a row, its state and its result, without the result itself. */
static bool is_summary(const struct variable *variable) {
    return block_of_creation(variable) || !strcmp(variable->name, "status") ||
           !strcmp(variable->name, "result_hash");
}

static uint64_t hash_at(const struct block *block, int slot, const char *variable) {
    char text[HASH_TEXT + 1] = "";
    memcpy(text, block_cell(block, slot, schema_find(variable)), HASH_TEXT);
    return strtoull(text, NULL, 16);
}

static struct candidate take_row(struct block *block, int slot,
                                 const struct placing_request *request, uint64_t row) {
    struct point point;
    int status = (int8_t)*block_cell(block, slot, schema_find("status"));
    enum row_fault fault = request->whole
                               ? judge_row(block, slot, request->sweep, &point)
                               : judge_creation(block, slot, request->sweep, &point);
    bool lost = fault != ROW_FINE || !judge_is_finished(status);
    struct candidate candidate = {
        .id = hash_at(block, slot, "point_id"),
        .trail = fault == ROW_FINE ? point_trail(&point) : 0,
        .hash = hash_at(block, slot, "result_hash"),
        .origin = request->number,
        .row = (int32_t)row,
        .status = (int8_t)(lost ? STATUS_PENDING : status),
        .fault = (int8_t)fault,
        .grid_index = GRID_REMOVED,
    };
    int32_t index;
    memcpy(&index, block_cell(block, slot, schema_find("grid_index")), sizeof index);
    candidate.placed = index != GRID_REMOVED;
    return candidate;
}

enum error placing_gather(const struct placing_request *request, struct candidate *out) {
    const struct lengths *lengths = &request->origin->lengths;
    block_filter *filter = request->whole ? block_of_rows : is_summary;
    uint64_t total = lengths->of[DIMENSION_CONFIG];
    uint64_t most = total < GATHER_ROWS ? total : GATHER_ROWS;
    struct block block;
    TRY(block_create(&block, lengths, filter,
                     block_rows_within(lengths, filter, GATHER_BYTES, most)));
    struct pace pace = pace_begin("checking rows", total);
    enum error error = ERROR_NONE;
    for (uint64_t first = 0; first < total && !error; first += (uint64_t)block.count) {
        uint64_t left = total - first;
        block.count = left < (uint64_t)block.capacity ? (int)left : block.capacity;
        error = origin_read_rows(request->origin, first, &block);
        for (int i = 0; i < block.count && !error; i++)
            out[first + (uint64_t)i] = take_row(&block, i, request, first + (uint64_t)i);
        if (!error) error = pace_step(&pace, first + (uint64_t)block.count);
    }
    block_destroy(&block);
    return error;
}

/* ---- the grid ---- */

/* Candidates in the order of their identities, the best of each first. */
struct entry {
    uint64_t id;
    uint32_t candidate;
    uint32_t finished;
};

static int compare_entries(const void *one, const void *other) {
    const struct entry *a = one, *b = other;
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    if (a->finished != b->finished) return a->finished ? -1 : 1;
    return (a->candidate > b->candidate) - (a->candidate < b->candidate);
}

/* The place of an identity among the entries: of its first one, or past the end. */
static uint64_t find_entry(const struct entry *entries, uint64_t count, uint64_t id) {
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && entries[low].id == id ? low : count;
}

static bool has_identity(const struct candidate *candidate) {
    return candidate->fault != ROW_BAD_IDENTITY;
}

/* Entries of all candidates whose identity holds; returns how many. */
static uint64_t list_entries(const struct candidate *candidates, uint64_t count,
                             struct entry *entries, struct placing *out) {
    uint64_t used = 0;
    for (uint64_t i = 0; i < count; i++) {
        out->before += candidates[i].placed;
        if (!has_identity(&candidates[i])) continue;
        entries[used++] = (struct entry){candidates[i].id, (uint32_t)i,
                                         judge_is_finished(candidates[i].status)};
    }
    qsort(entries, used, sizeof *entries, compare_entries);
    return used;
}

/* Set the new grid_index of the candidates and list the points that none of them has.
 * Points of a sweep differ from each other, so that no entry is found twice. */
static void match(const struct sweep *sweep, struct candidate *candidates,
                  const struct entry *entries, uint64_t count, int32_t *missing,
                  struct placing *out) {
    for (uint64_t g = 0; g < grid_count(sweep); g++) {
        struct point point;
        grid_point(sweep, g, &point);
        uint64_t at = find_entry(entries, count, point_identity(&point));
        if (at == count) {
            missing[out->fresh++] = (int32_t)g;
        } else {
            candidates[entries[at].candidate].grid_index = (int32_t)g;
            out->finished += entries[at].finished;
        }
    }
}

static void fill_places(const struct candidate *candidates, uint64_t count,
                        const int32_t *missing, struct placing *out) {
    uint64_t next = 0;
    for (uint64_t i = 0; i < count; i++) {
        const struct candidate *row = &candidates[i];
        out->removed += row->placed && row->grid_index == GRID_REMOVED;
        if (has_identity(row))
            out->places[out->count++] =
                (struct place){row->origin, row->row, row->grid_index};
        else if (next < out->fresh)
            out->places[out->count++] = (struct place){PLACE_NEW, 0, missing[next++]};
    }
    while (next < out->fresh)
        out->places[out->count++] = (struct place){PLACE_NEW, 0, missing[next++]};
}

enum error placing_create(const struct sweep *sweep, struct candidate *candidates,
                          uint64_t count, struct placing *out) {
    void *entries = NULL, *missing = NULL, *places = NULL;
    enum error error;
    *out = (struct placing){0};
    TRY_OR(cleanup, error, memory_allocate(count, sizeof(struct entry), &entries));
    TRY_OR(cleanup, error, memory_allocate(grid_count(sweep), sizeof(int32_t), &missing));
    uint64_t used = list_entries(candidates, count, entries, out);
    match(sweep, candidates, entries, used, missing, out);
    free(entries);
    entries = NULL;
    TRY_OR(cleanup, error,
           memory_allocate(count + out->fresh, sizeof(struct place), &places));
    out->places = places;
    fill_places(candidates, count, missing, out);
cleanup:
    free(missing);
    free(entries);
    return error;
}

void placing_destroy(struct placing *placing) {
    free(placing->places);
    *placing = (struct placing){0};
}

static int compare_trails(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

enum error placing_continues(const struct sweep *sweep,
                             const struct candidate *candidates, uint64_t count,
                             bool *out) {
    void *memory;
    uint64_t used = 0;
    TRY(memory_allocate(count, sizeof(uint64_t), &memory));
    uint64_t *trails = memory;
    for (uint64_t i = 0; i < count; i++)
        if (judge_is_finished(candidates[i].status)) trails[used++] = candidates[i].trail;
    qsort(trails, used, sizeof *trails, compare_trails);
    *out = false;
    for (uint64_t g = 0; g < grid_count(sweep) && !*out; g++) {
        struct point point;
        grid_point(sweep, g, &point);
        uint64_t trail = point_trail(&point);
        *out = bsearch(&trail, trails, used, sizeof *trails, compare_trails) != NULL;
    }
    free(trails);
    return ERROR_NONE;
}

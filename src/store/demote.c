#include "demote.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "damage.h"
#include "dufm/log.h"
#include "judge.h"
#include "origin.h"
#include "pace.h"
#include "reset.h"

enum { CHECK_BYTES = 16 << 20, CHECK_ROWS = 1024 };

/* What a rank goes through. */
struct share {
    const struct store *store;
    const struct sweep *sweep;
    struct origin origin;
    struct block block; /* whole rows */
    struct damage damage;
};

static enum error demote_row(struct share *share, int slot, uint64_t row) {
    struct reset reset = {&share->block, slot, row, GRID_REMOVED};
    damage_note(&share->damage, row);
    memcpy(&reset.grid_index, block_cell(&share->block, slot, schema_find("grid_index")),
           sizeof reset.grid_index);
    return reset_row(share->store, share->sweep, &reset);
}

/* A status that is none is damage, too; rows that are not done have nothing to check. */
static enum error check_rows(struct share *share, uint64_t first) {
    TRY(origin_read_rows(&share->origin, first, &share->block));
    for (int slot = 0; slot < share->block.count; slot++) {
        struct point point;
        if (judge_row(&share->block, slot, share->sweep, &point) != ROW_FINE)
            TRY(demote_row(share, slot, first + (uint64_t)slot));
    }
    return ERROR_NONE;
}

/* Rows first .. last - 1, passing over blocks in which nothing is finished. */
static enum error check_share(struct share *share, uint64_t first, uint64_t last,
                              const char *path) {
    char what[512];
    int8_t statuses[CHECK_ROWS];
    snprintf(what, sizeof what, "checking the finished rows of %s", path);
    struct pace pace = pace_begin(what, last - first);
    for (uint64_t row = first; row < last; row += (uint64_t)share->block.count) {
        uint64_t left = last - row;
        int room = share->block.capacity;
        share->block.count = left < (uint64_t)room ? (int)left : room;
        struct span span = {schema_find("status"), row, (uint64_t)share->block.count};
        TRY(origin_read(&share->origin, &span, statuses));
        bool any = false;
        for (int i = 0; i < share->block.count && !any; i++)
            any = statuses[i] != STATUS_PENDING && statuses[i] != STATUS_RUNNING;
        if (any) TRY(check_rows(share, row));
        TRY(pace_step(&pace, row - first + (uint64_t)share->block.count));
    }
    return ERROR_NONE;
}

enum error demote_damaged(const struct store *store, const char *path,
                          const struct sweep *sweep) {
    struct share share = {
        .store = store, .sweep = sweep, .origin = origin_of_table(&store->table)};
    const struct lengths *lengths = &store->table.lengths;
    uint64_t rows = lengths->of[DIMENSION_CONFIG], rank = (uint64_t)comm_rank();
    uint64_t ranks = (uint64_t)comm_size();
    uint64_t first = rows * rank / ranks, last = rows * (rank + 1) / ranks;
    char list[512];
    if (first == last) return ERROR_NONE;
    uint64_t most = last - first < CHECK_ROWS ? last - first : CHECK_ROWS;
    TRY(block_create(&share.block, lengths, block_of_rows,
                     block_rows_within(lengths, block_of_rows, CHECK_BYTES, most)));
    enum error error = check_share(&share, first, last, path);
    block_destroy(&share.block);
    TRY(error);
    if (share.damage.count == 0) return ERROR_NONE;
    if (fsync(store->fd))
        return RAISE(ERROR_SYSTEM, "cannot sync the result file: %s", strerror(errno));
    log_warning("%s: %s damaged, to be computed again", path,
                damage_format(&share.damage, list, sizeof list));
    return ERROR_NONE;
}

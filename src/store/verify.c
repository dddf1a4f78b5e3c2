/* Verifying rows from outside, also while a job writes them. */
#include "dufm/reader.h"
#include "judge.h"
#include "origin.h"
#include "reading.h"
#include "rowsum.h"

/* Whether a job has changed the status of a row since it was read. */
static enum error has_moved(const struct origin *origin, const struct block *block,
                            int slot, uint64_t row, bool *moved) {
    int status = schema_find("status");
    unsigned char now;
    struct span span = {status, row, 1};
    TRY(origin_read(origin, &span, &now));
    *moved = now != *block_cell(block, slot, status);
    return ERROR_NONE;
}

static enum error verify_block(struct reader *reader, struct block *block, uint64_t first,
                               int8_t *bad) {
    struct origin origin = origin_of_table(&reader->table);
    TRY(origin_read_rows(&origin, first, block));
    for (int slot = 0; slot < block->count; slot++) {
        bool moved = false;
        struct point point;
        enum row_fault fault = judge_row(block, slot, reader->sweep, &point);
        if (fault != ROW_FINE)
            TRY(has_moved(&origin, block, slot, first + (uint64_t)slot, &moved));
        bad[slot] = (int8_t)(moved ? ROW_FINE : fault);
    }
    return ERROR_NONE;
}

/* Rows of measured features are done, all of them, and have their checksum alone. */
static enum error judge_measured(struct rowsum *sums, uint64_t row, int8_t *bad) {
    uint64_t checksum;
    TRY(rowsum_of(sums, row, &checksum));
    bool done = *block_cell(&sums->block, 0, schema_find("status")) == STATUS_DONE;
    bool same = judge_text(&sums->block, 0, "checksum", checksum);
    *bad = done ? same ? ROW_FINE : ROW_BAD_CHECKSUM : ROW_BAD_STATUS;
    return ERROR_NONE;
}

static enum error verify_measured(struct reader *reader, uint64_t first, uint64_t count,
                                  int8_t *bad) {
    struct rowsum sums;
    enum error error = rowsum_create(&reader->table, &reader->coordinates, &sums);
    for (uint64_t i = 0; i < count && !error; i++)
        error = judge_measured(&sums, first + i, &bad[i]);
    rowsum_release(&sums);
    return error;
}

enum error reader_verify_rows(struct reader *reader, uint64_t first, uint64_t count,
                              int8_t *bad) {
    enum { BLOCK_BYTES = 16 << 20 };
    const struct lengths *lengths = &reader->table.lengths;
    const struct sweep *sweep;
    struct block block;
    if (count == 0) return ERROR_NONE;
    if (reader_is_measured(reader)) return verify_measured(reader, first, count, bad);
    TRY(reader_sweep(reader, &sweep));
    TRY(block_create(&block, lengths, block_of_rows,
                     block_rows_within(lengths, block_of_rows, BLOCK_BYTES, count)));
    uint64_t rows = (uint64_t)block.capacity;
    enum error error = ERROR_NONE;
    for (uint64_t done = 0; done < count && !error; done += rows) {
        block.count = (int)(count - done < rows ? count - done : rows);
        error = verify_block(reader, &block, first + done, bad + done);
    }
    block_destroy(&block);
    return error;
}

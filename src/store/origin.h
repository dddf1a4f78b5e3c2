/* Where rows are read from: an open file, or the bytes of one that HDF5 cannot open. */
#ifndef DUFM_STORE_ORIGIN_H
#define DUFM_STORE_ORIGIN_H

#include "block.h"
#include "layout.h"
#include "table.h"

struct origin {
    struct lengths lengths;
    const struct table *table;   /* not owned; NULL: raw bytes */
    const struct layout *layout; /* of raw bytes; not owned */
    int fd;                      /* of raw bytes; not owned */
};

struct origin origin_of_table(const struct table *table);
struct origin origin_of_bytes(int fd, const struct layout *layout);

/* Read a run of rows of one variable. Bytes that are missing from a raw file are 0, and so
 * are rows in a piece of a compact file that cannot be unpacked. ERROR_SYSTEM where the system
 * does not read. */
enum error origin_read(const struct origin *origin, const struct span *span,
                       void *values);

/* Read all variables of block->count rows from row `first` on, their statuses before
 * anything else: a row that is done does not change any more. */
enum error origin_read_rows(const struct origin *origin, uint64_t first,
                            struct block *block);

/* Rows on `launch` up to the last one that is recorded: whose checksum, written last, is
 * there in full length. */
enum error origin_launches(const struct origin *origin, int *count);

#endif

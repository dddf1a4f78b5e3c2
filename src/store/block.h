/* A block of rows in memory as they lie in the file: padded to the sweep's largest point.
 * Also their hashes, which skip the padding, so that growth leaves them valid.
 */
#ifndef DUFM_STORE_BLOCK_H
#define DUFM_STORE_BLOCK_H

#include <stdint.h>

#include "schema.h"

struct block {
    struct lengths lengths; /* of the file */
    int capacity;           /* rows */
    int count;              /* rows in use */
    struct arena arena;
    uint64_t *row;                       /* (capacity) number of each row */
    unsigned char *image[VARIABLES_MAX]; /* (capacity, bytes a row) values; NULL where the
                                            file has none or the block leaves it out */
    struct hash *hash;
};

/* Whether a block of that kind holds the variable. */
typedef bool block_filter(const struct variable *variable);

bool block_of_creation(const struct variable *variable);   /* known before any run */
bool block_of_parameters(const struct variable *variable); /* the point's own */
bool block_of_rows(const struct variable *variable);       /* everything on config */
bool block_of_launch(const struct variable *variable);

/* Bytes a row takes. */
size_t block_row_bytes(const struct lengths *lengths, block_filter *filter);

/* Allocate `capacity` rows of the variables that pass; block_destroy frees them. */
enum error block_create(struct block *block, const struct lengths *lengths,
                        block_filter *filter, int capacity);
void block_destroy(struct block *block);

/* Where a row's values come from; NULL where its variables keep their fill. */
struct row_sources {
    const struct point *point;
    const struct result *result;
    const struct result *arrays; /* the same, or NULL where it has no arrays */
    const struct stamp *stamp;
    const struct launch *launch;
};

/* Fill the images of row `slot` from the sources; `tight` are the lengths of the values.
 * NaNs become the one canonical NaN. */
void block_pack(struct block *block, int slot, const struct row_sources *from,
                const struct lengths *tight);

/* Pack one variable alone, from the field or array `value`. */
void block_pack_variable(struct block *block, int slot, int variable, const void *value,
                         const struct lengths *tight);

/* Hashes of row `slot`: of its reproducible values; of all of them but the checksum. */
uint64_t block_result_hash(struct block *block, int slot, const struct lengths *tight);
uint64_t block_checksum(struct block *block, int slot, const struct lengths *tight);

/* Checksum of the facts of the launch in row `slot`. */
uint64_t block_launch_checksum(struct block *block, int slot);

/* Whether everything beyond the tight values of row `slot` is fill, in the variables that
 * pass. */
bool block_is_padded(const struct block *block, int slot, const struct lengths *tight,
                     block_filter *filter);

/* Whether row `slot` holds nothing but fill. */
bool block_is_blank(const struct block *block, int slot);

/* Copy the tight values of a row to the other block, padded to that one's lengths;
 * variables that only one of them holds are left alone. */
void block_copy(struct block *to, int to_slot, const struct block *from, int from_slot,
                const struct lengths *tight);

/* Rows that fit `bytes`, at least one and at most `most`. */
int block_rows_within(const struct lengths *lengths, block_filter *filter, size_t bytes,
                      uint64_t most);

/* First byte of row `slot` of a variable. */
unsigned char *block_cell(const struct block *block, int slot, int variable);

#endif

/* The values of one variable, made in another file in compressed pieces, and compared. */
#ifndef DUFM_STORE_REPLICA_VALUES_H
#define DUFM_STORE_REPLICA_VALUES_H

#include "hdf.h"
#include "pace.h"

/* Make the variable `name` in the file `to` as `from` is, without attributes and values.
 * Pieces are of up to 256 KiB and whole rows where these are smaller; bytes are shuffled
 * by their place in the number, then deflated. What is small stays in one piece as it is.
 * *out: H5Dclose. ERROR_INPUT: neither numbers nor text of a fixed length. */
enum error replica_values_create(hid_t from, hid_t to, const char *name, hid_t *out);

/* A variable in both files. */
struct replica_values {
    hid_t from, to;
    bool compare; /* the values, type and shape, or else copy */
    struct pace *pace;
    uint64_t *done; /* bytes so far; grows */
};

/* Copy all values, or compare them byte by byte: ERROR_STORE where any differs. In runs of
 * rows; ERROR_INTERRUPTED between them. */
enum error replica_values_take(const struct replica_values *values);

#endif

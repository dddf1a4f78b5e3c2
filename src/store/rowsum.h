/* Checksum of a row of measured features: over every variable on config, paddings and the
 * coordinates included, and the names of the layers. */
#ifndef DUFM_STORE_ROWSUM_H
#define DUFM_STORE_ROWSUM_H

#include "coordinates.h"

/* What is read for the checksums of a file. */
struct rowsum {
    const struct table *table;
    const struct coordinates *coordinates;
    struct block block; /* of one row, everything on config */
    char *names;        /* of the layers, as they lie in the file; owned */
    double *values;     /* size coordinates->count; owned */
};

/* The names of the layers must be written; rowsum_release also where this fails. */
enum error rowsum_create(const struct table *table, const struct coordinates *coordinates,
                         struct rowsum *out);
void rowsum_release(struct rowsum *sums);

/* Checksum of a row, read from the file; its block keeps the row. */
enum error rowsum_of(struct rowsum *sums, uint64_t row, uint64_t *checksum);

#endif

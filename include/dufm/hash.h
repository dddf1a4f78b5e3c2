/* Hashes (XXH3, 64 bits): identities of points, checksums of rows, hashes of results. */
#ifndef DUFM_HASH_H
#define DUFM_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"

enum { HASH_TEXT = 16 }; /* hexadecimal digits of a hash, without the closing zero */

struct hash; /* a running hash; create, update any number of times, read, destroy */

enum error hash_create(struct hash **out);
void hash_destroy(struct hash **hash);
void hash_reset(struct hash *hash);
void hash_update(struct hash *hash, const void *data, size_t bytes);
uint64_t hash_value(const struct hash *hash);

/* Hash of one block. */
uint64_t hash_block(const void *data, size_t bytes);

/* Write `value` as HASH_TEXT lower-case hexadecimal digits and a closing zero. */
void hash_format(uint64_t value, char text[HASH_TEXT + 1]);

#endif

/* Hashes (XXH3, 64 bits): identities of points, checksums of rows, hashes of results. */
#ifndef DUFM_HASH_H
#define DUFM_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"

enum { HASH_TEXT = 16 }; /* hexadecimal digits of a hash, without the closing zero */

struct hash; /* a running hash; create, update any number of times, read, destroy */

/* A hash of nothing yet; *out is owned by the caller. ERROR_SYSTEM. */
enum error hash_create(struct hash **out);

/* Free it and null the pointer; safe on NULL. */
void hash_destroy(struct hash **hash);

/* Begin again. */
void hash_reset(struct hash *hash);

/* Go on with `bytes` bytes of `data`. */
void hash_update(struct hash *hash, const void *data, size_t bytes);

/* Hash of all data so far. */
uint64_t hash_value(const struct hash *hash);

/* Hash of one block. */
uint64_t hash_block(const void *data, size_t bytes);

/* Write `value` as HASH_TEXT lower-case hexadecimal digits and a closing zero. */
void hash_format(uint64_t value, char text[HASH_TEXT + 1]);

#endif

#include "dufm/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "dufm/memory.h"

struct hash {
    XXH3_state_t *state; /* owned */
};

enum error hash_create(struct hash **out) {
    void *memory = NULL;
    TRY(memory_allocate(1, sizeof(struct hash), &memory));
    struct hash *hash = memory;
    hash->state = XXH3_createState();
    if (hash->state == NULL) {
        free(hash);
        return RAISE(ERROR_SYSTEM, "no memory for the state of a hash");
    }
    hash_reset(hash);
    *out = hash;
    return ERROR_NONE;
}

void hash_destroy(struct hash **hash) {
    if (*hash == NULL) return;
    (void)XXH3_freeState((*hash)->state);
    free(*hash);
    *hash = NULL;
}

/* XXH3 reports errors for null states only, which hash_create excludes. */
void hash_reset(struct hash *hash) {
    (void)XXH3_64bits_reset(hash->state);
}

void hash_update(struct hash *hash, const void *data, size_t bytes) {
    (void)XXH3_64bits_update(hash->state, data, bytes);
}

uint64_t hash_value(const struct hash *hash) {
    return XXH3_64bits_digest(hash->state);
}

uint64_t hash_block(const void *data, size_t bytes) {
    return XXH3_64bits(data, bytes);
}

void hash_format(uint64_t value, char text[HASH_TEXT + 1]) {
    snprintf(text, HASH_TEXT + 1, "%016" PRIx64, value);
}

/* A set of numbers below a size, one bit each, that knows how many lie before any place:
 * what a grid needs to number the combinations that exist. */
#ifndef DUFM_SWEEP_BITSET_H
#define DUFM_SWEEP_BITSET_H

#include <stdint.h>

#include "dufm/error.h"

struct bitset {
    uint64_t size;
    uint64_t *words;  /* bits, BITSET_BLOCK to a block; owned */
    uint64_t *before; /* for each block, members in earlier blocks; owned */
};

/* The empty set of numbers below `size`; owned by the caller. ERROR_SYSTEM. */
enum error bitset_create(uint64_t size, struct bitset **out);
void bitset_destroy(struct bitset **set);

void bitset_add(struct bitset *set, uint64_t member);

/* Count the members, once all are added; before bitset_rank. */
void bitset_seal(struct bitset *set);

/* Members below `place`, 0 <= place <= size. */
uint64_t bitset_rank(const struct bitset *set, uint64_t place);

#endif

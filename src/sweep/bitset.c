/* Bits in blocks of eight words, and the number of members before each block. */
#include "bitset.h"

#include <stdlib.h>

#include "dufm/memory.h"

enum { WORD = 64, BLOCK_WORDS = 8, BLOCK = WORD * BLOCK_WORDS };

static uint64_t block_count(uint64_t size) {
    return size / BLOCK + 1; /* place == size has a block, too */
}

enum error bitset_create(uint64_t size, struct bitset **out) {
    void *memory = NULL;
    enum error error;
    *out = NULL;
    TRY(memory_allocate(1, sizeof(struct bitset), &memory));
    struct bitset *set = *out = memory;
    set->size = size;
    TRY_OR(cleanup, error,
           memory_allocate(block_count(size) * BLOCK_WORDS, sizeof *set->words, &memory));
    set->words = memory;
    TRY_OR(cleanup, error,
           memory_allocate(block_count(size), sizeof *set->before, &memory));
    set->before = memory;
    return ERROR_NONE;
cleanup:
    bitset_destroy(out);
    return error;
}

void bitset_destroy(struct bitset **set) {
    if (*set == NULL) return;
    free((*set)->words);
    free((*set)->before);
    free(*set);
    *set = NULL;
}

void bitset_add(struct bitset *set, uint64_t member) {
    set->words[member / WORD] |= UINT64_C(1) << member % WORD;
}

static uint64_t members(uint64_t word) {
    return (uint64_t)__builtin_popcountll(word);
}

void bitset_seal(struct bitset *set) {
    uint64_t total = 0;
    for (uint64_t block = 0; block < block_count(set->size); block++) {
        set->before[block] = total;
        for (uint64_t i = 0; i < BLOCK_WORDS; i++)
            total += members(set->words[block * BLOCK_WORDS + i]);
    }
}

uint64_t bitset_rank(const struct bitset *set, uint64_t place) {
    uint64_t rank = set->before[place / BLOCK];
    uint64_t word = place / BLOCK * BLOCK_WORDS;
    for (; word < place / WORD; word++)
        rank += members(set->words[word]);
    if (place % WORD == 0) return rank;
    return rank + members(set->words[word] & (UINT64_MAX >> (WORD - place % WORD)));
}

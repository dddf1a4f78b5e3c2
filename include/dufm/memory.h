/* Memory: one aligned arena for everything a computation needs, taken once, never in a
 * loop.
 *
 * A layout is written as one function that takes pieces from an arena.  Run on an empty
 * arena (all zero) it only measures; run again after arena_reserve it hands out the
 * pieces:
 *
 *     struct arena arena = {0};
 *     carve(&arena, thing);                 // measures: every piece is NULL
 *     TRY(arena_reserve(&arena));           // allocates arena.used bytes, zeroed
 *     carve(&arena, thing);                 // the same calls now return memory
 *     ...
 *     arena_release(&arena);
 */
#ifndef DUFM_MEMORY_H
#define DUFM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"

enum { MEMORY_ALIGNMENT = 64 }; /* bytes: a cache line, and the widest vector register */

struct arena {
    unsigned char *base; /* NULL while measuring; owned */
    size_t used;         /* bytes taken so far, a multiple of MEMORY_ALIGNMENT */
    size_t size;         /* bytes reserved */
    bool shared;         /* by arena_share */
};

/* Take `count` elements of `size` bytes, aligned to MEMORY_ALIGNMENT; NULL while
 * measuring (and past the end, which a layout that repeats its measuring calls cannot
 * reach). */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* Allocate the measured bytes, zeroed, and start again at the beginning. ERROR_SYSTEM. */
enum error arena_reserve(struct arena *arena);

/* The same in memory that child processes forked later share with this one. */
enum error arena_share(struct arena *arena);

/* Free the memory and make the arena empty; safe on an empty arena. */
void arena_release(struct arena *arena);

/* calloc whose failure is an error with a message: *out is owned by the caller (free). */
enum error memory_allocate(size_t count, size_t size, void **out);

#endif

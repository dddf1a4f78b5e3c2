#include "dufm/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/isolate.h"

void *arena_take(struct arena *arena, size_t count, size_t size) {
    if (size != 0 && count > (SIZE_MAX - MEMORY_ALIGNMENT) / size) {
        arena->used = SIZE_MAX; /* arena_reserve refuses it */
        return NULL;
    }
    size_t bytes =
        (count * size + MEMORY_ALIGNMENT - 1) / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
    size_t start = arena->used;
    if (start > SIZE_MAX - bytes) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    arena->used = start + bytes;
    if (arena->base == NULL || arena->used > arena->size) return NULL;
    return arena->base + start;
}

static enum error check_size(const struct arena *arena) {
    if (arena->used != SIZE_MAX) return ERROR_NONE;
    return RAISE(ERROR_SYSTEM, "the working memory asked for has no size: the shapes of "
                               "the sweep are too large for this machine");
}

static size_t size_of(const struct arena *arena) {
    return arena->used > 0 ? arena->used : MEMORY_ALIGNMENT;
}

enum error arena_reserve(struct arena *arena) {
    TRY(check_size(arena));
    size_t bytes = size_of(arena);
    arena->base = aligned_alloc(MEMORY_ALIGNMENT, bytes);
    if (arena->base == NULL)
        return RAISE(ERROR_SYSTEM, "no memory for %zu bytes of working storage", bytes);
    memset(arena->base, 0, bytes);
    arena->size = bytes;
    arena->used = 0;
    return ERROR_NONE;
}

enum error arena_share(struct arena *arena) {
    void *memory;
    TRY(check_size(arena));
    size_t bytes = size_of(arena);
    TRY(isolate_share(bytes, &memory));
    *arena = (struct arena){.base = memory, .size = bytes, .shared = true};
    return ERROR_NONE;
}

void arena_release(struct arena *arena) {
    void *memory = arena->base;
    if (arena->shared)
        isolate_release(&memory, arena->size);
    else
        free(memory);
    *arena = (struct arena){0};
}

enum error memory_allocate(size_t count, size_t size, void **out) {
    *out = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (*out == NULL)
        return RAISE(ERROR_SYSTEM, "no memory for %zu elements of %zu bytes", count,
                     size);
    return ERROR_NONE;
}

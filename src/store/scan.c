/* What a file's bytes say without HDF5: the layout table found by its first line, and the
 * hash of everything that is no value. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/hash.h"
#include "dufm/memory.h"
#include "layout.h"
#include "rawfile.h"

enum { CHUNK = 1 << 20 };

/* ---- the table ---- */

/* The table at `offset`, if it is one. */
static enum error read_at(int fd, uint64_t offset, struct layout *out) {
    char start[LAYOUT_START];
    size_t length = rawfile_read(fd, offset, start, sizeof start);
    size_t bytes = layout_stated_bytes(start, length);
    void *table;
    TRY(memory_allocate(bytes + 1, 1, &table));
    length = rawfile_read(fd, offset, table, bytes);
    enum error error = layout_read(table, length, out);
    free(table);
    return error;
}

/* Look for first lines in `length` bytes of `data`, which lie at `offset`. */
static bool find_in(int fd, const char *data, size_t length, uint64_t offset,
                    struct layout *out) {
    const char *place = data, *end = data + length;
    while ((place = memmem(place, (size_t)(end - place), layout_magic,
                           strlen(layout_magic)))) {
        if (!out || !read_at(fd, offset + (uint64_t)(place - data), out)) return true;
        place++;
    }
    return false;
}

/* From `first` to `last`, in chunks that overlap by a first line. */
static enum error find_between(int fd, uint64_t first, uint64_t last, struct layout *out,
                               bool *found) {
    void *data;
    TRY(memory_allocate(CHUNK, 1, &data));
    size_t step = CHUNK - strlen(layout_magic);
    *found = false;
    for (uint64_t at = first; at < last && !*found; at += step)
        *found = find_in(fd, data, rawfile_read(fd, at, data, CHUNK), at, out);
    free(data);
    return ERROR_NONE;
}

enum error layout_find(int fd, struct layout *out) {
    uint64_t bytes;
    bool found;
    *out = (struct layout){0};
    TRY(rawfile_size(fd, &bytes));
    TRY(find_between(fd, 0, bytes, out, &found));
    if (found) return ERROR_NONE;
    return RAISE(ERROR_STORE, "no intact layout table of schema version %d is in it",
                 SCHEMA_VERSION);
}

bool layout_is_near(int fd) {
    uint64_t bytes;
    bool found = false;
    if (rawfile_size(fd, &bytes)) return false;
    uint64_t tail = bytes > CHUNK ? bytes - CHUNK : 0;
    if (find_between(fd, 0, 1, NULL, &found) || found) return found;
    return !find_between(fd, tail, bytes, NULL, &found) && found;
}

const char *layout_remedy(const char *path) {
    int fd;
    bool found = false;
    if (!rawfile_open(path, O_RDONLY, &fd)) {
        found = layout_is_near(fd);
        close(fd);
    }
    return found ? "'dufm salvage' saves its readable rows"
                 : "nothing at its ends tells where its rows lie, as in a compact file, "
                   "which is lost with its headers: take a copy of it, or make it again";
}

/* ---- the structure ---- */

struct extent_of_bytes {
    uint64_t first, last;
};

static int compare(const void *one, const void *other) {
    const struct extent_of_bytes *a = one, *b = other;
    return (a->first > b->first) - (a->first < b->first);
}

/* Where the variables' values lie, in the order of the file. */
static int list_values(const struct layout *layout, struct extent_of_bytes *values) {
    const struct schema *schema = schema_get();
    int count = 0;
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        uint64_t rows = layout->lengths.of[variable->dimensions[0]];
        if (layout->offset[i] == 0) continue;
        uint64_t bytes = rows * variable_bytes(variable, &layout->lengths);
        values[count++] =
            (struct extent_of_bytes){layout->offset[i], layout->offset[i] + bytes};
    }
    qsort(values, (size_t)count, sizeof *values, compare);
    return count;
}

static void hash_between(int fd, struct extent_of_bytes bytes, void *chunk,
                         struct hash *hash) {
    while (bytes.first < bytes.last) {
        uint64_t left = bytes.last - bytes.first;
        size_t length =
            rawfile_read(fd, bytes.first, chunk, left < CHUNK ? (size_t)left : CHUNK);
        if (length == 0) return; /* the file ends here, or cannot be read */
        hash_update(hash, chunk, length);
        bytes.first += length;
    }
}

enum error layout_hash_structure(int fd, const struct layout *layout, uint64_t *hash,
                                 uint64_t *bytes) {
    struct extent_of_bytes values[VARIABLES_MAX];
    struct hash *running = NULL;
    void *chunk = NULL;
    enum error error;
    TRY(rawfile_size(fd, bytes));
    TRY_OR(cleanup, error, memory_allocate(CHUNK, 1, &chunk));
    TRY_OR(cleanup, error, hash_create(&running));
    hash_reset(running);
    int count = list_values(layout, values);
    uint64_t place = 0;
    for (int i = 0; i < count; i++) {
        hash_between(fd, (struct extent_of_bytes){place, values[i].first}, chunk,
                     running);
        place = values[i].last > place ? values[i].last : place;
    }
    hash_between(fd, (struct extent_of_bytes){place, *bytes}, chunk, running);
    *hash = hash_value(running);
cleanup:
    hash_destroy(&running);
    free(chunk);
    return error;
}

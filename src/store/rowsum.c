#include "rowsum.h"

#include <stdlib.h>
#include <string.h>

#include "origin.h"

static size_t names_bytes(const struct table *table) {
    return table->lengths.of[DIMENSION_LAYER] * table->lengths.of[DIMENSION_LONG_TEXT];
}

enum error rowsum_create(const struct table *table, const struct coordinates *coordinates,
                         struct rowsum *out) {
    void *memory;
    *out = (struct rowsum){.table = table, .coordinates = coordinates};
    TRY(block_create(&out->block, &table->lengths, block_of_rows, 1));
    out->block.count = 1;
    TRY(memory_allocate(names_bytes(table), 1, &memory));
    out->names = memory;
    TRY(memory_allocate((size_t)coordinates->count + 1, sizeof(double), &memory));
    out->values = memory;
    struct span span = {schema_find("layer_name"), 0, table->lengths.of[DIMENSION_LAYER]};
    return table_read(table, &span, out->names);
}

void rowsum_release(struct rowsum *sums) {
    block_destroy(&sums->block);
    free(sums->names);
    free(sums->values);
    *sums = (struct rowsum){0};
}

enum error rowsum_of(struct rowsum *sums, uint64_t row, uint64_t *checksum) {
    struct origin origin = origin_of_table(sums->table);
    struct hash *hash;
    TRY(origin_read_rows(&origin, row, &sums->block));
    for (int i = 0; i < sums->coordinates->count; i++)
        TRY(coordinates_read(sums->coordinates, i, row, 1, &sums->values[i]));
    uint64_t rows = block_checksum(&sums->block, 0, &sums->block.lengths);
    TRY(hash_create(&hash));
    hash_update(hash, &rows, sizeof rows);
    hash_update(hash, sums->names, names_bytes(sums->table));
    hash_update(hash, sums->values,
                (size_t)sums->coordinates->count * sizeof *sums->values);
    *checksum = hash_value(hash);
    hash_destroy(&hash);
    return ERROR_NONE;
}

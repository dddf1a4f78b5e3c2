#include "reset.h"

#include "dufm/hash.h"

enum error reset_row(const struct store *store, const struct sweep *sweep,
                     const struct reset *reset) {
    const struct table *table = &store->table;
    int8_t pending = STATUS_PENDING;
    struct span status = {schema_find("status"), reset->row, 1};
    TRY(table_write(table, &status, &pending));
    if (reset->grid_index < 0 || (uint64_t)reset->grid_index >= grid_count(sweep))
        return ERROR_NONE;
    struct point point;
    struct stamp stamp = {.grid_index = reset->grid_index};
    grid_point(sweep, (uint64_t)reset->grid_index, &point);
    hash_format(point_identity(&point), stamp.point_id);
    struct lengths tight = lengths_of_point(&point, &store->output);
    block_pack(reset->block, reset->slot,
               &(struct row_sources){.point = &point, .stamp = &stamp}, &tight);
    return table_write_run(table, reset->block,
                           &(struct run){PHASE_CREATION, reset->slot, 1, reset->row});
}

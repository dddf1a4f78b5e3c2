/* Kinds of points of a grid, and how many points are of each. */
#include <stdlib.h>

#include "bitset.h"
#include "combination.h"
#include "dufm/memory.h"

static uint64_t zips_of(const struct grid *grid, const char *const *parameters) {
    uint64_t zips = 0;
    for (; *parameters != NULL; parameters++)
        zips |=
            relevance_zips(grid, relevance_of_parameter(grid, given_find(*parameters)));
    return zips;
}

/* Number of a combination among those of some zips. */
static uint64_t number_within(const struct grid *grid, uint64_t zips,
                              const struct combination *combination) {
    uint64_t number = 0;
    for (int z = 0; z < grid->zip_count; z++)
        if (zips >> z & 1) number = number * grid->zips[z].count + combination->at[z];
    return number;
}

/* Zips 0 .. z where z is the last of the set; none of an empty set. */
static uint64_t up_to_last(uint64_t zips) {
    return zips == 0 ? 0 : UINT64_MAX >> __builtin_clzll(zips);
}

/* Relevant zips behind the last counted one need no visit: their combinations lie side by
 * side. */
static void count_points(struct grid_view *view) {
    const struct grid *grid = view->grid;
    uint64_t heads = grid->relevant & up_to_last(view->counted);
    uint64_t span = combination_count(grid, grid->relevant & ~heads);
    uint64_t count = combination_count(grid, heads);
    struct combination at;
    combination_split(grid, heads, 0, &at);
    for (uint64_t i = 0; i < count; i++) {
        view->points_of[number_within(grid, view->counted, &at)] +=
            bitset_rank(grid->exists, (i + 1) * span) -
            bitset_rank(grid->exists, i * span);
        combination_advance(grid, heads, &at);
    }
}

enum error grid_view_create(const struct grid *grid, const char *const *parameters,
                            struct grid_view *out) {
    *out = (struct grid_view){.grid = grid, .zips = zips_of(grid, parameters)};
    out->count = combination_count(grid, out->zips);
    out->factor = combination_count(grid, ~(out->zips | grid->relevant));
    if (grid->exists == NULL) return ERROR_NONE;
    out->counted = out->zips & grid->relevant;
    void *memory = NULL;
    uint64_t counts = combination_count(grid, out->counted);
    enum error error = memory_allocate(counts, sizeof *out->points_of, &memory);
    if (error != ERROR_NONE) out->count = 0;
    TRY(error);
    out->points_of = memory;
    count_points(out);
    return ERROR_NONE;
}

void grid_view_destroy(struct grid_view *view) {
    free(view->points_of);
    *view = (struct grid_view){0};
}

uint64_t grid_view_point(const struct grid_view *view, uint64_t index,
                         struct point *out) {
    struct combination at;
    combination_split(view->grid, view->zips, index, &at);
    combination_point(view->grid, &at, out);
    if (view->points_of == NULL) return view->factor;
    return view->factor * view->points_of[number_within(view->grid, view->counted, &at)];
}

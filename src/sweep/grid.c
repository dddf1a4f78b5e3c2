/* Points by number, made on demand. */
#include <string.h>

#include "bitset.h"
#include "combination.h"

double axis_value(const struct axis *axis, uint64_t index) {
    if (axis->values == NULL) return (double)((uint64_t)axis->first + index);
    return axis->values[index * (uint64_t)axis->stride];
}

/* Set the axis's parameter to its value number `index`. */
static void apply(const struct axis *axis, uint64_t index, struct point *point) {
    if (axis->parameter->type != PARAMETER_LAYERS) {
        parameter_set(axis->parameter, axis_value(axis, index), point);
        return;
    }
    memcpy((char *)point + axis->parameter->offset,
           axis->values + index * (uint64_t)axis->stride,
           (size_t)axis->lengths[index] * sizeof(double));
}

/* Parameters of which a point has one; what is set last counts. */
static void clear_rivals(const struct parameter *parameter, struct point *point) {
    struct point cleared;
    point_clear(&cleared);
    switch (parameter->offset) {
    case offsetof(struct point, width):
    case offsetof(struct point, width_per_class):
        point->width_per_class = cleared.width_per_class;
        break;
    case offsetof(struct point, lambda):
    case offsetof(struct point, lambdas):
    case offsetof(struct point, kappa_ratio):
        point->lambda = cleared.lambda;
        point->kappa_ratio = cleared.kappa_ratio;
        memcpy(point->lambdas, cleared.lambdas, sizeof cleared.lambdas);
        break;
    case offsetof(struct point, max_steps):
    case offsetof(struct point, horizon):
        point->horizon = cleared.horizon;
        break;
    default:
        break;
    }
}

static double look_up(const void *point, int number) {
    return given_value(number, point);
}

/* All conditions look at the point as it is without overrides. */
static void override(const struct grid *grid, struct point *point) {
    struct point before = *point;
    point_resolve(&before);
    for (int i = 0; i < grid->override_count; i++) {
        const struct override *row = &grid->overrides[i];
        if (!condition_holds(row->where, look_up, &before)) continue;
        for (int j = 0; j < row->set_count; j++) {
            clear_rivals(row->set[j].parameter, point);
            apply(&row->set[j], 0, point);
        }
    }
}

void combination_prepare(struct grid *grid) {
    point_clear(&grid->base);
    for (int i = 0; i < grid->fixed_count; i++)
        apply(&grid->fixed[i], 0, &grid->base);
}

void combination_point(const struct grid *grid, const struct combination *combination,
                       struct point *out) {
    *out = grid->base;
    for (int z = 0; z < grid->zip_count; z++)
        for (int i = 0; i < grid->zips[z].size; i++)
            apply(&grid->axes[grid->zips[z].first + i], combination->at[z], out);
    if (grid->override_count > 0) override(grid, out);
    point_resolve(out);
}

bool combination_excluded(const struct grid *grid, const struct point *point) {
    for (int i = 0; i < grid->exclude_count; i++)
        if (condition_holds(grid->excludes[i], look_up, point)) return true;
    return false;
}

uint64_t combination_number(const struct grid *grid,
                            const struct combination *combination) {
    uint64_t number = 0;
    for (int z = 0; z < grid->zip_count; z++)
        number = number * grid->zips[z].count + combination->at[z];
    return number;
}

uint64_t combination_count(const struct grid *grid, uint64_t zips) {
    uint64_t count = 1;
    for (int z = 0; z < grid->zip_count; z++)
        if (zips >> z & 1 && __builtin_mul_overflow(count, grid->zips[z].count, &count))
            return UINT64_MAX;
    return count;
}

void combination_split(const struct grid *grid, uint64_t zips, uint64_t index,
                       struct combination *out) {
    for (int z = grid->zip_count - 1; z >= 0; z--) {
        out->at[z] = 0;
        if (!(zips >> z & 1)) continue;
        out->at[z] = index % grid->zips[z].count;
        index /= grid->zips[z].count;
    }
}

void combination_advance(const struct grid *grid, uint64_t zips,
                         struct combination *combination) {
    for (int z = grid->zip_count - 1; z >= 0; z--) {
        if (!(zips >> z & 1)) continue;
        if (++combination->at[z] < grid->zips[z].count) return;
        combination->at[z] = 0;
    }
}

/* Descend the zips: `low` .. `low + span` are the combinations of the relevant zips that
 * agree with the positions chosen so far, and each that exists stands for `copies` points
 * by the irrelevant zips that are still to be chosen. */
static void locate(const struct grid *grid, uint64_t index, struct combination *out) {
    const struct bitset *exists = grid->exists;
    uint64_t low = 0, span = exists->size;
    uint64_t copies = combination_count(grid, ~grid->relevant);
    for (int z = 0; z < grid->zip_count; z++) {
        uint64_t count = grid->zips[z].count, before = bitset_rank(exists, low);
        if (!(grid->relevant >> z & 1)) {
            copies /= count;
            uint64_t each = (bitset_rank(exists, low + span) - before) * copies;
            out->at[z] = index / each;
            index %= each;
            continue;
        }
        span /= count;
        uint64_t at = 0, end = count; /* the last position with at most index before it */
        while (end - at > 1) {
            uint64_t middle = at + (end - at) / 2;
            uint64_t rank = bitset_rank(exists, low + middle * span) - before;
            if (rank * copies <= index)
                at = middle;
            else
                end = middle;
        }
        out->at[z] = at;
        low += at * span;
        index -= (bitset_rank(exists, low) - before) * copies;
    }
}

uint64_t grid_count(const struct sweep *sweep) {
    const struct grid *last = &sweep->grids[sweep->grid_count - 1];
    return last->first + last->count;
}

void grid_point(const struct sweep *sweep, uint64_t index, struct point *out) {
    const struct grid *grid = &sweep->grids[sweep->grid_count - 1];
    struct combination combination;
    while (index < grid->first)
        grid--;
    if (grid->exists == NULL)
        combination_split(grid, UINT64_MAX, index - grid->first, &combination);
    else
        locate(grid, index - grid->first, &combination);
    combination_point(grid, &combination, out);
}

const struct axis *grid_find(const struct grid *grid, const struct parameter *parameter) {
    for (int i = 0; i < grid->axis_count; i++)
        if (grid->axes[i].parameter == parameter) return &grid->axes[i];
    for (int i = 0; i < grid->fixed_count; i++)
        if (grid->fixed[i].parameter == parameter) return &grid->fixed[i];
    return NULL;
}

/* Which points two grids share, decided without holding either.
 *
 * A point is sought in a grid by the positions that each of its zips can have: found by
 * search among the values of an axis, by a look at every value where a parameter is
 * derived. The combinations that are left, mostly one or none, are made and compared.
 */
#include <math.h>
#include <string.h>

#include "combination.h"
#include "dufm/derived.h"
#include "dufm/effect.h"

/* ---- values of axes ---- */

/* Number of values that are less than `value`, or equal to it where `or_equal`. */
static uint64_t count_below(const struct axis *axis, double value, bool or_equal) {
    uint64_t low = 0, high = axis->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        double at = axis_value(axis, axis->order[middle]);
        if (at < value || (or_equal && at == value))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void member_range(const struct axis *axis, double value, uint64_t *first,
                  uint64_t *last) {
    *first = *last = 0;
    if (axis->order != NULL) {
        *first = count_below(axis, value, false);
        *last = count_below(axis, value, true);
    } else if (axis->values != NULL) {
        *last = axis_value(axis, 0) == value; /* a fixed value */
    } else if (value >= axis->first && value - axis->first < (double)axis->count) {
        *first = (uint64_t)(value - axis->first);
        *last = *first + (axis_value(axis, *first) == value);
    }
}

static bool has_value(const struct axis *axis, double value) {
    uint64_t first, last;
    member_range(axis, value, &first, &last);
    return first < last;
}

static bool shares_value(const struct axis *one, const struct axis *other) {
    if (one->values == NULL && other->values == NULL)
        return one->first < other->first + (double)other->count &&
               other->first < one->first + (double)one->count;
    if (one->values == NULL) return shares_value(other, one);
    for (uint64_t i = 0; i < one->count; i++)
        if (has_value(other, axis_value(one, i))) return true;
    return false;
}

static bool has_all_values(const struct axis *axis, const struct axis *part) {
    if (part->count > axis->count) return false;
    if (part->values == NULL && axis->values == NULL)
        return has_value(axis, axis_value(part, 0)) &&
               has_value(axis, axis_value(part, part->count - 1));
    for (uint64_t i = 0; i < part->count; i++)
        if (!has_value(axis, axis_value(part, i))) return false;
    return true;
}

/* ---- a point within a grid ---- */

static bool is_derived(const struct parameter *parameter) {
    return given_number(parameter) >= parameter_count;
}

static bool is_overridden(const struct grid *grid, uint64_t parameters) {
    for (int i = 0; i < grid->override_count; i++)
        for (int j = 0; j < grid->overrides[i].set_count; j++)
            if (parameters >> given_number(grid->overrides[i].set[j].parameter) & 1)
                return true;
    return false;
}

/* The values of a choice in a grid, or its fallback alone, in turn; false behind the
 * last. */
static bool next_choice(const struct grid *grid, const struct parameter *parameter,
                        uint64_t index, struct point *out) {
    const struct axis *axis = grid_find(grid, parameter);
    if (index >= (axis != NULL ? axis->count : 1)) return false;
    parameter_set(parameter, axis != NULL ? axis_value(axis, index) : parameter->fallback,
                  out);
    return true;
}

/* Whether some point of the grid may not look at the parameter, and have its idle value
 * instead of the one given (effect.h). */
static bool may_idle(const struct grid *grid, const struct parameter *parameter) {
    const struct parameter *optimizer = parameter_find("optimizer");
    const struct parameter *schedule = parameter_find("schedule");
    struct point point = {0};
    if (isnan(effect_idle(parameter))) return false;
    if (is_overridden(grid, relevance_of_parameter(grid, given_number(parameter))))
        return true;
    for (uint64_t i = 0; next_choice(grid, optimizer, i, &point); i++)
        for (uint64_t j = 0; next_choice(grid, schedule, j, &point); j++)
            if (!effect_is_used(parameter, &point)) return true;
    return false;
}

/* Parameters whose value at a point of the grid need not be that of the axis. */
static bool is_rewritten(const struct grid *grid, const struct parameter *parameter) {
    return is_derived(parameter) || parameter->type == PARAMETER_LAYERS ||
           may_idle(grid, parameter);
}

/* The value of an axis that would make the point. */
static double wanted(const struct parameter *parameter, const struct point *point) {
    if (parameter->offset == offsetof(struct point, lambda)) return point->lambdas[0];
    return parameter_value(parameter, point);
}

/* Whether the value number `index` of an axis may lead to the point. */
static bool may_match(const struct grid *grid, const struct axis *axis, uint64_t index,
                      const struct point *point) {
    const struct parameter *parameter = axis->parameter;
    if (is_derived(parameter))
        return derived_may_match(parameter, axis_value(axis, index), point);
    if (parameter->type == PARAMETER_LAYERS)
        return axis->lengths[index] == point->depth &&
               memcmp(axis->values + index * (uint64_t)axis->stride, point->lambdas,
                      (size_t)point->depth * sizeof(double)) == 0;
    return axis_value(axis, index) == wanted(parameter, point) ||
           may_idle(grid, parameter);
}

struct search {
    const struct grid *grid;
    const struct point *point;
    uint64_t limit; /* combinations below it count */
    struct combination at;
};

static bool is_found(struct search *search) {
    struct point made;
    if (combination_number(search->grid, &search->at) >= search->limit) return false;
    combination_point(search->grid, &search->at, &made);
    return point_equals(&made, search->point);
}

/* Try the positions of zip `z` and of those behind it. */
static bool search_zips(struct search *search, int z) {
    const struct grid *grid = search->grid;
    if (z == grid->zip_count) return is_found(search);
    const struct zip *zip = &grid->zips[z];
    const struct axis *axes = &grid->axes[zip->first];
    const uint64_t *order = NULL;
    uint64_t first = 0, last = zip->count;
    for (int i = 0; i < zip->size; i++) {
        if (is_rewritten(grid, axes[i].parameter)) continue;
        member_range(&axes[i], wanted(axes[i].parameter, search->point), &first, &last);
        order = axes[i].order;
        break;
    }
    for (uint64_t i = first; i < last; i++) {
        uint64_t position = search->at.at[z] = order != NULL ? order[i] : i;
        bool matches = true;
        for (int j = 0; j < zip->size && matches; j++)
            matches = may_match(grid, &axes[j], position, search->point);
        if (matches && search_zips(search, z + 1)) return true;
    }
    return false;
}

bool member_find(const struct grid *grid, const struct point *point, uint64_t limit) {
    struct search search = {.grid = grid, .point = point, .limit = limit};
    return search_zips(&search, 0) && !combination_excluded(grid, point);
}

/* ---- grids within grids ---- */

/* The values that a parameter has at the points of a grid, in `room` where it has one
 * that is not given; NULL where they are not known beforehand. */
static const struct axis *values_of(const struct grid *grid, int number,
                                    struct axis *room, double *value) {
    const struct parameter *parameter = given_row(number);
    uint64_t inputs = relevance_of_parameter(grid, number);
    if (is_rewritten(grid, parameter) || is_overridden(grid, inputs)) return NULL;
    const struct axis *axis = grid_find(grid, parameter);
    bool alone = (inputs & (inputs - 1)) == 0;
    if (axis != NULL || !alone || isnan(parameter->fallback)) return axis;
    *value = parameter->fallback;
    *room =
        (struct axis){.parameter = parameter, .count = 1, .values = value, .stride = 1};
    return room;
}

/* Whether some parameter has no value in common. */
static bool is_disjoint(const struct grid *one, const struct grid *other) {
    for (int i = 0; i < parameter_count; i++) {
        struct axis rooms[2];
        double values[2];
        const struct axis *here = values_of(one, i, &rooms[0], &values[0]);
        const struct axis *there = values_of(other, i, &rooms[1], &values[1]);
        if (here != NULL && there != NULL && !shares_value(here, there)) return true;
    }
    return false;
}

/* An axis of its own. */
static const struct axis *find_free(const struct grid *grid,
                                    const struct parameter *parameter) {
    for (int z = 0; z < grid->zip_count; z++) {
        const struct axis *axis = &grid->axes[grid->zips[z].first];
        if (grid->zips[z].size == 1 && axis->parameter == parameter) return axis;
    }
    return NULL;
}

/* Whether membership does not depend on this axis: all of its values are among those of a
 * free axis of the earlier grid, and it does nothing but set its own parameter. */
static bool is_free(const struct axis *axis, const struct grid *grid,
                    const struct grid *earlier) {
    uint64_t entangled = grid->entangled | earlier->entangled;
    const struct axis *other = find_free(earlier, axis->parameter);
    return other != NULL && !is_rewritten(grid, axis->parameter) &&
           !(entangled >> given_number(axis->parameter) & 1) &&
           has_all_values(other, axis);
}

uint64_t member_relevant(const struct grid *grid, const struct grid *earlier,
                         bool *disjoint) {
    uint64_t zips = 0;
    *disjoint = is_disjoint(grid, earlier);
    for (int z = 0; z < grid->zip_count && !*disjoint; z++)
        for (int i = 0; i < grid->zips[z].size; i++)
            if (!is_free(&grid->axes[grid->zips[z].first + i], grid, earlier))
                zips |= UINT64_C(1) << z;
    return zips;
}

uint64_t member_relevant_itself(const struct grid *grid) {
    static const char *const targets[][2] = {{"width_per_class", "width"},
                                             {"kappa_ratio", "lambda"},
                                             {"horizon", "max_steps"}};
    uint64_t zips = 0;
    for (int i = 0; i < grid->axis_count; i++) {
        const struct parameter *parameter = grid->axes[i].parameter;
        if (may_idle(grid, parameter))
            zips |= relevance_zips(grid,
                                   relevance_of_parameter(grid, given_number(parameter)));
        for (size_t j = 0; j < sizeof targets / sizeof *targets; j++)
            if (strcmp(parameter->name, targets[j][0]) == 0)
                zips |= relevance_zips(
                    grid, relevance_of_parameter(grid, given_find(targets[j][1])));
    }
    return zips;
}

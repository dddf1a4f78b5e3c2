/* Parameters in which the points of a sweep differ. */
#include "spec.h"

/* The stored parameter with one value that says the same. */
static int stored_number(int number) {
    uint64_t rivals = spec_rivals(number);
    if (number < parameter_count) return number;
    for (int i = 0; i < parameter_count; i++)
        if (rivals >> i & 1 && given_row(i)->type != PARAMETER_LAYERS) return i;
    return number;
}

static bool has_choice(const struct grid *grid, uint64_t parameters) {
    return combination_count(grid, relevance_zips(grid, parameters)) > 1;
}

/* By an axis, by what is derived from one, or by an override. */
static bool varies_within(const struct grid *grid, int number) {
    if (has_choice(grid, UINT64_C(1) << number)) return true;
    for (int i = parameter_count; i < given_count(); i++)
        if (stored_number(i) == number && relevance_gives(grid, i) &&
            has_choice(grid, relevance_of_parameter(grid, number)))
            return true;
    for (int i = 0; i < grid->override_count; i++)
        for (int j = 0; j < grid->overrides[i].set_count; j++)
            if (number ==
                stored_number(given_number(grid->overrides[i].set[j].parameter)))
                return true;
    return false;
}

/* Whether two grids of one value each have another one; a derived one counts as such. */
static bool differs(const struct grid *one, const struct grid *other, int number) {
    const struct parameter *parameter = given_row(number);
    const struct axis *here = grid_find(one, parameter);
    const struct axis *there = grid_find(other, parameter);
    if (here == NULL && there == NULL) return false;
    if (parameter->type == PARAMETER_LAYERS) return true;
    double a = here != NULL ? axis_value(here, 0) : parameter->fallback;
    double b = there != NULL ? axis_value(there, 0) : parameter->fallback;
    return a != b;
}

static bool varies(const struct sweep *sweep, int number) {
    for (int g = 0; g < sweep->grid_count; g++) {
        if (varies_within(&sweep->grids[g], number)) return true;
        for (int i = 0; g > 0 && i < given_count(); i++)
            if (stored_number(i) == number &&
                differs(&sweep->grids[0], &sweep->grids[g], i))
                return true;
    }
    return false;
}

int sweep_varying(const struct sweep *sweep, const struct parameter **out) {
    uint64_t listed = 0;
    int count = 0;
    for (int g = 0; g < sweep->grid_count; g++)
        for (int i = 0; i < sweep->grids[g].axis_count; i++) {
            const struct axis *axis = &sweep->grids[g].axes[i];
            int number = stored_number(given_number(axis->parameter));
            if (listed >> number & 1 || !varies(sweep, number)) continue;
            listed |= UINT64_C(1) << number;
            out[count++] = given_row(number);
        }
    for (int number = 0; number < parameter_count; number++)
        if (!(listed >> number & 1) && varies(sweep, number))
            out[count++] = given_row(number);
    return count;
}

/* Free a sweep. */
#include <stdlib.h>

#include "bitset.h"
#include "dufm/sweep.h"

static void destroy_axes(struct axis *axes, int count) {
    for (int i = 0; i < count; i++) {
        free(axes[i].values);
        free(axes[i].lengths);
        free(axes[i].order);
    }
    free(axes);
}

static void destroy_grid(struct grid *grid) {
    destroy_axes(grid->axes, grid->axis_count);
    destroy_axes(grid->fixed, grid->fixed_count);
    free(grid->zips);
    for (int i = 0; i < grid->override_count; i++) {
        condition_destroy(&grid->overrides[i].where);
        destroy_axes(grid->overrides[i].set, grid->overrides[i].set_count);
    }
    free(grid->overrides);
    for (int i = 0; i < grid->exclude_count; i++)
        condition_destroy(&grid->excludes[i]);
    free(grid->excludes);
    free(grid->inputs);
    bitset_destroy(&grid->exists);
}

void sweep_destroy(struct sweep **sweep) {
    if (*sweep == NULL) return;
    for (int i = 0; i < (*sweep)->grid_count; i++)
        destroy_grid(&(*sweep)->grids[i]);
    free((*sweep)->grids);
    free((*sweep)->path);
    free((*sweep)->name);
    free((*sweep)->text);
    free(*sweep);
    *sweep = NULL;
}

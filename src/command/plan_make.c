/* What a sweep will cost, by kinds of points, so that 10^8 points are planned at once. */
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "dufm/solve.h"
#include "dufm/store.h"
#include "plan.h"

/* What the time and the size of a point depend on. */
static const char *const cost_parameters[] = {
    "depth",       "width",     "classes",   "samples",      "max_steps",
    "decay_steps", "optimizer", "schedule",  "lbfgs_memory", "max_seconds",
    "imbalance",   "loss",      "curvature", "kick",         NULL};

static int compare_shapes(const void *left, const void *right) {
    const struct plan_kind *a = left, *b = right;
    const int differences[][2] = {
        {a->depth, b->depth},         {a->width, b->width},
        {a->classes, b->classes},     {a->samples, b->samples},
        {a->max_steps, b->max_steps}, {a->decay_steps, b->decay_steps},
        {a->optimizer, b->optimizer}};
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++)
        if (differences[i][0] != differences[i][1])
            return differences[i][0] < differences[i][1] ? -1 : 1;
    if (a->max_seconds != b->max_seconds) return a->max_seconds > b->max_seconds ? 1 : -1;
    return (a->seconds > b->seconds) - (a->seconds < b->seconds); /* of the rest */
}

static int compare_seconds(const void *left, const void *right) {
    const struct plan_kind *a = left, *b = right;
    if (a->seconds != b->seconds) return a->seconds > b->seconds ? -1 : 1;
    return compare_shapes(left, right);
}

/* Make one of the kinds that several grids, or several values, share. */
static void merge_kinds(struct plan *plan) {
    uint64_t kept = 0;
    if (plan->kind_count == 0) return; /* qsort takes no null pointer, even of nothing */
    qsort(plan->kinds, plan->kind_count, sizeof *plan->kinds, compare_shapes);
    for (uint64_t i = 0; i < plan->kind_count; i++)
        if (kept > 0 && compare_shapes(&plan->kinds[kept - 1], &plan->kinds[i]) == 0)
            plan->kinds[kept - 1].points += plan->kinds[i].points;
        else
            plan->kinds[kept++] = plan->kinds[i];
    plan->kind_count = kept;
}

/* Merges before it takes more memory. */
static enum error make_room(struct plan *plan, uint64_t *room) {
    void *memory = NULL;
    if (plan->kind_count < *room) return ERROR_NONE;
    merge_kinds(plan);
    if (plan->kind_count < *room / 2) return ERROR_NONE;
    uint64_t larger = 2 * *room + 64;
    TRY(memory_allocate(larger, sizeof *plan->kinds, &memory));
    if (plan->kind_count > 0)
        memcpy(memory, plan->kinds, plan->kind_count * sizeof *plan->kinds);
    free(plan->kinds);
    plan->kinds = memory;
    *room = larger;
    return ERROR_NONE;
}

static enum error add_kinds(struct plan *plan, const struct grid_view *view,
                            uint64_t *room) {
    for (uint64_t i = 0; i < view->count; i++) {
        struct point point;
        uint64_t points = grid_view_point(view, i, &point);
        if (points == 0) continue;
        TRY(make_room(plan, room));
        plan->kinds[plan->kind_count++] =
            (struct plan_kind){.depth = point.depth,
                               .width = point.width,
                               .classes = point.classes,
                               .samples = point.samples,
                               .max_steps = point.max_steps,
                               .decay_steps = point.decay_steps,
                               .optimizer = point.optimizer,
                               .max_seconds = point.max_seconds,
                               .points = points,
                               .seconds = solver_predict_seconds(&point)};
    }
    return ERROR_NONE;
}

enum error plan_make(const struct sweep *sweep, struct plan *out) {
    uint64_t room = 0;
    *out = (struct plan){
        .sweep = sweep, .points = grid_count(sweep), .file_bytes = store_size(sweep)};
    TRY(solver_memory(sweep, &out->worker_bytes));
    for (int i = 0; i < sweep->grid_count; i++) {
        struct grid_view view;
        enum error error = grid_view_create(&sweep->grids[i], cost_parameters, &view);
        if (error == ERROR_NONE) error = add_kinds(out, &view, &room);
        grid_view_destroy(&view);
        TRY(error);
    }
    merge_kinds(out);
    qsort(out->kinds, out->kind_count, sizeof *out->kinds, compare_seconds);
    for (uint64_t i = 0; i < out->kind_count; i++)
        out->seconds += out->kinds[i].seconds * (double)out->kinds[i].points;
    return ERROR_NONE;
}

void plan_release(struct plan *plan) {
    free(plan->kinds);
    plan->kinds = NULL;
}

bool plan_defaults(const struct sweep *sweep, const struct parameter *parameter) {
    for (int i = 0; i < sweep->grid_count; i++)
        if (grid_find(&sweep->grids[i], parameter) != NULL) return false;
    return !parameter->required;
}

uint64_t plan_shown(const struct plan *plan, uint64_t *list) {
    uint64_t count = 0, all = plan->points;
    for (uint64_t i = 0; i < all && i < plan->shown; i++)
        list[count++] = i;
    uint64_t last = all > plan->shown ? all - plan->shown : all;
    for (uint64_t i = last > count ? last : count; i < all; i++)
        list[count++] = i;
    return count;
}

/* A plan as JSON. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dufm/memory.h"
#include "plan.h"

enum { LISTED = 1000 }; /* values of an axis, kinds */

/* NULL for what JSON cannot say: derived and unlimited values. */
static json_t *json_of_value(const struct parameter *parameter, double value) {
    if (!isfinite(value)) return json_null();
    if (parameter->type == PARAMETER_CHOICE)
        return json_string(parameter->choices[(int)value]);
    if (parameter->type == PARAMETER_INTEGER) return json_integer((json_int_t)value);
    return json_real(value);
}

static json_t *json_of_layers(const struct axis *axis, uint64_t index) {
    json_t *list = json_array();
    for (int i = 0; i < axis->lengths[index]; i++)
        json_array_append_new(
            list, json_real(axis->values[index * (uint64_t)axis->stride + (uint64_t)i]));
    return list;
}

static json_t *json_of_item(const struct axis *axis, uint64_t index) {
    if (axis->parameter->type == PARAMETER_LAYERS) return json_of_layers(axis, index);
    return json_of_value(axis->parameter, axis_value(axis, index));
}

/* The first LISTED values; `count` says how many there are. */
static json_t *json_of_axis(const struct axis *axis) {
    json_t *values = json_array();
    for (uint64_t i = 0; i < axis->count && i < LISTED; i++)
        json_array_append_new(values, json_of_item(axis, i));
    return json_pack("{s:s, s:I, s:o}", "name", axis->parameter->name, "count",
                     (json_int_t)axis->count, "values", values);
}

static json_t *json_of_axes(const struct grid *grid) {
    json_t *list = json_array();
    for (int i = 0; i < grid->axis_count; i++)
        json_array_append_new(list, json_of_axis(&grid->axes[i]));
    return list;
}

static json_t *json_of_fixed(const struct axis *axes, int count) {
    json_t *object = json_object();
    for (int i = 0; i < count; i++)
        json_object_set_new(object, axes[i].parameter->name, json_of_item(&axes[i], 0));
    return object;
}

/* Names of the axes that move together. */
static json_t *json_of_zips(const struct grid *grid) {
    json_t *list = json_array();
    for (int z = 0; z < grid->zip_count; z++) {
        const struct zip *zip = &grid->zips[z];
        json_t *names = json_array();
        for (int i = 0; i < zip->size; i++)
            json_array_append_new(
                names, json_string(grid->axes[zip->first + i].parameter->name));
        if (zip->size > 1)
            json_array_append_new(list, names);
        else
            json_decref(names);
    }
    return list;
}

static json_t *json_of_excludes(const struct grid *grid) {
    json_t *list = json_array();
    for (int i = 0; i < grid->exclude_count; i++)
        json_array_append_new(list, json_string(condition_text(grid->excludes[i])));
    return list;
}

static json_t *json_of_overrides(const struct grid *grid) {
    json_t *list = json_array();
    for (int i = 0; i < grid->override_count; i++) {
        const struct override *row = &grid->overrides[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:o}", "where", condition_text(row->where),
                                        "set", json_of_fixed(row->set, row->set_count)));
    }
    return list;
}

static json_t *json_of_grid(const struct grid *grid) {
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "axes",
                     json_of_axes(grid), "zips", json_of_zips(grid), "fixed",
                     json_of_fixed(grid->fixed, grid->fixed_count), "override",
                     json_of_overrides(grid), "exclude", json_of_excludes(grid),
                     "combinations", (json_int_t)grid->product, "excluded",
                     (json_int_t)grid->excluded, "repeated", (json_int_t)grid->repeated,
                     "points", (json_int_t)grid->count);
}

static json_t *json_of_grids(const struct sweep *sweep) {
    json_t *list = json_array();
    for (int i = 0; i < sweep->grid_count; i++)
        json_array_append_new(list, json_of_grid(&sweep->grids[i]));
    return list;
}

static json_t *json_of_defaults(const struct sweep *sweep) {
    json_t *object = json_object();
    for (int i = 0; i < parameter_count; i++)
        if (plan_defaults(sweep, &parameter_table[i]))
            json_object_set_new(
                object, parameter_table[i].name,
                json_of_value(&parameter_table[i], parameter_table[i].fallback));
    return object;
}

static json_t *json_of_kinds(const struct plan *plan) {
    json_t *list = json_array();
    for (uint64_t i = 0; i < plan->kind_count && i < LISTED; i++) {
        const struct plan_kind *kind = &plan->kinds[i];
        json_array_append_new(
            list,
            json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:s, s:I, s:f, s:f}", "depth",
                      kind->depth, "width", kind->width, "classes", kind->classes,
                      "samples", kind->samples, "max_steps", kind->max_steps,
                      "decay_steps", kind->decay_steps, "optimizer",
                      parameter_find("optimizer")->choices[kind->optimizer], "points",
                      (json_int_t)kind->points, "seconds_per_point", kind->seconds,
                      "core_hours", kind->seconds * (double)kind->points / 3600));
    }
    return list;
}

/* Every parameter of a point as it will be stored. */
static json_t *json_of_point(const struct sweep *sweep, uint64_t index) {
    struct point point;
    grid_point(sweep, index, &point);
    json_t *object = json_pack("{s:I}", "number", (json_int_t)index);
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        json_t *value;
        if (parameter->type != PARAMETER_LAYERS) {
            value = json_of_value(parameter, parameter_value(parameter, &point));
        } else {
            value = json_array();
            for (int layer = 0; layer < point.depth; layer++)
                json_array_append_new(value, json_real(point.lambdas[layer]));
        }
        json_object_set_new(object, parameter->name, value);
    }
    return object;
}

static json_t *json_of_points(const struct plan *plan, const uint64_t *list,
                              uint64_t count) {
    json_t *points = json_array();
    for (uint64_t i = 0; i < count; i++)
        json_array_append_new(points, json_of_point(plan->sweep, list[i]));
    return points;
}

/* `points` and `explanation` come from what can fail. The first grid's axes stand at the
 * top for the many sweeps that have no other. */
static json_t *json_of_plan(const struct plan *plan, json_t *points,
                            const char *explanation) {
    const struct sweep *sweep = plan->sweep;
    const struct output *output = &sweep->output;
    const struct grid *first = &sweep->grids[0];
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:o, s:{s:i, s:b, s:b}, s:o, s:I, s:o, s:f, "
        "s:I, s:I}",
        "name", sweep->name, "path", sweep->path, "explanation", explanation, "points",
        (json_int_t)plan->points, "axes", json_of_axes(first), "fixed",
        json_of_fixed(first->fixed, first->fixed_count), "grids", json_of_grids(sweep),
        "defaults", json_of_defaults(sweep), "output", "history", output->history, "gram",
        output->gram, "weights", output->weights, "shown", points, "kind_count",
        (json_int_t)plan->kind_count, "kinds", json_of_kinds(plan), "core_hours",
        plan->seconds / 3600, "worker_bytes", (json_int_t)plan->worker_bytes,
        "file_bytes", (json_int_t)plan->file_bytes);
}

/* Missing pieces are noticed once, here: json_pack fails when one of them is NULL. */
enum error plan_print_json(const struct plan *plan) {
    void *list = NULL;
    char *explanation = NULL;
    enum error error;
    TRY(memory_allocate(2 * plan->shown + 1, sizeof(uint64_t), &list));
    TRY_OR(cleanup, error, sweep_explain(plan->sweep, &explanation));
    uint64_t count = plan_shown(plan, list);
    json_t *object = json_of_plan(plan, json_of_points(plan, list, count), explanation);
    if (object == NULL)
        error =
            RAISE(ERROR_SYSTEM, "the plan cannot be written as JSON (its name or path "
                                "is not UTF-8, or memory ran out)");
    else if (json_dumpf(object, stdout, JSON_INDENT(2)) != 0 || printf("\n") < 0)
        error = RAISE(ERROR_SYSTEM, "cannot write the plan");
    json_decref(object);
cleanup:
    free(explanation);
    free(list);
    return error;
}

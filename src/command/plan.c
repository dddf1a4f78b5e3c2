/* dufm plan: what a sweep will be and cost, without running anything.
 *
 * The cost is summed over kinds of points, the sub-grid of the parameters that it depends
 * on, so that a sweep of 10^8 points is planned at once.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/clock.h"
#include "dufm/command.h"
#include "dufm/memory.h"
#include "dufm/solve.h"
#include "dufm/store.h"
#include "dufm/sweep.h"

enum {
    KINDS_SHOWN = 12,   /* rows of the table for people */
    KINDS_LISTED = 1000 /* entries in JSON */
};

/* What the time and the size of a point depend on. */
static const char *const cost_parameters[] = {"depth",       "width",     "classes",
                                              "samples",     "max_steps", "decay_steps",
                                              "max_seconds", NULL};

/* Points of one cost. */
struct kind {
    struct point point; /* one of them */
    double seconds;     /* of the descent of one, at most */
};

struct plan {
    const struct sweep *sweep; /* not owned */
    uint64_t points;
    uint64_t kind_count;
    uint64_t kind_points; /* points of each kind: the other axes' product */
    struct kind *kinds;   /* size kept: the longest, longest first; owned */
    int kept;
    double seconds; /* of all points on one core, if each runs to its end */
    size_t worker_bytes;
    uint64_t file_bytes;
};

/* Keep the kind if it is among the `limit` longest; equal ones in the grid's order. */
static void keep_kind(struct plan *plan, int limit, const struct kind *kind) {
    if (plan->kept == limit && kind->seconds <= plan->kinds[limit - 1].seconds) return;
    if (plan->kept < limit) plan->kept++;
    int at = plan->kept - 1;
    for (; at > 0 && plan->kinds[at - 1].seconds < kind->seconds; at--)
        plan->kinds[at] = plan->kinds[at - 1];
    plan->kinds[at] = *kind;
}

static enum error make_plan(const struct sweep *sweep, int limit, struct plan *plan) {
    struct grid_view view = grid_project(sweep, cost_parameters);
    void *memory = NULL;
    TRY(memory_allocate((size_t)limit, sizeof(struct kind), &memory));
    *plan = (struct plan){.sweep = sweep,
                          .points = grid_count(sweep),
                          .kind_count = view.count,
                          .kind_points = view.multiplicity,
                          .kinds = memory,
                          .worker_bytes = solver_memory(sweep),
                          .file_bytes = store_size(sweep)};
    for (uint64_t i = 0; i < view.count; i++) {
        struct kind kind;
        grid_view_point(&view, i, &kind.point);
        kind.seconds = fmin(solver_predict_seconds(&kind.point), kind.point.max_seconds);
        plan->seconds += kind.seconds * (double)view.multiplicity;
        keep_kind(plan, limit, &kind);
    }
    return ERROR_NONE;
}

/* ---- text ---- */

static void format_bytes(double bytes, char *text, size_t size) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, size, "%.3g %s", bytes, units[unit]);
}

static enum error print_axis(const struct axis *axis, bool count) {
    char *values = NULL;
    TRY(axis_describe(axis, &values));
    printf("  %-18s", axis->parameter->name);
    if (count) printf("%" PRIu64 " value%s: ", axis->count, axis->count == 1 ? "" : "s");
    printf("%s\n", values);
    free(values);
    return ERROR_NONE;
}

static enum error print_axes(const struct sweep *sweep) {
    printf("axes\n");
    for (int i = 0; i < sweep->axis_count; i++)
        TRY(print_axis(&sweep->axes[i], true));
    if (sweep->fixed_count > 0) printf("fixed\n");
    for (int i = 0; i < sweep->fixed_count; i++)
        TRY(print_axis(&sweep->fixed[i], false));
    return ERROR_NONE;
}

/* Whether the sweep leaves the parameter to its default; lambda and lambdas have none. */
static bool is_defaulted(const struct sweep *sweep, const struct parameter *parameter) {
    return !parameter->required && sweep_find(sweep, parameter) == NULL;
}

static void print_defaults(const struct plan *plan) {
    printf("defaults\n");
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        if (!is_defaulted(plan->sweep, parameter)) continue;
        printf("  %-18s", parameter->name);
        if (isnan(parameter->fallback))
            printf("derived\n");
        else if (isinf(parameter->fallback))
            printf("unlimited\n");
        else if (parameter->type == PARAMETER_CHOICE)
            printf("%s\n", parameter->choices[(int)parameter->fallback]);
        else
            printf("%.12g\n", parameter->fallback);
    }
}

static void print_kinds(const struct plan *plan) {
    printf("kinds of points, longest first\n  %5s %6s %7s %7s %10s %12s  %s\n", "depth",
           "width", "classes", "samples", "steps", "points", "at most, each");
    for (int i = 0; i < plan->kept; i++) {
        const struct point *point = &plan->kinds[i].point;
        char time[64];
        clock_format(plan->kinds[i].seconds, time, sizeof time);
        printf("  %5d %6d %7d %7d %10.0f %12" PRIu64 "  %s\n", point->depth, point->width,
               point->classes, point->samples,
               (double)point->max_steps + point->decay_steps, plan->kind_points, time);
    }
    if (plan->kind_count > (uint64_t)plan->kept)
        printf("  ... and %" PRIu64 " shorter kinds\n",
               plan->kind_count - (uint64_t)plan->kept);
}

static void print_costs(const struct plan *plan) {
    char time[64], worker[32], file[32];
    clock_format(plan->seconds, time, sizeof time);
    format_bytes((double)plan->worker_bytes, worker, sizeof worker);
    format_bytes((double)plan->file_bytes, file, sizeof file);
    printf("cost     %s of one core (%.3g core-hours) if every point runs to max_steps\n"
           "memory   %s a worker\n"
           "file     %s\n",
           time, plan->seconds / 3600, worker, file);
}

static enum error print_text(const struct plan *plan) {
    const struct output *output = &plan->sweep->output;
    printf("sweep    %s (%s)\npoints   %" PRIu64 "\n", plan->sweep->name,
           plan->sweep->path, plan->points);
    TRY(print_axes(plan->sweep));
    print_defaults(plan);
    printf("output\n  history %d, gram %s, weights %s\n", output->history,
           output->gram ? "true" : "false", output->weights ? "true" : "false");
    print_kinds(plan);
    print_costs(plan);
    return ERROR_NONE;
}

/* ---- JSON ---- */

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

/* The first KINDS_LISTED values; `count` says how many there are. */
static json_t *json_of_axis(const struct axis *axis) {
    json_t *values = json_array();
    for (uint64_t i = 0; i < axis->count && i < KINDS_LISTED; i++)
        json_array_append_new(values, json_of_item(axis, i));
    return json_pack("{s:s, s:I, s:o}", "name", axis->parameter->name, "count",
                     (json_int_t)axis->count, "values", values);
}

static json_t *json_of_axes(const struct sweep *sweep) {
    json_t *list = json_array();
    for (int i = 0; i < sweep->axis_count; i++)
        json_array_append_new(list, json_of_axis(&sweep->axes[i]));
    return list;
}

static json_t *json_of_fixed(const struct sweep *sweep) {
    json_t *object = json_object();
    for (int i = 0; i < sweep->fixed_count; i++)
        json_object_set_new(object, sweep->fixed[i].parameter->name,
                            json_of_item(&sweep->fixed[i], 0));
    return object;
}

static json_t *json_of_defaults(const struct sweep *sweep) {
    json_t *object = json_object();
    for (int i = 0; i < parameter_count; i++)
        if (is_defaulted(sweep, &parameter_table[i]))
            json_object_set_new(
                object, parameter_table[i].name,
                json_of_value(&parameter_table[i], parameter_table[i].fallback));
    return object;
}

static json_t *json_of_kinds(const struct plan *plan) {
    json_t *list = json_array();
    for (int i = 0; i < plan->kept; i++) {
        const struct point *point = &plan->kinds[i].point;
        double seconds = plan->kinds[i].seconds;
        json_array_append_new(
            list, json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:I, s:f, s:f}", "depth",
                            point->depth, "width", point->width, "classes",
                            point->classes, "samples", point->samples, "max_steps",
                            point->max_steps, "decay_steps", point->decay_steps, "points",
                            (json_int_t)plan->kind_points, "seconds_per_point", seconds,
                            "core_hours", seconds * (double)plan->kind_points / 3600));
    }
    return list;
}

static json_t *json_of_plan(const struct plan *plan) {
    const struct sweep *sweep = plan->sweep;
    const struct output *output = &sweep->output;
    return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:{s:i, s:b, s:b}, s:I, s:o, s:f, "
                     "s:I, s:I}",
                     "name", sweep->name, "path", sweep->path, "points",
                     (json_int_t)plan->points, "axes", json_of_axes(sweep), "fixed",
                     json_of_fixed(sweep), "defaults", json_of_defaults(sweep), "output",
                     "history", output->history, "gram", output->gram, "weights",
                     output->weights, "kind_count", (json_int_t)plan->kind_count, "kinds",
                     json_of_kinds(plan), "core_hours", plan->seconds / 3600,
                     "worker_bytes", (json_int_t)plan->worker_bytes, "file_bytes",
                     (json_int_t)plan->file_bytes);
}

/* Missing pieces are noticed once, here: json_pack fails when one of them is NULL. */
static enum error print_json(const struct plan *plan) {
    json_t *object = json_of_plan(plan);
    if (object == NULL)
        return RAISE(ERROR_SYSTEM, "the plan cannot be written as JSON (its name or path "
                                   "is not UTF-8, or memory ran out)");
    int failed = json_dumpf(object, stdout, JSON_INDENT(2));
    json_decref(object);
    return failed || printf("\n") < 0 ? RAISE(ERROR_SYSTEM, "cannot write the plan")
                                      : ERROR_NONE;
}

/* ---- command ---- */

static enum error plan_sweep(const char *path, bool json) {
    struct sweep *sweep = NULL;
    struct plan plan = {0};
    enum error error;
    TRY_OR(cleanup, error, sweep_read(path, &sweep));
    TRY_OR(cleanup, error, make_plan(sweep, json ? KINDS_LISTED : KINDS_SHOWN, &plan));
    TRY_OR(cleanup, error, json ? print_json(&plan) : print_text(&plan));
    if (fflush(stdout) != 0) error = RAISE(ERROR_SYSTEM, "cannot write the plan");
cleanup:
    free(plan.kinds);
    sweep_destroy(&sweep);
    return error;
}

static int run(int argc, char **argv) {
    bool json = false, helped = false;
    const char *path = NULL;
    int found = 0;
    const struct option_row rows[] = {
        {"json", 0, OPTION_FLAG, &json, NULL, "print the plan as JSON"}};
    const struct option_set set = {&command_plan, rows, sizeof rows / sizeof *rows};
    enum error error = option_parse(&set, argc, argv, &path, 1, &found, &helped);
    if (error == ERROR_NONE && helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE && found == 0)
        error = RAISE(ERROR_USAGE, "no sweep file; usage: dufm plan SWEEP.yaml [--json]");
    if (error == ERROR_NONE) error = plan_sweep(path, json);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_plan, error);
}

const struct command command_plan = {
    .name = "plan",
    .summary = "Show how many points a sweep has and what they will cost",
    .arguments = "SWEEP.yaml",
    .details = "Reads and checks the sweep and predicts the time of each kind of point, "
               "the memory of\na worker and the size of the result file. Nothing is run "
               "or written.\n\nExample:\n  dufm plan sweeps/quickstart.yaml",
    .run = run,
};

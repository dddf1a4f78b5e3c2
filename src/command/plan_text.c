/* A plan for people. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dufm/clock.h"
#include "dufm/given.h"
#include "dufm/memory.h"
#include "plan.h"

enum {
    KINDS_SHOWN = 12,
    CELL = 16 /* width of a column of the points */
};

static void format_bytes(double bytes, char *text, size_t size) {
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    size_t unit = 0;
    while (bytes >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        unit++;
    }
    snprintf(text, size, "%.3g %s", bytes, units[unit]);
}

static enum error print_explanation(const struct sweep *sweep) {
    char *text = NULL;
    TRY(sweep_explain(sweep, &text));
    printf("%s", text);
    free(text);
    return ERROR_NONE;
}

static void format_value(const struct parameter *parameter, double value, char *text,
                         size_t size) {
    if (isnan(value))
        snprintf(text, size, "-");
    else if (isinf(value))
        snprintf(text, size, "unlimited");
    else if (parameter->type == PARAMETER_CHOICE)
        snprintf(text, size, "%s", parameter->choices[(int)value]);
    else
        snprintf(text, size, "%.8g", value);
}

static void print_defaults(const struct sweep *sweep) {
    printf("defaults\n");
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        char text[64] = "derived";
        if (!plan_defaults(sweep, parameter)) continue;
        if (!isnan(parameter->fallback))
            format_value(parameter, parameter->fallback, text, sizeof text);
        printf("  %-18s%s\n", parameter->name, text);
    }
}

/* Parameters in which the points differ; lists of lambdas have no column. */
static int choose_columns(const struct sweep *sweep, const struct parameter **columns) {
    const struct parameter *varying[GIVEN_MAX];
    int count = 0, all = sweep_varying(sweep, varying);
    for (int i = 0; i < all; i++)
        if (varying[i]->type != PARAMETER_LAYERS) columns[count++] = varying[i];
    return count;
}

static enum error print_points(const struct plan *plan) {
    const struct parameter *columns[GIVEN_MAX];
    int count = choose_columns(plan->sweep, columns);
    void *memory = NULL;
    TRY(memory_allocate(2 * plan->shown + 1, sizeof(uint64_t), &memory));
    const uint64_t *list = memory;
    uint64_t rows = plan_shown(plan, memory);
    if (rows > 0) {
        printf("points\n  %*s", CELL - 4, "number");
        for (int i = 0; i < count; i++)
            printf(" %*s", CELL, columns[i]->name);
        printf("\n");
    }
    for (uint64_t row = 0; row < rows; row++) {
        struct point point;
        char text[64];
        if (row > 0 && list[row] != list[row - 1] + 1) printf("  %*s\n", CELL - 4, "...");
        grid_point(plan->sweep, list[row], &point);
        printf("  %*" PRIu64, CELL - 4, list[row]);
        for (int i = 0; i < count; i++) {
            format_value(columns[i], parameter_value(columns[i], &point), text,
                         sizeof text);
            printf(" %*s", CELL, text);
        }
        printf("\n");
    }
    free(memory);
    return ERROR_NONE;
}

static void print_kinds(const struct plan *plan) {
    const char *const *optimizers = parameter_find("optimizer")->choices;
    printf("kinds of points, longest first\n  %5s %6s %7s %7s %9s %10s %12s  %s\n",
           "depth", "width", "classes", "samples", "optimizer", "steps", "points",
           "at most, each");
    for (uint64_t i = 0; i < plan->kind_count && i < KINDS_SHOWN; i++) {
        const struct plan_kind *kind = &plan->kinds[i];
        char time[64];
        clock_format(kind->seconds, time, sizeof time);
        printf("  %5d %6d %7d %7d %9s %10.0f %12" PRIu64 "  %s\n", kind->depth,
               kind->width, kind->classes, kind->samples, optimizers[kind->optimizer],
               (double)kind->max_steps + kind->decay_steps, kind->points, time);
    }
    if (plan->kind_count > KINDS_SHOWN)
        printf("  ... and %" PRIu64 " shorter kinds\n", plan->kind_count - KINDS_SHOWN);
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

enum error plan_print_text(const struct plan *plan) {
    const struct output *output = &plan->sweep->output;
    printf("sweep    %s (%s)\npoints   %" PRIu64 "\n", plan->sweep->name,
           plan->sweep->path, plan->points);
    TRY(print_explanation(plan->sweep));
    TRY(print_points(plan));
    print_defaults(plan->sweep);
    printf("output\n  history %d, gram %s, weights %s\n", output->history,
           output->gram ? "true" : "false", output->weights ? "true" : "false");
    print_kinds(plan);
    print_costs(plan);
    return ERROR_NONE;
}

/* dufm plan: what a sweep will be and cost, without running anything. */
#include <stdio.h>

#include "dufm/command.h"
#include "plan.h"

enum { POINTS_SHOWN = 3, POINTS_MAX = 100000 };

static enum error plan_sweep(const char *path, int points, bool json) {
    struct sweep *sweep = NULL;
    struct plan plan = {0};
    enum error error;
    TRY_OR(cleanup, error, sweep_read(path, &sweep));
    TRY_OR(cleanup, error, plan_make(sweep, &plan));
    plan.shown = (uint64_t)points;
    TRY_OR(cleanup, error, json ? plan_print_json(&plan) : plan_print_text(&plan));
    if (fflush(stdout) != 0) error = RAISE(ERROR_SYSTEM, "cannot write the plan");
cleanup:
    plan_release(&plan);
    sweep_destroy(&sweep);
    return error;
}

static int run(int argc, char **argv) {
    bool json = false, helped = false;
    const char *path = NULL;
    int found = 0, points = POINTS_SHOWN;
    const struct option_row rows[] = {
        {"points", 0, OPTION_INTEGER, &points, "N",
         "show the first and the last N points (default 3)"},
        {"json", 0, OPTION_FLAG, &json, NULL, "as a JSON object"}};
    const struct option_set set = {&command_plan, rows, sizeof rows / sizeof *rows};
    enum error error = option_parse(&set, argc, argv, &path, 1, &found, &helped);
    if (error == ERROR_NONE && helped) return EXIT_CODE_OK;
    if (error == ERROR_NONE && found == 0)
        error = RAISE(ERROR_USAGE, "no sweep file; usage: dufm plan SWEEP.yaml [--json]");
    if (error == ERROR_NONE && (points < 0 || points > POINTS_MAX))
        error =
            RAISE(ERROR_USAGE, "--points is %d; expected 0 to %d", points, POINTS_MAX);
    if (error == ERROR_NONE) error = plan_sweep(path, points, json);
    return error == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_plan, error);
}

const struct command command_plan = {
    .name = "plan",
    .summary = "Show how many points a sweep has and what they will cost",
    .arguments = "SWEEP.yaml",
    .details =
        "Reads and checks the sweep, says in words what it means, shows its first and\n"
        "last points and predicts the time of each kind of point, the memory of a "
        "worker\n"
        "and the size of the result file. Nothing is run or written.\n\n"
        "Examples:\n"
        "  dufm plan sweeps/quickstart.yaml\n"
        "  dufm plan sweeps/quickstart.yaml --points 10 --json\n",
    .run = run,
};

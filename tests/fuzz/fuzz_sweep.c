/* Sweep files: reading, numbering, what `plan` and a result file make of them. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/command/plan.h"
#include "dufm/sweep.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Results go to stdout: nobody reads them here. */
int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    return freopen("/dev/null", "w", stdout) ? 0 : 1;
}

static void require(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

/* Points are told apart by their number, and fit into the sweep's extent. */
static void check_point(const struct sweep *sweep, uint64_t index) {
    struct point point, again;
    grid_point(sweep, index, &point);
    grid_point(sweep, index, &again);
    require(point_equals(&point, &again), "a point is a function of its number");
    require(point_identity(&point) == point_identity(&again), "and so is its identity");
    struct extent extent = extent_of_point(&point, &sweep->output);
    require(extent.layer <= sweep->extent.layer && extent.index <= sweep->extent.index &&
                extent.class_ <= sweep->extent.class_ &&
                extent.sample <= sweep->extent.sample &&
                extent.row <= sweep->extent.row && extent.column <= sweep->extent.column,
            "a point fits into the sweep's extent");
}

static void check_points(const struct sweep *sweep) {
    uint64_t count = grid_count(sweep);
    require(count > 0, "a sweep has a point");
    for (uint64_t i = 0; i < 16; i++) {
        check_point(sweep, i % count);
        check_point(sweep, count - 1 - i % count);
        check_point(sweep, (i * UINT64_C(0x9e3779b97f4a7c15)) % count);
    }
}

static void check_texts(const struct sweep *sweep) {
    char *canonical, *difference, *explained;
    if (sweep_canonical(sweep, &canonical)) return;
    if (!sweep_difference(canonical, canonical, &difference)) {
        require(*difference == '\0', "a sweep does not differ from itself");
        free(difference);
    }
    free(canonical);
    if (!sweep_explain(sweep, &explained)) free(explained);
}

/* Building a file in memory to know its size takes longer than all else: of few inputs. */
static void check_plan(const struct sweep *sweep, const uint8_t *data, size_t bytes) {
    struct plan plan = {0};
    if (bytes == 0 || (data[bytes / 2] ^ bytes) % 16 != 0) return;
    if (!plan_make(sweep, &plan)) {
        plan.shown = 2;
        plan_print_text(&plan);
        plan_print_json(&plan);
    }
    plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct sweep *sweep;
    if (sweep_parse("fuzz", (const char *)data, bytes, &sweep)) return 0;
    check_points(sweep);
    check_texts(sweep);
    check_plan(sweep, data, bytes);
    sweep_destroy(&sweep);
    return 0;
}

#include "failures.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "dufm/log.h"
#include "dufm/memory.h"

/* Identities of points. */
struct identities {
    uint64_t *sorted; /* size count; owned */
    uint64_t count;
};

/* A failed row that the sweep still has. */
static bool has_failed(const struct failures *failures, uint64_t row) {
    enum status status = (enum status)store_statuses(failures->store)[row];
    return store_places(failures->store)[row] >= 0 &&
           (status == STATUS_FAILED || status == STATUS_QUARANTINED);
}

static void point_of_row(const struct failures *failures, uint64_t row,
                         struct point *point) {
    grid_point(failures->sweep, (uint64_t)store_places(failures->store)[row], point);
}

static int compare(const void *one, const void *other) {
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static enum error collect_failed(const struct failures *failures,
                                 struct identities *out) {
    uint64_t rows = store_count(failures->store), failed = 0;
    struct point point;
    void *memory;
    for (uint64_t row = 0; row < rows; row++)
        failed += has_failed(failures, row);
    TRY(memory_allocate(failed, sizeof *out->sorted, &memory));
    *out = (struct identities){.sorted = memory};
    for (uint64_t row = 0; row < rows; row++) {
        if (!has_failed(failures, row)) continue;
        point_of_row(failures, row, &point);
        out->sorted[out->count++] = point_identity(&point);
    }
    qsort(out->sorted, out->count, sizeof *out->sorted, compare);
    return ERROR_NONE;
}

static bool is_among(const void *context, const struct fault_record *record) {
    const struct identities *points = context;
    return bsearch(&record->point, points->sorted, points->count, sizeof *points->sorted,
                   compare) != NULL;
}

/* The deaths first: in the other order a kill in between would leave pending points with
 * too many of them. */
static enum error retry_failed(struct failures *failures) {
    struct identities points;
    TRY(collect_failed(failures, &points));
    if (points.count > 0)
        log_info("%llu failed points are run again", (unsigned long long)points.count);
    enum error error =
        points.count > 0 ? faults_forget(failures->path, is_among, &points) : ERROR_NONE;
    free(points.sorted);
    TRY(error);
    return store_retry_failed(failures->store, failures->sweep);
}

static bool every_record(const void *context, const struct fault_record *record) {
    (void)context;
    (void)record;
    return true;
}

enum error failures_begin(const char *path) {
    char faults[PATH_MAX];
    TRY(faults_path(path, faults, sizeof faults));
    if (access(path, F_OK) == 0 || errno != ENOENT) return ERROR_NONE;
    return faults_forget(faults, every_record, NULL);
}

enum error failures_load(struct failures *failures, const char *path, bool retry) {
    TRY(faults_path(path, failures->path, sizeof failures->path));
    if (store_statuses(failures->store) == NULL) return ERROR_NONE;
    if (retry) TRY(retry_failed(failures));
    return faults_read(failures->path, &failures->deaths);
}

void failures_release(struct failures *failures) {
    faults_release(&failures->deaths);
}

bool failures_suspect(const struct failures *failures, const struct point *point) {
    return failures->deaths.count > 0 &&
           faults_deaths(&failures->deaths, point_identity(point), NULL) > 0;
}

enum error failures_hand_over(const struct failures *failures, struct policy *policy) {
    const int8_t *statuses = store_statuses(failures->store);
    const int32_t *places = store_places(failures->store);
    uint64_t rows = failures->deaths.count > 0 ? store_count(failures->store) : 0;
    unsigned long suspects = 0;
    for (uint64_t row = 0; row < rows; row++) {
        struct point point;
        if (statuses[row] != STATUS_PENDING || places[row] < 0) continue;
        point_of_row(failures, row, &point);
        if (!failures_suspect(failures, &point)) continue;
        TRY(policy_suspect(policy, (uint32_t)row));
        suspects++;
    }
    if (suspects > 0)
        log_info(
            "%lu point%s brought a process down before: tried again alone, at the end",
            suspects, suspects > 1 ? "s" : "");
    return ERROR_NONE;
}

enum error failures_remove(const struct failures *failures) {
    return faults_forget(failures->path, every_record, NULL);
}

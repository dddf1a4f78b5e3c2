/* A result file whose sweep changes, at any number of ranks: rows keep their place and
 * their values, new points come behind, an interruption changes nothing. Works in the
 * current folder. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "dufm/interrupt.h"
#include "dufm/launch.h"
#include "dufm/log.h"
#include "dufm/reader.h"
#include "dufm/store.h"
#include "made_result.h"

static const char path[] = "growth.h5";

/* Twenty points; then deeper ones, others of the seeds, and none of width 4. */
static const char first_text[] = "name: ragged\n"
                                 "grid:\n"
                                 "  depth: [2, 3]\n"
                                 "  width: [4, 7]\n"
                                 "  seed: {range: [0, 4]}\n"
                                 "point: {classes: 5, samples: 2, lambda: 0.001}\n"
                                 "output: {history: 6, gram: true, weights: true}\n";
static const char second_text[] = "name: ragged\n"
                                  "grid:\n"
                                  "  depth: [2, 3, 5]\n"
                                  "  width: [7, 9]\n"
                                  "  seed: {range: [0, 5]}\n"
                                  "point: {classes: 5, samples: 2, lambda: 0.001}\n"
                                  "output: {history: 6, gram: true, weights: true}\n";

enum { FIRST = 20, KEPT = 10, SECOND = 36, ROWS = FIRST + SECOND - KEPT };

static struct sweep *parse(const char *text) {
    struct sweep *sweep = NULL;
    CHECK_OK(sweep_parse("sweep.yaml", text, strlen(text), &sweep));
    return sweep;
}

static enum error open_file(const char *name, const struct sweep *sweep,
                            struct store **store) {
    struct launch launch;
    launch_describe(&launch);
    launch.ranks = comm_size();
    launch_seal(&launch);
    return store_open(&(struct store_target){name, sweep, &launch, false}, store);
}

static enum error open_store(const struct sweep *sweep, struct store **store) {
    return open_file(path, sweep, store);
}

/* Stage and commit this rank's share of rows first .. last - 1. */
static void write_rows(struct store *store, const struct sweep *sweep, uint64_t first,
                       uint64_t last) {
    struct arena arena = {0};
    for (uint64_t row = first; row < last; row++) {
        if (row % (uint64_t)comm_size() != (uint64_t)comm_rank()) continue;
        struct point point;
        struct result result;
        CHECK_OK(store_point(store, sweep, row, &point));
        CHECK_OK(made_result(&point, &sweep->output, row, &arena, &result));
        CHECK_OK(store_stage(store, row, &point, &result));
    }
    CHECK_OK(store_commit(store));
    arena_release(&arena);
}

static void create(const struct sweep *sweep) {
    struct store *store = NULL;
    CHECK_OK(open_store(sweep, &store));
    CHECK(store_count(store) == FIRST, "%d rows", (int)store_count(store));
    write_rows(store, sweep, 0, FIRST - 1); /* the last one stays pending */
    CHECK_OK(store_close(&store));
    CHECK_OK(comm_barrier());
}

/* Width 4 is gone: its rows have no place; the others have another one. */
static void check_places(const struct store *store) {
    const int32_t *places = store_places(store);
    const int8_t *statuses = store_statuses(store);
    CHECK((places != NULL) == (comm_rank() == 0), "places");
    for (int row = 0; places && row < ROWS; row++) {
        bool removed = row < FIRST && row / 5 % 2 == 0;
        CHECK((places[row] < 0) == removed, "row %d: place %d", row, places[row]);
        CHECK(statuses[row] == (row < FIRST - 1 ? STATUS_DONE : STATUS_PENDING),
              "row %d: status %d", row, statuses[row]);
    }
}

static void grow(const struct sweep *sweep) {
    struct store *store = NULL;
    struct point point;
    CHECK_OK(open_store(sweep, &store));
    CHECK(store_count(store) == ROWS, "%d rows", (int)store_count(store));
    check_places(store);
    CHECK_ERROR(store_point(store, sweep, 0, &point), ERROR_STORE, "no place");
    CHECK_ERROR(store_point(store, sweep, ROWS, &point), ERROR_STORE, "past the end");
    write_rows(store, sweep, FIRST - 1, ROWS);
    CHECK_OK(store_close(&store));
    CHECK_OK(comm_barrier());
}

static void tell(void *context, const char *text) {
    (void)context;
    CHECK(false, "%s", text);
}

static void check_file(void) {
    struct reader *reader = NULL;
    int8_t bad[ROWS];
    int steps[ROWS];
    double loss[ROWS];
    CHECK_OK(reader_open(path, &reader));
    CHECK(reader_count(reader) == ROWS, "%d rows", (int)reader_count(reader));
    CHECK_OK(reader_verify_file(reader, tell, NULL));
    CHECK_OK(reader_verify_rows(reader, 0, ROWS, bad));
    CHECK_OK(reader_integers(reader, "steps", 0, ROWS, steps));
    CHECK_OK(reader_doubles(reader, "loss", 0, ROWS, loss));
    for (int row = 0; row < ROWS; row++)
        CHECK(bad[row] == ROW_FINE && steps[row] == row &&
                  loss[row] == made_value((uint64_t)row, 40, 0),
              "row %d: %d, %d steps, loss %g", row, bad[row], steps[row], loss[row]);
    CHECK(reader_launch_count(reader) == 2, "%d launches", reader_launch_count(reader));
    reader_close(&reader);
}

/* A signal while the file is to grow: every rank gets the error, the file is as it was,
 * and so is the folder. The last test: the request cannot be taken back. */
static void test_interruption(const struct sweep *sweep) {
    struct stat before, after;
    struct store *store = NULL;
    CHECK(stat(path, &before) == 0, "no file");
    CHECK_OK(comm_barrier());
    interrupt_request();
    CHECK_ERROR(open_store(sweep, &store), ERROR_INTERRUPTED, "stopped while");
    CHECK_OK(comm_barrier());
    CHECK(stat(path, &after) == 0 && before.st_ino == after.st_ino &&
              before.st_size == after.st_size,
          "the file has changed");
    CHECK(access("growth.h5.tmp", F_OK) && access("growth.h5.lock", F_OK),
          "something is left");
    CHECK_OK(comm_barrier());
    CHECK_ERROR(open_file("novel.h5", sweep, &store), ERROR_INTERRUPTED,
                "stopped while novel.h5.tmp was made");
    CHECK(access("novel.h5.tmp", F_OK) && access("novel.h5", F_OK), "something is left");
    CHECK_OK(comm_barrier());
}

int main(void) {
    if (comm_start()) {
        fprintf(stderr, "%s\n", error_message());
        return 1;
    }
    log_enable_info(false);
    if (comm_rank() == 0) unlink(path);
    CHECK_OK(comm_barrier());
    struct sweep *first = parse(first_text), *second = parse(second_text);
    create(first);
    grow(second);
    if (comm_rank() == 0) check_file();
    CHECK_OK(comm_barrier());
    test_interruption(first);
    if (comm_rank() == 0) unlink(path);
    sweep_destroy(&first);
    sweep_destroy(&second);
    CHECK_OK(comm_end());
    return check_failures > 0;
}

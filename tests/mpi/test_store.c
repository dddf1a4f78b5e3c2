/* The result file at any number of ranks: rows committed by all of them read back as they
 * were, padding undefined; launches, statuses, refusals. Works in the current folder. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "dufm/launch.h"
#include "dufm/reader.h"
#include "dufm/store.h"
#include "made_result.h"

/* Ragged: two depths, two widths, one of them below the number of classes. */
static const char sweep_text[] = "name: ragged\n"
                                 "grid:\n"
                                 "  depth: [2, 3]\n"
                                 "  width: [4, 7]\n"
                                 "  seed: {range: [0, 9]}\n"
                                 "point: {classes: 5, samples: 2, lambda: 0.001}\n"
                                 "output: {history: 6, gram: true, weights: true}\n";
static const char other_text[] = "name: ragged\n"
                                 "grid:\n"
                                 "  depth: [2, 3]\n"
                                 "  width: [4, 7]\n"
                                 "  seed: {range: [0, 9]}\n"
                                 "point: {classes: 5, samples: 2, lambda: 0.002}\n"
                                 "output: {history: 6, gram: true, weights: true}\n";
static const char path[] = "store.h5";

enum { POINTS = 40, DEPTH = 3, INDEX = 7 };

static struct sweep *parse(const char *text) {
    struct sweep *sweep = NULL;
    CHECK_OK(sweep_parse("sweep.yaml", text, strlen(text), &sweep));
    return sweep;
}

static enum error open_store(const char *file, const struct sweep *sweep,
                             struct store **store) {
    struct launch launch;
    launch_describe(&launch);
    launch.ranks = comm_size();
    launch_seal(&launch);
    return store_open(&(struct store_target){file, sweep, &launch, false}, store);
}

/* Stage and commit this rank's share of rows first .. last - 1, every `stride`-th. */
static void write_rows(struct store *store, const struct sweep *sweep, uint64_t first,
                       uint64_t last) {
    struct arena arena = {0};
    for (uint64_t row = first; row < last; row++) {
        if (row / 3 % (uint64_t)comm_size() != (uint64_t)comm_rank()) continue;
        struct point point;
        struct result result;
        grid_point(sweep, row, &point);
        CHECK_OK(made_result(&point, &sweep->output, row, &arena, &result));
        CHECK_OK(store_stage(store, row, &point, &result));
    }
    CHECK_OK(store_commit(store));
    CHECK_OK(store_commit(store)); /* an empty one */
    arena_release(&arena);
}

/* sv_feature_pre: the tight values in the corner, NaN around them. */
static void check_spectrum(struct reader *reader, const struct sweep *sweep,
                           uint64_t row) {
    double cells[DEPTH][INDEX];
    struct point point;
    grid_point(sweep, row, &point);
    int index = point.width > point.classes ? point.width : point.classes;
    CHECK_OK(reader_doubles(reader, "sv_feature_pre", row, 1, &cells[0][0]));
    for (int l = 0; l < DEPTH; l++)
        for (int i = 0; i < INDEX; i++) {
            bool inside = l < point.depth && i < index;
            double want = made_value(row, SPECTRUM_FEATURE_PRE, (size_t)(l * index + i));
            CHECK(inside ? cells[l][i] == want : isnan(cells[l][i]),
                  "row %d (%d, %d): %g", (int)row, l, i, cells[l][i]);
        }
}

static void check_row(struct reader *reader, const struct sweep *sweep, uint64_t row) {
    int status, outcome, steps, launch;
    double loss, fit, lambda;
    CHECK_OK(reader_integers(reader, "status", row, 1, &status));
    CHECK_OK(reader_integers(reader, "outcome", row, 1, &outcome));
    CHECK_OK(reader_integers(reader, "steps", row, 1, &steps));
    CHECK_OK(reader_integers(reader, "launch_index", row, 1, &launch));
    CHECK_OK(reader_doubles(reader, "loss", row, 1, &loss));
    CHECK_OK(reader_doubles(reader, "loss_fit", row, 1, &fit));
    CHECK_OK(reader_doubles(reader, "lambda", row, 1, &lambda));
    CHECK(status == STATUS_DONE, "row %d: status %d", (int)row, status);
    CHECK(outcome == (int)(row % (OUTCOME_OTHER + 1)), "row %d: %d", (int)row, outcome);
    CHECK(steps == (int)row && launch == (int)row / 20, "row %d: %d %d", (int)row, steps,
          launch);
    CHECK(loss == made_value(row, 40, 0) && isnan(fit), "row %d: %g %g", (int)row, loss,
          fit);
    CHECK(lambda == 0.001, "row %d: lambda %g", (int)row, lambda);
    check_spectrum(reader, sweep, row);
}

static void check_file(const struct sweep *sweep) {
    struct reader *reader = NULL;
    int8_t bad[POINTS];
    char *text = NULL;
    CHECK_OK(reader_open(path, &reader));
    CHECK(reader_count(reader) == POINTS, "%d rows", (int)reader_count(reader));
    for (uint64_t row = 0; row < POINTS; row++)
        check_row(reader, sweep, row);
    CHECK_OK(reader_verify_rows(reader, 0, POINTS, bad));
    for (int row = 0; row < POINTS; row++)
        CHECK(bad[row] == ROW_FINE, "row %d is bad: %d", row, bad[row]);
    CHECK_OK(reader_text(reader, "sweep_text", &text));
    CHECK(text && !strcmp(text, sweep_text), "sweep_text is %s", text ? text : "missing");
    CHECK(reader_launch_count(reader) == 2, "%d launches", reader_launch_count(reader));
    struct launch launch;
    CHECK_OK(reader_launch(reader, 1, &launch));
    CHECK(launch.ranks == comm_size() && launch.pid == getpid(), "%d ranks, pid %d",
          launch.ranks, launch.pid);
    CHECK_ERROR(reader_doubles(reader, "no_such", 0, 1, NULL), ERROR_STORE, "no_such");
    free(text);
    reader_close(&reader);
}

/* Half of the rows in a first launch, the others in a second one. */
static void test_rows(const struct sweep *sweep) {
    struct store *store = NULL;
    CHECK_OK(open_store(path, sweep, &store));
    CHECK((store_statuses(store) != NULL) == (comm_rank() == 0), "statuses");
    write_rows(store, sweep, 0, 20);
    CHECK_OK(comm_barrier());
    if (comm_rank() == 0) CHECK_OK(store_mark_running(store, 25, 3));
    CHECK_OK(store_close(&store));
    CHECK_OK(comm_barrier());
    CHECK(store == NULL && access("store.h5.lock", F_OK), "the lock is still there");
    CHECK_OK(comm_barrier());

    CHECK_OK(open_store(path, sweep, &store));
    for (int row = 0; comm_rank() == 0 && row < POINTS; row++)
        CHECK(store_statuses(store)[row] == (row < 20 ? STATUS_DONE : STATUS_PENDING),
              "row %d: %d", row, store_statuses(store)[row]);
    write_rows(store, sweep, 20, POINTS);
    CHECK_OK(store_close(&store));
    CHECK_OK(comm_barrier());
    if (comm_rank() == 0) check_file(sweep);
    CHECK_OK(comm_barrier());
}

static uint64_t size_of(const char *file) {
    struct stat facts;
    return stat(file, &facts) ? 0 : (uint64_t)facts.st_size;
}

static void test_size(const struct sweep *sweep) {
    long long difference = (long long)store_size(sweep) - (long long)size_of(path);
    CHECK(llabs(difference) < 1024, "predicted %lld bytes more than there are",
          difference);
}

static void write_file(const char *file, const void *data, size_t bytes) {
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes, "cannot write %s", file);
    close(fd);
}

/* Every refusal is the same on all ranks, and leaves no lock behind. */
static void test_refusals(const struct sweep *sweep) {
    struct sweep *other = parse(other_text);
    struct store *store = NULL;
    if (comm_rank() == 0) {
        mkdir("folder.h5", 0700);
        write_file("text.h5", "not HDF5 at all", 15);
        write_file("empty.h5", "", 0);
        write_file("damaged.h5", "\211HDF\r\n\032\nxxxxxxxxxxxxxxxx", 24);
    }
    CHECK_OK(comm_barrier());
    CHECK_ERROR(open_store(path, other, &store), ERROR_INPUT, "lambda");
    CHECK_ERROR(open_store("nowhere/x.h5", sweep, &store), ERROR_INPUT, "folder");
    CHECK_ERROR(open_store("folder.h5", sweep, &store), ERROR_INPUT, "is a folder");
    CHECK_ERROR(open_store("text.h5", sweep, &store), ERROR_INPUT, "not an HDF5 file");
    CHECK_ERROR(open_store("empty.h5", sweep, &store), ERROR_INPUT, "not an HDF5 file");
    CHECK_ERROR(open_store("damaged.h5", sweep, &store), ERROR_STORE, "damaged");
    CHECK_OK(comm_barrier());
    CHECK(store == NULL, "a store came of a refusal");
    CHECK(access("store.h5.lock", F_OK) && access("text.h5.lock", F_OK),
          "locks are left");
    sweep_destroy(&other);
}

/* A point that could not be run has a row, but no arrays. */
static void test_failed_row(const struct sweep *sweep) {
    struct store *store = NULL;
    struct point point;
    int8_t bad = ROW_FINE;
    CHECK_OK(open_store("failed.h5", sweep, &store));
    struct result result = {.status = STATUS_FAILED};
    grid_point(sweep, 3, &point);
    if (comm_rank() == 0) {
        CHECK_OK(store_stage(store, 3, &point, &result));
        CHECK_OK(store_commit(store));
        result.status = STATUS_DONE;
        CHECK_ERROR(store_stage(store, 3, &point, &result), ERROR_STORE, "lengths");
        CHECK_ERROR(store_stage(store, POINTS, &point, &result), ERROR_STORE, "row 40");
    }
    CHECK_OK(store_close(&store));
    if (comm_rank() == 0) {
        struct reader *reader = NULL;
        int status;
        CHECK_OK(reader_open("failed.h5", &reader));
        CHECK_OK(reader_verify_rows(reader, 3, 1, &bad));
        CHECK_OK(reader_integers(reader, "status", 3, 1, &status));
        CHECK(bad == ROW_FINE && status == STATUS_FAILED, "%d %d", bad, status);
        reader_close(&reader);
    }
    CHECK_OK(comm_barrier());
}

static void remove_files(void) {
    static const char *const files[] = {path, "text.h5", "empty.h5", "damaged.h5",
                                        "failed.h5"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(files[i]);
    rmdir("folder.h5");
}

int main(void) {
    if (comm_start()) {
        fprintf(stderr, "%s\n", error_message());
        return 1;
    }
    if (comm_rank() == 0) remove_files();
    CHECK_OK(comm_barrier());
    struct sweep *sweep = parse(sweep_text);
    test_rows(sweep);
    test_size(sweep);
    test_refusals(sweep);
    test_failed_row(sweep);
    CHECK_OK(comm_barrier());
    if (comm_rank() == 0) remove_files();
    sweep_destroy(&sweep);
    CHECK_OK(comm_end());
    return check_failures > 0;
}

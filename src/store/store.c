/* Opening and closing: the lock, the file of the right sweep, the launch's row. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adopt.h"
#include "assemble.h"
#include "demote.h"
#include "dufm/file.h"
#include "dufm/log.h"
#include "dufm/preflight.h"
#include "dufm/store.h"
#include "internal.h"
#include "origin.h"
#include "publish.h"

/* Bounds of the stage: enough rows that one sync serves many, little enough memory that
 * every rank can have one. */
enum { STAGE_ROWS = 256, STAGE_BYTES = 64 << 20 };

static enum error create_file(const struct store_target *target,
                              struct lengths *lengths) {
    struct assembly assembly = {.path = target->path,
                                .sweep = target->sweep,
                                .deed = {.text = "created", .launch = target->launch},
                                .rows = grid_count(target->sweep)};
    TRY(assemble_file(&assembly));
    *lengths = assembly.lengths;
    return ERROR_NONE;
}

/* A job that was given another of its names would have another lock. */
static enum error check_single_name(const char *path, const struct stat *facts) {
    if (S_ISDIR(facts->st_mode) || facts->st_nlink < 2) return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s has %lu names (hard links), under each of which another job could "
                 "write; make it a file of its own: cp %s %s.own && mv %s.own %s",
                 path, (unsigned long)facts->st_nlink, path, path, path, path);
}

/* Rank 0, under the lock: see to it that the file is there and the right one. */
static enum error provide_file(const struct store_target *target,
                               struct lengths *lengths) {
    const char *path = target->path;
    char temporary[LOCK_PATH];
    struct stat facts;
    TRY(file_beside(path, ".tmp", temporary, sizeof temporary));
    if (!stat(path, &facts)) {
        if (access(path, R_OK | W_OK) && !S_ISDIR(facts.st_mode))
            return RAISE(ERROR_INPUT, "%s must be readable and writable: %s", path,
                         strerror(errno));
        TRY(check_single_name(path, &facts));
        TRY(adopt_file(target, lengths));
    } else if (errno == ENOENT) {
        return create_file(target, lengths);
    } else {
        return RAISE(ERROR_INPUT, "cannot reach %s: %s; choose another name", path,
                     strerror(errno));
    }
    publish_tidy(temporary);
    return ERROR_NONE;
}

static enum error prepare(struct store *store, const struct store_target *target) {
    bool first = comm_rank() == 0;
    struct lengths *lengths = &store->table.lengths;
    TRY(comm_agree(first ? lock_take(&store->lock, target->path, target->launch)
                         : ERROR_NONE));
    TRY(preflight_check(target->path));
    return comm_agree(first ? provide_file(target, lengths) : ERROR_NONE);
}

/* This rank's own descriptor, its place at the fence, its stage. */
static enum error prepare_rank(struct store *store, const char *path) {
    TRY(lock_join(&store->fence, path));
    store->fd = open(path, O_RDWR | O_CLOEXEC);
    if (store->fd < 0)
        return RAISE(ERROR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    return ERROR_NONE;
}

static enum error create_stage(struct store *store) {
    size_t row = block_row_bytes(&store->table.lengths, block_of_rows);
    size_t rows = STAGE_BYTES / row;
    rows = rows < 1 ? 1 : rows > STAGE_ROWS ? STAGE_ROWS : rows;
    return block_create(&store->stage, &store->table.lengths, block_of_rows, (int)rows);
}

/* Statuses and places in the grid of all rows. */
static enum error read_rows(struct store *store) {
    uint64_t count = store->table.lengths.of[DIMENSION_CONFIG];
    void *statuses, *places;
    TRY(memory_allocate(count, sizeof *store->statuses, &statuses));
    store->statuses = statuses;
    TRY(memory_allocate(count, sizeof *store->places, &places));
    store->places = places;
    struct span span = {schema_find("status"), 0, count};
    TRY(table_read(&store->table, &span, store->statuses));
    span.variable = schema_find("grid_index");
    return table_read(&store->table, &span, store->places);
}

/* Rows that a killed job left as running are pending again, here and for readers. */
static enum error reset_running(struct store *store) {
    uint64_t count = store->table.lengths.of[DIMENSION_CONFIG];
    int8_t *status = store->statuses;
    for (uint64_t first = 0, next; first < count; first = next) {
        next = first + 1;
        if (status[first] != STATUS_RUNNING) continue;
        for (; next < count && status[next] == STATUS_RUNNING; next++)
            ;
        memset(status + first, STATUS_PENDING, next - first);
        struct span span = {schema_find("status"), first, next - first};
        TRY(table_write(&store->table, &span, status + first));
    }
    return ERROR_NONE;
}

/* The launch's row is the first unused one, or the last when all are used. */
static enum error record_launch(struct store *store, const struct launch *launch) {
    int used;
    struct block block;
    struct origin origin = origin_of_table(&store->table);
    TRY(origin_launches(&origin, &used));
    store->launch_index = used < LAUNCH_ROWS ? used : LAUNCH_ROWS - 1;
    TRY(block_create(&block, &store->table.lengths, block_of_launch, 1));
    struct stamp stamp = {.launch_checksum = ""};
    struct row_sources from = {.launch = launch, .stamp = &stamp};
    block_pack(&block, 0, &from, &store->table.lengths);
    hash_format(block_launch_checksum(&block, 0), stamp.launch_checksum);
    block_pack(&block, 0, &from, &store->table.lengths);
    struct run run = {PHASE_LAUNCH, 0, 1, (uint64_t)store->launch_index};
    enum error error = table_write_run(&store->table, &block, &run);
    block_destroy(&block);
    TRY(error);
    if (fdatasync(store->fd))
        return RAISE(ERROR_SYSTEM, "cannot sync the result file: %s", strerror(errno));
    return ERROR_NONE;
}

/* Rank 0's part once the file is open. */
static enum error take_over(struct store *store, const struct launch *launch) {
    if (comm_rank() != 0) return ERROR_NONE;
    TRY(read_rows(store));
    TRY(reset_running(store));
    return record_launch(store, launch);
}

/* Give everything back that this rank has; the file itself only where it is open. */
static void dismantle(struct store *store) {
    block_destroy(&store->stage);
    free(store->statuses);
    free(store->places);
    if (store->fd >= 0) close(store->fd);
    lock_leave(&store->fence);
}

/* All ranks' part of opening, up to the open file. Every step ends in agreement, so that
 * none goes on to a collective call that another one does not reach. */
static enum error open_together(struct store *store, const char *path,
                                const struct sweep *sweep) {
    struct lengths lengths = store->table.lengths; /* rank 0 has seen the file */
    TRY(comm_broadcast(&lengths, sizeof lengths));
    TRY(comm_agree(prepare_rank(store, path)));
    bool several = comm_size() > 1;
    enum hdf_driver driver = several ? HDF_MPI : HDF_SERIAL;
    TRY(comm_agree(hdf_open(path, driver, true, &store->table.file)));
    enum error error = comm_agree(table_open(&store->table, &lengths, several));
    if (error) {
        H5Fclose(store->table.file);
        return error;
    }
    error = comm_agree(demote_damaged(store, path, sweep));
    if (error) table_close(&store->table);
    return error;
}

static enum error open_and_record(struct store *store,
                                  const struct store_target *target) {
    TRY(prepare(store, target));
    TRY(open_together(store, target->path, target->sweep));
    enum error error = create_stage(store);
    if (!error) error = take_over(store, target->launch);
    error = comm_agree(error);
    if (!error) error = comm_broadcast(&store->launch_index, sizeof store->launch_index);
    if (error) table_close(&store->table);
    return error;
}

enum error store_open(const struct store_target *target, struct store **out) {
    void *memory;
    hdf_start();
    TRY(memory_allocate(1, sizeof(struct store), &memory));
    struct store *store = memory;
    store->output = target->sweep->output;
    store->fd = store->lock.fd = store->fence.fd = -1;
    enum error error = open_and_record(store, target);
    if (error) {
        dismantle(store);
        lock_release(&store->lock);
        free(store);
        return error;
    }
    *out = store;
    return ERROR_NONE;
}

enum error store_close(struct store **store) {
    struct store *closing = *store;
    if (!closing) return ERROR_NONE;
    *store = NULL;
    TRY(comm_barrier()); /* the close is collective and would spin */
    enum error error = table_close(&closing->table);
    dismantle(closing);
    TRY(comm_barrier()); /* no one is behind the fence once the lock is free */
    lock_release(&closing->lock);
    free(closing);
    return error;
}

const int8_t *store_statuses(const struct store *store) {
    return store->statuses;
}

const int32_t *store_places(const struct store *store) {
    return store->places;
}

void store_forget_rows(struct store *store) {
    free(store->statuses);
    free(store->places);
    store->statuses = NULL;
    store->places = NULL;
}

uint64_t store_count(const struct store *store) {
    return store->table.lengths.of[DIMENSION_CONFIG];
}

enum error store_point(const struct store *store, const struct sweep *sweep, uint64_t row,
                       struct point *out) {
    int32_t place;
    struct span span = {schema_find("grid_index"), row, 1};
    if (row >= store_count(store))
        return RAISE(ERROR_STORE, "row %llu lies past the end of the result file",
                     (unsigned long long)row);
    TRY(table_read(&store->table, &span, &place));
    if (place < 0 || (uint64_t)place >= grid_count(sweep))
        return RAISE(ERROR_STORE, "row %llu has no place in the sweep's grid",
                     (unsigned long long)row);
    grid_point(sweep, (uint64_t)place, out);
    return ERROR_NONE;
}

const char *store_library(void) {
    static char name[32];
    unsigned major, minor, release;
    hdf_start();
    H5get_libversion(&major, &minor, &release);
    snprintf(name, sizeof name, "HDF5 %u.%u.%u", major, minor, release);
    return name;
}

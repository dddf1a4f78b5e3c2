/* Opening and closing: the lock, the file of the right sweep, the launch's row. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "create.h"
#include "dufm/log.h"
#include "dufm/store.h"
#include "identity.h"
#include "internal.h"

/* Bounds of the stage: enough rows that one sync serves many, little enough memory that
 * every rank can have one. */
enum { STAGE_ROWS = 256, STAGE_BYTES = 64 << 20 };

static enum error check_existing(const char *path, const struct sweep *sweep) {
    struct table table;
    TRY(identity_open(path, &table));
    enum error error = identity_match(&table, path, sweep);
    if (table_close(&table) && !error)
        error = RAISE(ERROR_STORE, "cannot close %s", path);
    return error;
}

/* Rank 0, under the lock: see to it that the file is there and the right one. */
static enum error provide_file(const char *path, const struct sweep *sweep,
                               const struct launch *launch) {
    char temporary[LOCK_PATH];
    struct stat facts;
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (!stat(path, &facts)) {
        if (access(path, R_OK | W_OK) && !S_ISDIR(facts.st_mode))
            return RAISE(ERROR_INPUT, "%s must be readable and writable: %s", path,
                         strerror(errno));
        TRY(check_existing(path, sweep));
    } else if (errno == ENOENT) {
        return create_file(path, sweep, launch);
    } else {
        return RAISE(ERROR_INPUT, "cannot reach %s: %s", path, strerror(errno));
    }
    if (!unlink(temporary)) log_info("removed %s, left by a killed run", temporary);
    return ERROR_NONE;
}

static enum error prepare(struct store *store, const char *path,
                          const struct sweep *sweep, const struct launch *launch) {
    if (comm_rank() != 0) return ERROR_NONE;
    TRY(lock_take(&store->lock, path, launch));
    return provide_file(path, sweep, launch);
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

static enum error read_statuses(struct store *store) {
    uint64_t count = store->table.lengths.of[DIMENSION_CONFIG];
    void *statuses;
    TRY(memory_allocate(count, 1, &statuses));
    store->statuses = statuses;
    struct span span = {schema_find("status"), 0, count};
    return table_read(&store->table, &span, store->statuses);
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
    TRY(table_launches(&store->table, &used));
    store->launch_index = used < LAUNCH_ROWS ? used : LAUNCH_ROWS - 1;
    TRY(block_create(&block, &store->table.lengths, block_of_launch, 1));
    block_pack(&block, 0, &(struct row_sources){.launch = launch}, &store->table.lengths);
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
    TRY(read_statuses(store));
    TRY(reset_running(store));
    return record_launch(store, launch);
}

/* Give everything back that this rank has; the file itself only where it is open. */
static void dismantle(struct store *store) {
    block_destroy(&store->stage);
    free(store->statuses);
    if (store->fd >= 0) close(store->fd);
    lock_leave(&store->fence);
}

/* All ranks' part of opening, up to the open file. Every step ends in agreement, so that
 * none goes on to a collective call that another one does not reach. */
static enum error open_together(struct store *store, const char *path,
                                const struct sweep *sweep) {
    struct lengths lengths = lengths_of_sweep(sweep);
    TRY(comm_agree(prepare_rank(store, path)));
    TRY(comm_agree(hdf_open(path, HDF_MPI, true, &store->table.file)));
    enum error error = comm_agree(table_open(&store->table, &lengths, true));
    if (error) H5Fclose(store->table.file);
    return error;
}

static enum error open_and_record(struct store *store, const char *path,
                                  const struct sweep *sweep,
                                  const struct launch *launch) {
    TRY(comm_agree(prepare(store, path, sweep, launch)));
    TRY(open_together(store, path, sweep));
    enum error error = create_stage(store);
    if (!error) error = take_over(store, launch);
    error = comm_agree(error);
    if (!error) error = comm_broadcast(&store->launch_index, sizeof store->launch_index);
    if (error) table_close(&store->table);
    return error;
}

enum error store_open(const char *path, const struct sweep *sweep,
                      const struct launch *launch, struct store **out) {
    void *memory;
    hdf_start();
    TRY(memory_allocate(1, sizeof(struct store), &memory));
    struct store *store = memory;
    store->output = sweep->output;
    store->fd = store->lock.fd = store->fence.fd = -1;
    enum error error = open_and_record(store, path, sweep, launch);
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

const char *store_library(void) {
    static char name[32];
    unsigned major, minor, release;
    hdf_start();
    H5get_libversion(&major, &minor, &release);
    snprintf(name, sizeof name, "HDF5 %u.%u.%u", major, minor, release);
    return name;
}

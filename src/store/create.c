#include "create.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/log.h"
#include "dufm/store.h"
#include "table.h"

enum { CREATION_ROWS = 4096 }; /* written at once */

/* The facts of a file that its root carries. */
static enum error write_root(hid_t file, const struct sweep *sweep,
                             const struct launch *launch) {
    char now[32], line[256];
    int version = SCHEMA_VERSION;
    char *canonical;
    clock_timestamp(now, sizeof now);
    TRY(hdf_write_text(file, "Conventions", "CF-1.8"));
    TRY(hdf_write_text(file, "title", sweep->name));
    snprintf(line, sizeof line, "dufm %s", launch->revision);
    TRY(hdf_write_text(file, "source", line));
    snprintf(line, sizeof line, "%s: created by dufm %s on %s", now, launch->revision,
             launch->host);
    TRY(hdf_write_text(file, "history", line));
    TRY(hdf_write_text(file, ATTRIBUTE_PROGRAM, PROGRAM_NAME));
    TRY(hdf_write_cells(file, ATTRIBUTE_VERSION, CELL_INTEGER, 1, &version));
    TRY(hdf_write_text(file, ATTRIBUTE_TEXT, sweep->text));
    TRY(sweep_canonical(sweep, &canonical));
    enum error error = hdf_write_text(file, ATTRIBUTE_CANONICAL, canonical);
    free(canonical);
    return error;
}

/* Pack and write the points first .. first + count - 1. */
static enum error write_points(const struct table *table, const struct sweep *sweep,
                               struct block *block, const struct run *run) {
    for (int i = 0; i < run->count; i++) {
        struct point point;
        struct stamp stamp;
        grid_point(sweep, run->first + (uint64_t)i, &point);
        hash_format(point_identity(&point), stamp.point_id);
        struct lengths tight = lengths_of_point(&point, &sweep->output);
        block_pack(block, i, &(struct row_sources){.point = &point, .stamp = &stamp},
                   &tight);
    }
    return table_write_run(table, block, run);
}

static enum error write_all_points(const struct table *table, const struct sweep *sweep) {
    uint64_t total = grid_count(sweep);
    int rows = total < CREATION_ROWS ? (int)total : CREATION_ROWS;
    struct block block;
    TRY(block_create(&block, &table->lengths, block_of_creation, rows));
    enum error error = ERROR_NONE;
    for (uint64_t first = 0; first < total && !error; first += (uint64_t)rows) {
        uint64_t left = total - first;
        int count = left < (uint64_t)rows ? (int)left : rows;
        error = write_points(table, sweep, &block,
                             &(struct run){PHASE_CREATION, 0, count, first});
    }
    block_destroy(&block);
    return error;
}

static enum error write_tolerances(const struct table *table) {
    struct span span = {schema_find("tolerance"), 0, TOLERANCE_COUNT};
    return table_write(table, &span, rank_tolerances);
}

/* Define the file on a fresh table and fill it with the points. */
static enum error build(struct table *table, const struct sweep *sweep,
                        const struct launch *launch) {
    struct lengths lengths = lengths_of_sweep(sweep);
    TRY(write_root(table->file, sweep, launch));
    TRY(table_define(table, &lengths));
    TRY(write_tolerances(table));
    return write_all_points(table, sweep);
}

static enum error build_file(const char *path, const struct sweep *sweep,
                             const struct launch *launch) {
    struct table table = {0};
    TRY(hdf_create(path, HDF_SERIAL, &table.file));
    enum error error = build(&table, sweep, launch);
    if (error) {
        H5Fclose(table.file); /* strong: closes the variables too */
        return error;
    }
    return table_close(&table);
}

static enum error sync_path(const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) return RAISE(ERROR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    enum error error = ERROR_NONE;
    if (fsync(fd))
        error = RAISE(ERROR_SYSTEM, "cannot sync %s: %s", path, strerror(errno));
    close(fd);
    return error;
}

static enum error folder_of(const char *path, char *folder, size_t size) {
    char copy[4096];
    size_t length = strlen(path);
    if (length >= sizeof copy)
        return RAISE(ERROR_INPUT, "the path of the result file is too long");
    memcpy(copy, path, length + 1); /* dirname may write into it */
    snprintf(folder, size, "%s", dirname(copy));
    return ERROR_NONE;
}

enum error create_sync_folder(const char *path) {
    char folder[4096];
    TRY(folder_of(path, folder, sizeof folder));
    return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

static enum error check_space(const char *path, const struct sweep *sweep) {
    char folder[4096];
    struct statvfs system;
    TRY(folder_of(path, folder, sizeof folder));
    if (statvfs(folder, &system)) {
        log_warning("cannot tell how much space %s has: %s", folder, strerror(errno));
        return ERROR_NONE;
    }
    uint64_t size = store_size(sweep);
    uint64_t space = (uint64_t)system.f_bavail * system.f_frsize;
    if (size <= space) return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s would take %.3g GB, but %s has only %.3g GB left: choose another "
                 "folder, or store less (output: history, gram, weights)",
                 path, (double)size / 1e9, folder, (double)space / 1e9);
}

enum error create_file(const char *path, const struct sweep *sweep,
                       const struct launch *launch) {
    char temporary[4096];
    TRY(check_space(path, sweep));
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        return RAISE(ERROR_INPUT, "the path of the result file is too long");
    enum error error;
    TRY_OR(cleanup, error, build_file(temporary, sweep, launch));
    TRY_OR(cleanup, error, sync_path(temporary, O_RDWR));
    if (rename(temporary, path)) {
        error = RAISE(ERROR_SYSTEM, "cannot rename %s to %s: %s", temporary, path,
                      strerror(errno));
        goto cleanup;
    }
    return create_sync_folder(path);
cleanup:
    unlink(temporary);
    return error_prefix(error, "cannot create %s", path);
}

static uint64_t bytes_of_values(const struct lengths *lengths) {
    const struct schema *schema = schema_get();
    uint64_t bytes = 0;
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (variable_exists(variable, lengths))
            bytes +=
                variable_bytes(variable, lengths) * lengths->of[variable->dimensions[0]];
    }
    return bytes;
}

/* Bytes of everything but the values, from a file built in memory with the same variables,
 * each of a single value: no length of a dimension changes what the rest takes. */
static enum error measure_structure(const struct sweep *sweep, uint64_t *bytes) {
    struct launch launch = {.revision = "0.0.0 (0123456-dirty)", .host = "host"};
    struct lengths lengths = lengths_of_sweep(sweep);
    struct table table = {0};
    hsize_t size;
    for (int d = 0; d < DIMENSION_COUNT; d++)
        lengths.of[d] = lengths.of[d] > 0 ? 1 : 0;
    hdf_start();
    TRY(hdf_create("dufm-measure", HDF_MEMORY, &table.file));
    enum error error;
    TRY_OR(cleanup, error, write_root(table.file, sweep, &launch));
    TRY_OR(cleanup, error, table_define(&table, &lengths));
    HDF_TRY_OR(cleanup, error, H5Fflush(table.file, H5F_SCOPE_GLOBAL));
    HDF_TRY_OR(cleanup, error, H5Fget_filesize(table.file, &size));
    *bytes = size - bytes_of_values(&lengths);
cleanup:
    H5Fclose(table.file);
    return error;
}

uint64_t store_size(const struct sweep *sweep) {
    struct lengths lengths = lengths_of_sweep(sweep);
    uint64_t bytes = 0;
    if (measure_structure(sweep, &bytes)) log_warning("%s", error_message());
    return bytes + bytes_of_values(&lengths);
}

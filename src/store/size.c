#include "size.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/statvfs.h>

#include "dufm/file.h"
#include "dufm/log.h"
#include "dufm/store.h"
#include "root.h"
#include "table.h"

/* A file of a gigabyte takes seconds to be filled. */
static const uint64_t worth_telling = 1000000000;

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
static enum error measure_structure(const struct sweep *sweep,
                                    const struct lengths *file_lengths, uint64_t *bytes) {
    struct launch launch = {.revision = "0.0.0 (0123456-dirty)", .host = "host"};
    struct deed deed = {.text = "created", .launch = &launch};
    struct lengths lengths = *file_lengths;
    struct table table = {0};
    hsize_t size;
    for (int d = 0; d < DIMENSION_COUNT; d++)
        lengths.of[d] = lengths.of[d] > 0 ? 1 : 0;
    hdf_start();
    TRY(hdf_create("dufm-measure", HDF_MEMORY, &table.file));
    enum error error;
    TRY_OR(cleanup, error, root_write(table.file, sweep, &deed));
    TRY_OR(cleanup, error, table_define(&table, &lengths));
    HDF_TRY_OR(cleanup, error, H5Fflush(table.file, H5F_SCOPE_GLOBAL));
    HDF_TRY_OR(cleanup, error, H5Fget_filesize(table.file, &size));
    *bytes = size - bytes_of_values(&lengths);
cleanup:
    H5Fclose(table.file);
    return error;
}

static uint64_t size_of(const struct sweep *sweep, const struct lengths *lengths) {
    uint64_t bytes = 0;
    enum error error = measure_structure(sweep, lengths, &bytes);
    /* Who is asked to stop is told so when the file itself is to be made. */
    if (error && error != ERROR_INTERRUPTED) log_warning("%s", error_message());
    return bytes + bytes_of_values(lengths);
}

uint64_t store_size(const struct sweep *sweep) {
    struct lengths lengths = lengths_of_sweep(sweep);
    return size_of(sweep, &lengths);
}

enum error size_check(const char *path, const struct sweep *sweep,
                      const struct lengths *lengths) {
    char real[PATH_MAX], folder[PATH_MAX];
    struct statvfs system;
    TRY(file_resolve(path, real));
    TRY(file_folder(real, folder));
    if (statvfs(folder, &system)) {
        log_warning("cannot tell how much space %s has: %s", folder, strerror(errno));
        return ERROR_NONE;
    }
    uint64_t size = size_of(sweep, lengths);
    uint64_t space = (uint64_t)system.f_bavail * system.f_frsize;
    if (size <= space) {
        if (size > worth_telling) log_info("%s takes %.3g GB", path, (double)size / 1e9);
        return ERROR_NONE;
    }
    return RAISE(ERROR_INPUT,
                 "%s would take %.3g GB, but %s has only %.3g GB left: choose another "
                 "folder, or store less (output: history, gram, weights)",
                 path, (double)size / 1e9, folder, (double)space / 1e9);
}

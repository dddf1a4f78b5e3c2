#include "replica_values.h"

#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"

/* A piece is small enough for HDF5's cache of a variable (1 MiB) to hold several; the
 * level is where more effort gains nothing (README.md). */
enum { PIECE_BYTES = 256 << 10, WORTH_BYTES = 4 << 10, RUN_BYTES = 16 << 20, LEVEL = 6 };

/* ---- storage ---- */

/* As many whole rows as fit a piece; where one does not, parts of it, cut along its first
 * dimensions. */
static void choose_piece(hsize_t *piece, const hsize_t *shape, int rank, size_t cell) {
    hsize_t inner = cell;
    for (int i = rank - 1; i >= 0; i--) {
        hsize_t room = PIECE_BYTES / inner;
        piece[i] = room < 1 ? 1 : room < shape[i] ? room : shape[i];
        inner *= piece[i];
    }
}

static enum error set_storage(hid_t creation, hid_t space, hid_t type) {
    hsize_t shape[H5S_MAX_RANK], piece[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_dims(space, shape, NULL);
    hssize_t count = H5Sget_simple_extent_npoints(space);
    size_t cell = H5Tget_size(type);
    if (rank < 1 || (hsize_t)count * cell < WORTH_BYTES)
        return ERROR_NONE; /* as it is: an index would take more than is won */
    choose_piece(piece, shape, rank, cell);
    HDF_TRY(H5Pset_chunk(creation, rank, piece));
    HDF_TRY(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_INCR));
    HDF_TRY(H5Pset_shuffle(creation));
    HDF_TRY(H5Pset_deflate(creation, LEVEL));
    return ERROR_NONE;
}

/* A bare dimension takes no space; it is never written. */
static bool is_empty(hid_t dataset) {
    return H5Dget_storage_size(dataset) == 0;
}

static enum error check_kind(hid_t type) {
    H5T_class_t class = H5Tget_class(type);
    bool text = class == H5T_STRING && H5Tis_variable_str(type) == 0;
    if (text || class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM)
        return ERROR_NONE;
    return RAISE(ERROR_INPUT, "holds neither numbers nor text of a fixed length: it is "
                              "not ours, remove it first");
}

enum error replica_values_create(hid_t from, hid_t to, const char *name, hid_t *out) {
    hid_t creation = H5Dget_create_plist(from), type = H5Dget_type(from);
    hid_t space = H5Dget_space(from);
    enum error error;
    TRY_OR(cleanup, error, check_kind(type));
    if (!is_empty(from)) TRY_OR(cleanup, error, set_storage(creation, space, type));
    HDF_TRY_OR(cleanup, error,
               *out =
                   H5Dcreate2(to, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
cleanup:
    H5Sclose(space);
    H5Tclose(type);
    H5Pclose(creation);
    return error;
}

/* ---- values ---- */

/* A variable, and two buffers for a run of its rows. */
struct run_of_rows {
    const struct replica_values *values;
    hid_t type, space;
    hsize_t shape[H5S_MAX_RANK];
    int rank;
    size_t row; /* bytes */
    hsize_t most;
    void *one, *other;
};

/* Where rows first .. first + count - 1 lie, in the file and in memory. */
static enum error select_rows(const struct run_of_rows *run, hsize_t first, hsize_t count,
                              hid_t *memory) {
    hsize_t start[H5S_MAX_RANK] = {first}, extent[H5S_MAX_RANK];
    memcpy(extent, run->shape, sizeof extent);
    extent[0] = count;
    HDF_TRY(*memory = H5Screate_simple(run->rank, extent, NULL));
    HDF_TRY(H5Sselect_hyperslab(run->space, H5S_SELECT_SET, start, NULL, extent, NULL));
    return ERROR_NONE;
}

static enum error take_rows(const struct run_of_rows *run, hid_t memory, size_t bytes) {
    const struct replica_values *values = run->values;
    HDF_TRY(H5Dread(values->from, run->type, memory, run->space, H5P_DEFAULT, run->one));
    if (!values->compare) {
        HDF_TRY(
            H5Dwrite(values->to, run->type, memory, run->space, H5P_DEFAULT, run->one));
        return ERROR_NONE;
    }
    HDF_TRY(H5Dread(values->to, run->type, memory, run->space, H5P_DEFAULT, run->other));
    if (!memcmp(run->one, run->other, bytes)) return ERROR_NONE;
    return RAISE(ERROR_STORE, "a value did not come out the same");
}

static enum error take_all(const struct run_of_rows *run) {
    const struct replica_values *values = run->values;
    for (hsize_t first = 0, count; first < run->shape[0]; first += count) {
        hid_t memory = H5I_INVALID_HID;
        count = run->shape[0] - first < run->most ? run->shape[0] - first : run->most;
        TRY(pace_step(values->pace, *values->done));
        enum error error = select_rows(run, first, count, &memory);
        if (!error) error = take_rows(run, memory, (size_t)count * run->row);
        H5Sclose(memory);
        TRY(error);
        *values->done += (uint64_t)count * run->row;
    }
    return ERROR_NONE;
}

static enum error measure(struct run_of_rows *run) {
    run->rank = H5Sget_simple_extent_dims(run->space, run->shape, NULL);
    if (run->rank < 1)
        return RAISE(ERROR_INPUT, "has no dimensions: it is not ours, remove it first");
    run->row = H5Tget_size(run->type);
    for (int i = 1; i < run->rank; i++)
        if (__builtin_mul_overflow(run->row, (size_t)run->shape[i], &run->row))
            return RAISE(ERROR_INPUT,
                         "is larger than memory can be: it is not ours, remove "
                         "it first");
    run->most = run->row < RUN_BYTES ? RUN_BYTES / run->row : 1;
    if (run->most > run->shape[0]) run->most = run->shape[0];
    TRY(memory_allocate((size_t)run->most, run->row, &run->one));
    return memory_allocate((size_t)run->most, run->row, &run->other);
}

/* Whether the other one has the same type and shape. */
static bool is_alike(const struct run_of_rows *run) {
    hid_t type = H5Dget_type(run->values->to), space = H5Dget_space(run->values->to);
    bool alike = H5Tequal(run->type, type) > 0 && H5Sextent_equal(run->space, space) > 0;
    H5Sclose(space);
    H5Tclose(type);
    return alike;
}

enum error replica_values_take(const struct replica_values *values) {
    struct run_of_rows run = {.values = values,
                              .type = H5Dget_type(values->from),
                              .space = H5Dget_space(values->from)};
    enum error error = ERROR_NONE;
    if (values->compare && !is_alike(&run))
        error = RAISE(ERROR_STORE, "another type or shape came out");
    bool bare = is_empty(values->from);
    if (!error && !bare) error = measure(&run);
    if (!error && !bare) error = take_all(&run);
    free(run.one);
    free(run.other);
    H5Sclose(run.space);
    H5Tclose(run.type);
    return error;
}

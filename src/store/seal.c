#include "seal.h"

#include <hdf5_hl.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/hash.h"
#include "dufm/memory.h"
#include "rawfile.h"

enum { CHUNK = 1 << 20 };

static enum error describe(hid_t dataset, const struct launch *launch) {
    char now[32], line[512];
    clock_timestamp(now, sizeof now);
    snprintf(line, sizeof line, "%s: made compact by dufm %s on %s", now,
             launch->revision, launch->host);
    TRY(hdf_write_text(dataset, "long_name", "hash of all other bytes of the file"));
    TRY(hdf_write_text(dataset, "comment",
                       "the file is compact and never changes; 'dufm run' makes that of "
                       "a sweep writable again where it has points to run"));
    return hdf_write_text(dataset, "history", line);
}

static enum error create(hid_t file, hid_t creation, hid_t space, hid_t *out) {
    HDF_TRY(H5Pset_attr_creation_order(creation,
                                       H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED));
    HDF_TRY(H5Pset_layout(creation, H5D_CONTIGUOUS));
    HDF_TRY(H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY));
    HDF_TRY(*out = H5Dcreate2(file, SEAL_NAME, hdf_type(CELL_CHARACTER), space,
                              H5P_DEFAULT, creation, H5P_DEFAULT));
    return ERROR_NONE;
}

/* Zero characters, where the hash comes to stand once all else does. */
static enum error fill(hid_t file, hid_t dataset, const struct launch *launch,
                       uint64_t *offset) {
    static const char blank[HASH_TEXT];
    hid_t scale = H5I_INVALID_HID;
    HDF_TRY(H5Dwrite(dataset, hdf_type(CELL_CHARACTER), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                     blank));
    TRY(describe(dataset, launch));
    HDF_TRY(scale = H5Dopen2(file, dimension_names[DIMENSION_HASH], H5P_DEFAULT));
    herr_t code = H5DSattach_scale(dataset, scale, 0);
    H5Dclose(scale);
    HDF_TRY(code);
    haddr_t place = H5Dget_offset(dataset);
    if (place == HADDR_UNDEF) return hdf_raise("H5Dget_offset", __FILE__, __LINE__);
    *offset = place;
    return ERROR_NONE;
}

enum error seal_define(hid_t file, const struct launch *launch, uint64_t *offset) {
    hsize_t length = HASH_TEXT;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), dataset = H5I_INVALID_HID;
    hid_t space = H5Screate_simple(1, &length, NULL);
    enum error error = create(file, creation, space, &dataset);
    if (!error) error = fill(file, dataset, launch, offset);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
    return error ? error_prefix(error, "creating '%s'", SEAL_NAME) : ERROR_NONE;
}

/* Let the hash go on with the file's bytes from `first` to `last`. */
static void hash_between(int fd, uint64_t first, uint64_t last, void *chunk,
                         struct hash *hash) {
    while (first < last) {
        size_t wanted = last - first < CHUNK ? (size_t)(last - first) : CHUNK;
        size_t length = rawfile_read(fd, first, chunk, wanted);
        if (length == 0) return; /* cut off meanwhile: it is another hash then */
        hash_update(hash, chunk, length);
        first += length;
    }
}

static enum error hash_file(int fd, uint64_t offset, char text[HASH_TEXT + 1]) {
    static const char blank[HASH_TEXT];
    struct hash *hash = NULL;
    void *chunk = NULL;
    uint64_t bytes;
    enum error error;
    TRY(rawfile_size(fd, &bytes));
    TRY_OR(cleanup, error, memory_allocate(CHUNK, 1, &chunk));
    TRY_OR(cleanup, error, hash_create(&hash));
    hash_reset(hash);
    hash_between(fd, 0, offset, chunk, hash);
    hash_update(hash, blank, sizeof blank);
    hash_between(fd, offset + HASH_TEXT, bytes, chunk, hash);
    hash_format(hash_value(hash), text);
cleanup:
    hash_destroy(&hash);
    free(chunk);
    return error;
}

enum error seal_close(const char *path, uint64_t offset) {
    char text[HASH_TEXT + 1];
    int fd;
    TRY(rawfile_open(path, O_RDWR, &fd));
    enum error error = hash_file(fd, offset, text);
    if (!error) error = rawfile_write(fd, offset, text, HASH_TEXT);
    close(fd);
    return error;
}

bool seal_exists(hid_t file) {
    return H5Lexists(file, SEAL_NAME, H5P_DEFAULT) > 0;
}

static bool has_length(hid_t dataset) {
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    bool right = H5Sget_simple_extent_npoints(space) == HASH_TEXT &&
                 H5Tequal(type, hdf_type(CELL_CHARACTER)) > 0;
    H5Tclose(type);
    H5Sclose(space);
    return right;
}

enum error seal_check(hid_t file, bool *holds) {
    char found[HASH_TEXT], wanted[HASH_TEXT + 1];
    int fd;
    *holds = false;
    hid_t dataset = H5Dopen2(file, SEAL_NAME, H5P_DEFAULT);
    HDF_TRY(dataset);
    bool right = has_length(dataset);
    haddr_t offset = H5Dget_offset(dataset);
    bool read = right && offset != HADDR_UNDEF &&
                H5Dread(dataset, hdf_type(CELL_CHARACTER), H5S_ALL, H5S_ALL, H5P_DEFAULT,
                        found) >= 0;
    H5Dclose(dataset);
    if (!read) return ERROR_NONE;
    TRY(hdf_descriptor(file, &fd));
    TRY(hash_file(fd, offset, wanted));
    *holds = !memcmp(found, wanted, HASH_TEXT);
    return ERROR_NONE;
}

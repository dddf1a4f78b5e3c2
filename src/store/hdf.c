#include "hdf.h"

#include <mpi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h> /* what a driver is made of */
#endif

void hdf_start(void) {
    static bool started;
    if (started) return;
    H5dont_atexit(); /* fails only when too late, where nothing can be done */
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    started = true;
}

/* Why a call failed. */
struct cause {
    const char *text; /* HDF5's; NULL: not recorded */
    bool of_system;   /* it did not read or write the file */
};

/* The stack is walked from the innermost entry on: the first one is the cause. */
static herr_t take_cause(unsigned n, const H5E_error2_t *entry, void *context) {
    if (n == 0)
        *(struct cause *)context = (struct cause){entry->desc, entry->maj_num == H5E_IO};
    return 0;
}

static struct cause find_cause(void) {
    struct cause cause = {0};
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_cause, &cause);
    return cause;
}

/* Of a failed system call HDF5 tells all it knows, over several lines; people get what
 * failed and the system's reason. */
static void shorten(const char *cause, char *text, size_t size) {
    static const char mark[] = "error message = '";
    const char *reason = strstr(cause, mark);
    if (!reason) {
        snprintf(text, size, "%s", cause);
        return;
    }
    reason += strlen(mark);
    snprintf(text, size, "%.*s: %.*s", (int)strcspn(cause, ":"), cause,
             (int)strcspn(reason, "'"), reason);
}

static enum error raise_as(enum error code, const struct cause *cause, const char *call,
                           const char *file, int line) {
    char text[256] = "no cause recorded";
    if (cause->text) shorten(cause->text, text, sizeof text);
    const char *name = strstr(call, "H5"); /* "*out = H5Dopen2(...)" */
    if (!name) name = call;
    int length = (int)strcspn(name, "(");
    return error_raise(code, file, line, "%.*s failed: %s", length, name, text);
}

enum error hdf_raise(const char *call, const char *file, int line) {
    struct cause cause = find_cause();
    return raise_as(ERROR_STORE, &cause, call, file, line);
}

enum error hdf_raise_read(const char *file, int line) {
    struct cause cause = find_cause();
    return raise_as(cause.of_system ? ERROR_SYSTEM : ERROR_STORE, &cause, "H5Dread", file,
                    line);
}

/* HDF5's POSIX driver without its locks. Where a driver has them, opening a file for writing
 * marks its superblock, in V18 files too, although nobody looks there: a process killed in
 * that write would cost the file. Made once, lives as long as the library. */
static enum error set_unlocked(hid_t access) {
    static H5FD_class_t class;
    static hid_t driver = H5I_INVALID_HID;
    if (driver < 0) {
        HDF_TRY(H5Pset_fapl_sec2(access));
        H5FD_t *file = H5FDopen("/dev/null", H5F_ACC_RDONLY, access, HADDR_UNDEF);
        if (!file) return hdf_raise("H5FDopen", __FILE__, __LINE__);
        class = *file->cls;
        HDF_TRY(H5FDclose(file));
        class.name = "unlocked";
        class.lock = NULL;
        class.unlock = NULL;
        HDF_TRY(driver = H5FDregister(&class));
    }
    HDF_TRY(H5Pset_driver(access, driver, NULL));
    return ERROR_NONE;
}

/* Access properties of a driver. What is written is V18 at both ends: metadata carry
 * checksums, and there is no flag of an open writer that a killed one would leave behind.
 * What is only read may be as new as the library: others write that (libver="latest"). */
static enum error set_access(hid_t access, enum hdf_driver driver, bool writable) {
    H5F_libver_t newest = writable ? H5F_LIBVER_V18 : H5F_LIBVER_LATEST;
    HDF_TRY(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
    HDF_TRY(H5Pset_libver_bounds(access, H5F_LIBVER_V18, newest));
    /* Everything takes just the space it needs, so that the size of a file is foreseen. */
    HDF_TRY(H5Pset_meta_block_size(access, 0));
    HDF_TRY(H5Pset_small_data_block_size(access, 0));
    if (driver == HDF_MPI)
        HDF_TRY(H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL));
    else if (driver == HDF_MEMORY)
        HDF_TRY(H5Pset_fapl_core(access, 512, false));
    if (driver != HDF_SERIAL) return ERROR_NONE;
    if (writable)
        TRY(set_unlocked(access));
    else
        HDF_TRY(H5Pset_file_locking(access, false, true));
    /* Nothing is kept back: rows are written at once, as through MPI-IO, and read as a job
     * has them now. */
    HDF_TRY(H5Pset_sieve_buf_size(access, 0));
    return ERROR_NONE;
}

static enum error set_creation(hid_t creation, bool pieces) {
    unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    HDF_TRY(H5Pset_link_creation_order(creation, order));
    HDF_TRY(H5Pset_attr_creation_order(creation, order));
    if (pieces) HDF_TRY(H5Pset_istore_k(creation, 8));
    return ERROR_NONE;
}

static enum error create(const char *path, enum hdf_driver driver, bool pieces,
                         hid_t *out) {
    enum error error;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    TRY_OR(cleanup, error, set_access(access, driver, true));
    TRY_OR(cleanup, error, set_creation(creation, pieces));
    HDF_TRY_OR(cleanup, error, *out = H5Fcreate(path, H5F_ACC_TRUNC, creation, access));
cleanup:
    H5Pclose(creation);
    H5Pclose(access);
    return error;
}

enum error hdf_create(const char *path, enum hdf_driver driver, hid_t *out) {
    return create(path, driver, false, out);
}

enum error hdf_create_pieces(const char *path, hid_t *out) {
    return create(path, HDF_SERIAL, true, out);
}

enum error hdf_open(const char *path, enum hdf_driver driver, bool writable, hid_t *out) {
    enum error error;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    TRY_OR(cleanup, error, set_access(access, driver, writable));
    HDF_TRY_OR(cleanup, error,
               *out = H5Fopen(path, writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access));
cleanup:
    H5Pclose(access);
    return error;
}

enum error hdf_is_newer(hid_t file, bool *newer) {
    enum { SUPERBLOCK = 2 }; /* that of V18 */
    H5F_info2_t facts;
    HDF_TRY(H5Fget_info2(file, &facts));
    *newer = facts.super.version > SUPERBLOCK;
    return ERROR_NONE;
}

enum error hdf_descriptor(hid_t file, int *fd) {
    void *handle = NULL;
    HDF_TRY(H5Fget_vfd_handle(file, H5P_DEFAULT, &handle));
    *fd = *(const int *)handle;
    return ERROR_NONE;
}

/* One character, kept even where it is the only one: the predefined H5T_C_S1 would count
 * it as its terminator when a reader converts it. Made once, lives as long as the
 * library. */
static hid_t character_type(void) {
    static hid_t type = H5I_INVALID_HID;
    if (type >= 0) return type;
    type = H5Tcopy(H5T_C_S1);
    if (type >= 0) H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

hid_t hdf_type(enum cell cell) {
    switch (cell) {
    case CELL_BYTE:
        return H5T_STD_I8LE;
    case CELL_INTEGER:
        return H5T_STD_I32LE;
    case CELL_REAL:
        return H5T_IEEE_F64LE;
    case CELL_CHARACTER:
        return character_type();
    }
    return H5I_INVALID_HID;
}

static enum error write_attribute(hid_t object, const char *name, hid_t type, hid_t space,
                                  const void *values) {
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    HDF_TRY(attribute);
    enum error error = ERROR_NONE;
    if (H5Awrite(attribute, type, values) < 0)
        error = hdf_raise("H5Awrite", __FILE__, __LINE__);
    H5Aclose(attribute);
    return error;
}

enum error hdf_write_text(hid_t object, const char *name, const char *text) {
    enum error error;
    size_t length = strlen(text);
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    HDF_TRY_OR(cleanup, error, H5Tset_size(type, length > 0 ? length : 1));
    HDF_TRY_OR(cleanup, error, H5Tset_cset(type, H5T_CSET_UTF8));
    error = write_attribute(object, name, type, space, text);
cleanup:
    H5Sclose(space);
    H5Tclose(type);
    return error;
}

enum error hdf_write_cells(hid_t object, const char *name, enum cell cell, int count,
                           const void *values) {
    hsize_t length = (hsize_t)count;
    hid_t space = H5Screate_simple(1, &length, NULL);
    HDF_TRY(space);
    enum error error = write_attribute(object, name, hdf_type(cell), space, values);
    H5Sclose(space);
    return error;
}

bool hdf_has(hid_t object, const char *name) {
    return H5Aexists(object, name) > 0;
}

static enum error read_text(hid_t attribute, hid_t type, char **out) {
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0)
        return RAISE(ERROR_STORE, "a text attribute is not a fixed-length string");
    size_t length = H5Tget_size(type);
    void *text;
    TRY(memory_allocate(length + 1, 1, &text));
    if (H5Aread(attribute, type, text) < 0) {
        free(text);
        return hdf_raise("H5Aread", __FILE__, __LINE__);
    }
    *out = text;
    return ERROR_NONE;
}

enum error hdf_read_text(hid_t object, const char *name, char **out) {
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    HDF_TRY(attribute);
    hid_t type = H5Aget_type(attribute);
    enum error error = read_text(attribute, type, out);
    H5Tclose(type);
    H5Aclose(attribute);
    return error ? error_prefix(error, "attribute %s", name) : ERROR_NONE;
}

enum error hdf_read_integer(hid_t object, const char *name, int *out) {
    hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    HDF_TRY(attribute);
    enum error error = ERROR_NONE;
    hid_t space = H5Aget_space(attribute);
    if (H5Sget_simple_extent_npoints(space) != 1)
        error = RAISE(ERROR_STORE, "attribute %s is not one number", name);
    else if (H5Aread(attribute, H5T_NATIVE_INT, out) < 0)
        error = hdf_raise("H5Aread", __FILE__, __LINE__);
    H5Sclose(space);
    H5Aclose(attribute);
    return error;
}

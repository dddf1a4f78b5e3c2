/* The few HDF5 calls the store is made of, their errors as `enum error`. */
#ifndef DUFM_STORE_HDF_H
#define DUFM_STORE_HDF_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"
#include "schema.h"

/* Set the library up: no flush at exit (it would be collective, and hang beside a dead
 * rank), no stack of errors on the terminal. Before any other HDF5 call; repeatable. */
void hdf_start(void);

/* How a file is reached. */
enum hdf_driver {
    HDF_SERIAL, /* one process, no lock of HDF5's own: readers stay welcome */
    HDF_MPI,    /* all ranks */
    HDF_MEMORY, /* nowhere: for measuring */
};

/* Create or open a file; *out: H5Fclose. HDF_MPI: collective. */
enum error hdf_create(const char *path, enum hdf_driver driver, hid_t *out);
enum error hdf_open(const char *path, enum hdf_driver driver, bool writable, hid_t *out);

/* The same with HDF_SERIAL, for variables stored in pieces: the indices of these begin with
 * room for 16 of them instead of 64, which in most files they leave empty. */
enum error hdf_create_pieces(const char *path, hid_t *out);

/* Whether another program wrote it in a format that this one reads, but does not write. */
enum error hdf_is_newer(hid_t file, bool *newer);

/* The descriptor of a file opened with HDF_SERIAL: of that very file, whatever has taken
 * its name since. It belongs to HDF5 and stays where it is. */
enum error hdf_descriptor(hid_t file, int *fd);

hid_t hdf_type(enum cell cell); /* in file and memory alike; not to be closed */

/* Attributes of an object. Texts may be longer than 64 KB. */
enum error hdf_write_text(hid_t object, const char *name, const char *text);
enum error hdf_write_cells(hid_t object, const char *name, enum cell cell, int count,
                           const void *values);
bool hdf_has(hid_t object, const char *name);
/* *out is owned by the caller (free). */
enum error hdf_read_text(hid_t object, const char *name, char **out);
enum error hdf_read_integer(hid_t object, const char *name, int *out);

/* Raise ERROR_STORE with the innermost cause that HDF5 recorded. */
enum error hdf_raise(const char *call, const char *file, int line);

/* The same of H5Dread, but ERROR_SYSTEM where the system did not read the file, which says
 * nothing of what is in it. */
enum error hdf_raise_read(const char *file, int line);

#define HDF_TRY(call)                                                                    \
    do {                                                                                 \
        if ((call) < 0) return hdf_raise(#call, __FILE__, __LINE__);                     \
    } while (0)

#define HDF_TRY_OR(label, result, call)                                                  \
    do {                                                                                 \
        (result) = (call) < 0 ? hdf_raise(#call, __FILE__, __LINE__) : ERROR_NONE;       \
        if ((result) != ERROR_NONE) goto label;                                          \
    } while (0)

#endif

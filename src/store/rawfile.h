/* Bytes of a file without HDF5: whole reads and writes at a place. */
#ifndef DUFM_STORE_RAWFILE_H
#define DUFM_STORE_RAWFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"

/* Read what is there of `bytes` bytes at `offset`; returns how many, fewer only at the
 * end of the file or where it cannot be read. */
size_t rawfile_read(int fd, uint64_t offset, void *data, size_t bytes);

/* Write all of them. ERROR_SYSTEM. */
enum error rawfile_write(int fd, uint64_t offset, const void *data, size_t bytes);

/* Size of an open file. ERROR_SYSTEM. */
enum error rawfile_size(int fd, uint64_t *bytes);

/* Open; ERROR_INPUT with the system's reason. */
enum error rawfile_open(const char *path, int flags, int *fd);

/* Whether a file whose first bytes these are begins as HDF5 does. */
enum { RAWFILE_SIGNATURE = 8 };
bool rawfile_is_hdf5(const unsigned char start[RAWFILE_SIGNATURE]);

/* Make the bytes of a file durable. ERROR_SYSTEM. */
enum error rawfile_sync(const char *path);

#endif

/* Whole files, replaced in one step: a reader, or a process after a crash, finds the old
 * content or the new, never a part. */
#ifndef DUFM_FILE_H
#define DUFM_FILE_H

#include <limits.h>
#include <stddef.h>

#include "dufm/error.h"

/* Write `bytes` bytes of `data` as "<path>.tmp", sync, rename to `path`, sync the folder.
 * ERROR_SYSTEM, with nothing changed but for a failed last sync. */
enum error file_replace(const char *path, const void *data, size_t bytes);

/* Read a regular file of at most `limit` bytes into memory owned by the caller (free).
 * ERROR_SYSTEM. */
enum error file_read(const char *path, size_t limit, void **data, size_t *bytes);

/* The file that `path` leads to where it is a symbolic link, which may lead to nothing (yet);
 * else `path`. Links of folders stay: what lies in one has one name in it. ERROR_INPUT: too
 * many links, or too long a name. */
enum error file_resolve(const char *path, char real[PATH_MAX]);

/* "<path><suffix>", the name of what belongs to a file and lies beside it, `size` bytes: by
 * whatever link the file is called, the same one. ERROR_INPUT as file_resolve. */
enum error file_beside(const char *path, const char *suffix, char *out, size_t size);

/* The folder that `path` lies in. ERROR_INPUT: the path is too long. */
enum error file_folder(const char *path, char folder[PATH_MAX]);

/* Make what was renamed, created or removed in the folder of `path` durable.
 * ERROR_INPUT: the path is too long; ERROR_SYSTEM. */
enum error file_sync_folder(const char *path);

#endif

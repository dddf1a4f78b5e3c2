/* Is a file a result file of this program, and of this sweep? Serial. */
#ifndef DUFM_STORE_IDENTITY_H
#define DUFM_STORE_IDENTITY_H

#include "dufm/error.h"
#include "dufm/sweep.h"
#include "table.h"

/* Open `path` for reading once it is known to be ours; *table: table_close. ERROR_INPUT,
 * naming the remedy: missing, a folder, not HDF5, not of this program, of another
 * version. ERROR_STORE when it is damaged; it is decoded in a child process first. */
enum error identity_open(const char *path, struct table *table);

/* ERROR_INPUT where an open file is of an older version, to which nothing is written and
 * of which no rows are taken over: they lack what newer ones have. */
enum error identity_current(const struct table *table, const char *path);

/* How the sweep of an open file differs from another one, for people; "" where it does
 * not. Owned by the caller (free). */
enum error identity_difference(const struct table *table, const struct sweep *sweep,
                               char **difference);

/* The sweep of an open file; *out: sweep_destroy. `path` for messages. */
enum error identity_sweep(const struct table *table, const char *path,
                          struct sweep **out);

#endif

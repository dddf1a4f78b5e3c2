/* Is a file a result file of this program, and of this sweep? Serial. */
#ifndef DUFM_STORE_IDENTITY_H
#define DUFM_STORE_IDENTITY_H

#include "dufm/error.h"
#include "dufm/sweep.h"
#include "table.h"

/* Open `path` for reading once it is known to be ours; *table: table_close. ERROR_INPUT,
 * naming the remedy: missing, a folder, not HDF5, not of this program, of another
 * version. */
enum error identity_open(const char *path, struct table *table);

/* ERROR_INPUT with the difference when the open file belongs to another sweep. */
enum error identity_match(const struct table *table, const char *path,
                          const struct sweep *sweep);

#endif

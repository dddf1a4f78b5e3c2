/* A new result file: built under a temporary name, complete, then renamed. Serial. */
#ifndef DUFM_STORE_CREATE_H
#define DUFM_STORE_CREATE_H

#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/sweep.h"

/* What makes a file ours; the root attributes. */
#define ATTRIBUTE_PROGRAM   "program"
#define ATTRIBUTE_VERSION   "schema_version"
#define ATTRIBUTE_TEXT      "sweep_text"
#define ATTRIBUTE_CANONICAL "sweep_canonical"
#define PROGRAM_NAME        "dufm"

/* Create `path` for `sweep` by way of "`path`.tmp", which is left behind only by a killed
 * process. The caller holds the lock. ERROR_INPUT when the file system lacks the space.
 */
enum error create_file(const char *path, const struct sweep *sweep,
                       const struct launch *launch);

/* Make the folder's entries durable. */
enum error create_sync_folder(const char *path);

#endif

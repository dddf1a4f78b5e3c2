/* HDF5's decoder is not proof against damaged files: whatever opens a file that exists
 * tries it first in a child process with limits, whose death is a finding. */
#ifndef DUFM_STORE_PROBE_H
#define DUFM_STORE_PROBE_H

#include "dufm/error.h"

/* What is tried on the file. */
typedef enum error probe_attempt(const char *path);

/* Run the attempt in a child of this process, with at most one more GiB of memory and a
 * minute of processor time. The child ends with this process, and holds no lock. Its error
 * is returned with its message; ERROR_STORE when it dies. Takes a millisecond or two besides. */
enum error probe_file(const char *path, probe_attempt *attempt);

#endif

/* What `dufm status` says of a file of measured features, which is always complete. */
#ifndef DUFM_COMMAND_MEASURED_STATUS_H
#define DUFM_COMMAND_MEASURED_STATUS_H

#include <stdbool.h>

#include "dufm/error.h"

/* Print it, as text or JSON, where the file is one; *is_one says so. Errors of
 * reader_open. */
enum error measured_status_show(const char *path, bool json, bool *is_one);

#endif

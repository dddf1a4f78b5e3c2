/* A finished file takes its name: durable first, then visible, then durable by name. Until then
 * it has a temporary one, "F.tmp". */
#ifndef DUFM_STORE_PUBLISH_H
#define DUFM_STORE_PUBLISH_H

#include "dufm/error.h"

/* Remove what a killed process left under the temporary name, and tell it: a file that is empty,
 * begins as HDF5 does, or with zeros, as one whose beginning was yet to be written. Anything
 * else of that name is not ours, and stays. */
void publish_tidy(const char *temporary);

/* The same before a file is made under that name: ERROR_INPUT where something else has it. */
enum error publish_clear(const char *temporary);

/* Sync `temporary`, rename it to `path`, or to what that is a link to, which it replaces and
 * whose permissions it takes, and sync the folder. */
enum error publish_file(const char *temporary, const char *path);

#endif

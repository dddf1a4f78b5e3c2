/* A compact file never changes again: one hash covers all of its bytes. It stands in the
 * file's last variable, "seal", and counts as zero characters itself. Serial. */
#ifndef DUFM_STORE_SEAL_H
#define DUFM_STORE_SEAL_H

#include "dufm/launch.h"
#include "hdf.h"

#define SEAL_NAME "seal"

/* Define the variable in a new file, which has its dimension hash_length already. `launch`
 * is told in its attributes. *offset: where its characters lie in the file. */
enum error seal_define(hid_t file, const struct launch *launch, uint64_t *offset);

/* Hash the file, which is closed, and write the seal. */
enum error seal_close(const char *path, uint64_t offset);

/* Whether an open file has a seal at all, and whether it holds. */
bool seal_exists(hid_t file);
enum error seal_check(hid_t file, bool *holds);

#endif

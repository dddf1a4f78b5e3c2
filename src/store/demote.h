/* Finished rows are checked when a job opens its file: what is damaged runs again. */
#ifndef DUFM_STORE_DEMOTE_H
#define DUFM_STORE_DEMOTE_H

#include "internal.h"

/* Check this rank's share of the rows and make those pending again that do not hold what
 * their checksum says. Every rank; independent of the others. */
enum error demote_damaged(const struct store *store, const char *path,
                          const struct sweep *sweep);

#endif

/* The coordinates that a file of features gives: attributes of its root that are numbers. */
#ifndef DUFM_STORE_FEATUREGIVEN_H
#define DUFM_STORE_FEATUREGIVEN_H

#include "dufm/featurefile.h"
#include "hdf.h"

/* Add them to `facts`, by name. `tell`: note what is ignored. ERROR_INPUT for a name that
 * cannot be, or means something else in results, and for a number that is not kept. */
enum error featuregiven_read(hid_t file, const char *path, bool tell,
                             struct featurefile_facts *facts);

#endif

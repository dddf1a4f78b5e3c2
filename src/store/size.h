/* How large a file becomes, and whether there is room for it. */
#ifndef DUFM_STORE_SIZE_H
#define DUFM_STORE_SIZE_H

#include "dufm/error.h"
#include "dufm/sweep.h"
#include "schema.h"

/* ERROR_INPUT when the folder of `path` lacks the space for a file of that sweep and of
 * these lengths; says so where it is large. */
enum error size_check(const char *path, const struct sweep *sweep,
                      const struct lengths *lengths);

#endif

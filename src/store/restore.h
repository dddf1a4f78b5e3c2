/* The point of a row, from the parameters stored with it. */
#ifndef DUFM_STORE_RESTORE_H
#define DUFM_STORE_RESTORE_H

#include <stdbool.h>

#include "block.h"

/* Set the point from row `slot` of a block that holds the parameters. False when they are
 * values that no point has (a damaged row): *out is then a point of which nothing can be
 * asked. */
bool restore_point(const struct block *block, int slot, struct point *out);

#endif

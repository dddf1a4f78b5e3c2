/* An existing file becomes that of a sweep: as it is, repaired, or grown. Serial. */
#ifndef DUFM_STORE_ADOPT_H
#define DUFM_STORE_ADOPT_H

#include "dufm/error.h"
#include "dufm/store.h"
#include "schema.h"

/* See to it that the rows of the target are those of the sweep, and tell the file's lengths.
 *
 * Where the sweep is another one than the file was made for, the file is replaced by a
 * larger one: every row stays as it is and where it is; rows of values that the sweep has
 * no longer have grid_index GRID_REMOVED; points that no row has come behind. ERROR_INPUT
 * with the difference when no finished row is in the new grid, unless a pending one is and
 * no finished one falls out of it, or when something else is to be stored of each point.
 * Rows whose parameters are damaged are made anew, too.
 *
 * The caller holds the lock. Errors besides: those of identity_open and assemble_file;
 * the file is as it was then. */
enum error adopt_file(const struct store_target *target, struct lengths *lengths);

#endif

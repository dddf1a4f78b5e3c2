/* A second file with all that a result file holds, in pieces that are compressed each, and
 * the proof that it holds the same. What the file holds is not asked for: older files, and
 * attributes that others added, are copied as they are. Serial. */
#ifndef DUFM_STORE_REPLICA_H
#define DUFM_STORE_REPLICA_H

#include "hdf.h"

/* Two open files and the name of the first one, for messages. */
struct replica {
    const char *path;
    hid_t from, to;
};

/* Copy variables, dimensions and attributes in the order they were made into the empty
 * file `to`; the tables of where values lie are left out, since they have no place any
 * more. ERROR_INPUT where it holds something that no result file does;
 * ERROR_INTERRUPTED. */
enum error replica_copy(const struct replica *replica);

/* ERROR_STORE unless the second file has the same variables and attributes in the same
 * order, each of the same type, shape, dimensions and bytes, and behind them the seal
 * alone. ERROR_INTERRUPTED. */
enum error replica_check(const struct replica *replica);

#endif

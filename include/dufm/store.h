/* The result file: created whole, opened by all ranks, rows staged and committed.
 *
 * Safety (measured, see src/store/README.md): the file is built under a temporary name
 * with all its space allocated and renamed; afterwards only raw rows are written,
 * independently, in the order data, checksum, fsync, status, fsync, so that a kill at any
 * instant leaves each row either done and whole or not done.
 */
#ifndef DUFM_STORE_H
#define DUFM_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/comm.h"
#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/result.h"
#include "dufm/sweep.h"

struct store;

/* Make `path` ready to be written by this job: take the lock, create the file for `sweep`
 * if there is none, or check that the existing one belongs to the same sweep; open it on
 * every rank; record the launch in the next free row. Collective over all ranks, with the
 * same sweep on each; every rank gets the same error. ERROR_INPUT: not our file, of
 * another sweep (the difference is in the message), locked by another job, folder missing
 * or read-only. *out: store_close. */
enum error store_open(const char *path, const struct sweep *sweep,
                      const struct launch *launch, struct store **out);

/* Close on every rank and give the lock back. Rows staged but not committed are lost.
 * Collective, waits asleep. */
enum error store_close(struct store **store);

/* Statuses of all rows (enum status), grid_count bytes, owned by the store; as found when
 * the file was opened, STATUS_RUNNING turned back to STATUS_PENDING. Rank 0 only. */
const int8_t *store_statuses(const struct store *store);

/* Rows that can be staged between two commits, at least 1. Local. */
int store_stage_capacity(const struct store *store);

/* Keep one finished point for the next commit; copies everything. The arrays of `result`
 * have the lengths of `point`; a result that is not STATUS_DONE may have no arrays (an
 * extent of zeros): they stay undefined. ERROR_STORE when the stage is full. Local. */
enum error store_stage(struct store *store, uint64_t row, const struct point *point,
                       const struct result *result);

/* Write all staged rows: data and checksums, fsync, statuses, fsync. Rows staged one
 * after the other that are neighbours in the file are written together. Local
 * (independent writes); on return the rows are durable and the stage is empty. After an
 * error no row of the stage counts as done; store_close is collective all the same. */
enum error store_commit(struct store *store);

/* Mark rows first .. first + count - 1 as running (not synced; a hint for readers).
 * Local. */
enum error store_mark_running(struct store *store, uint64_t first, uint64_t count);

/* Bytes of the file for a sweep, for `plan`; true to a few KB. Local. */
uint64_t store_size(const struct sweep *sweep);

/* "HDF5 1.10.8"; owned by this module. */
const char *store_library(void);

#endif

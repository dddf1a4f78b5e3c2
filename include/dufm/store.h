/* The result file: created or grown whole, opened by all ranks, rows staged and committed.
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

/* Which file is to be written, of what, by whom. */
struct store_target {
    const char *path;
    const struct sweep *sweep; /* must outlive the opening only */
    const struct launch *launch;
    bool raised; /* points under a later limit max_steps go on from finished ones: these
                    count as in common with the sweep */
};

/* Make the file ready to be written by this job: take the lock; create the file for `sweep`
 * if there is none, or grow the existing one where the sweep has other points now (rows
 * stay where they are, new points come behind); open it on every rank; make finished rows
 * pending again whose values are damaged; record the launch in the next free row.
 * Collective over all ranks, with the same sweep on each; every rank gets the same error.
 * ERROR_INPUT: not our file, of a sweep without a finished point in common or with other
 * outputs (the difference is in the message), locked by another job, folder missing or
 * read-only. ERROR_STORE: damaged; the file is left as it is. ERROR_INTERRUPTED: while it
 * was created, grown or checked. *out: store_close. */
enum error store_open(const struct store_target *target, struct store **out);

/* Close on every rank and give the lock back. Rows staged but not committed are lost.
 * Collective, waits asleep. */
enum error store_close(struct store **store);

/* Rows of the file: points of the sweep, and rows of values that it has no longer. */
uint64_t store_count(const struct store *store);

/* Statuses of all rows (enum status), store_count bytes, owned by the store; as found when
 * the file was opened, STATUS_RUNNING turned back to STATUS_PENDING. Rank 0 only. */
const int8_t *store_statuses(const struct store *store);

/* Number of the point of each row in the sweep's grid, negative for values that the sweep
 * has no longer: such rows are not to run. store_count numbers, owned by the store. Rank 0
 * only. */
const int32_t *store_places(const struct store *store);

/* Give the memory of the last two back, 5 bytes a row, once nobody asks for them any more:
 * both are NULL from then on. Local. */
void store_forget_rows(struct store *store);

/* The point of a row. ERROR_STORE where the sweep has it no longer. Local. */
enum error store_point(const struct store *store, const struct sweep *sweep, uint64_t row,
                       struct point *out);

/* What became of a row, as the file has it now: what other ranks have committed counts.
 * Local. */
enum error store_find(const struct store *store, uint64_t row, enum status *status,
                      enum outcome *outcome);

/* Failed and quarantined rows become pending again, durably, here and in the file. Rank 0
 * only, before any row is run. */
enum error store_retry_failed(struct store *store, const struct sweep *sweep);

/* Rank 0, instead of store_close where a rank is lost: everything committed is durable,
 * no rank may write any more, and the job ends. Gives the lock back; the file itself is
 * left open, because closing is collective. Local. */
void store_abandon(struct store **store);

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

/* Mark a row that was left under way as pending again, in the same way. */
enum error store_mark_pending(struct store *store, uint64_t row);

/* How this launch's workers are used, into its row (not synced; no part of a checksum).
 * Rank 0 only. Local. */
enum error store_note_use(struct store *store, const struct launch_use *use);

/* Bytes of the file for a sweep, for `plan`; true to a few KB. Local. */
uint64_t store_size(const struct sweep *sweep);

/* "HDF5 1.10.8"; owned by this module. */
const char *store_library(void);

#endif

/* Is a row whole? What it says of itself against what it holds. */
#ifndef DUFM_STORE_JUDGE_H
#define DUFM_STORE_JUDGE_H

#include "block.h"
#include "dufm/reader.h"
#include "dufm/sweep.h"

/* Judge what is known of row `slot` before it runs: identity, padding and, where a sweep
 * is given, the place in its grid. The block holds block_of_creation or more; *point is
 * the row's where its identity is right. */
enum row_fault judge_creation(const struct block *block, int slot,
                              const struct sweep *sweep, struct point *point);

/* Judge a row of a block of whole rows; what belongs to a run only where it has
 * finished. */
enum row_fault judge_row(struct block *block, int slot, const struct sweep *sweep,
                         struct point *point);

/* Whether row `slot` of a block of launches holds what its checksum says. */
bool judge_launch(struct block *block, int slot);

/* Whether the variable of row `slot` holds that hash as text. */
bool judge_text(const struct block *block, int slot, const char *variable, uint64_t hash);

/* A status that a row can have, and one that it has after its run. */
bool judge_is_status(int status);
bool judge_is_finished(int status);

#endif

/* The checkpoints of a result file F.h5: a folder F.h5.checkpoints beside it with a file
 * for each descent that was left under way, "<trail>-<max_steps>.checkpoint": that of a
 * point, and beside it the one after a kick. A worker
 * looks there before it starts a point, saves long ones now and then and when it is
 * interrupted, and removes what is no longer needed once the point's row is committed. A
 * checkpoint that cannot be written or used costs time, never a result: that is warned of
 * and the point starts anew. Local to a rank; a point is one rank's at a time. Between
 * checkpoints_begin and checkpoints_ended a child of the rank may see to the point: the rank
 * knows what was saved, however the child ends.
 */
#ifndef DUFM_CHECKPOINTS_H
#define DUFM_CHECKPOINTS_H

#include <stdbool.h>

#include "dufm/error.h"
#include "dufm/point.h"
#include "dufm/sweep.h"
#include "dufm/train.h"

/* Seconds between two saves of a point unless the user says otherwise; a save that is slow
 * is made more rarely, so that it takes no more than half a percent of the time. */
#define CHECKPOINT_SECONDS 60.0

/* A point that has run for less than this is simply run again. */
#define CHECKPOINT_WORTH_SECONDS 1.0

struct checkpoint_options {
    double seconds;       /* between saves; 0: no checkpoints; NaN: chosen from cost */
    bool keep_unfinished; /* keep the state of a point that ends at max_steps */
};

struct checkpoints;

/* Remove what killed saves left in the folder and count the checkpoints there. By one
 * rank, before others work. */
int checkpoints_tidy(const char *output);

/* Every point of the sweep is finished: remove what killed processes left of them, but no
 * state that was kept, and the folder, once it is empty. By one rank. */
void checkpoints_end(const char *output, const struct sweep *sweep);

/* The checkpoints of `output` for one rank. Lists the folder once. *out is owned by the
 * caller (checkpoints_destroy). ERROR_SYSTEM, ERROR_INPUT (path too long). */
enum error checkpoints_create(const char *output, const char *fingerprint,
                              const struct checkpoint_options *options,
                              struct checkpoints **out);
void checkpoints_destroy(struct checkpoints **checkpoints);

/* List the folder again, where another process has saved points since. */
void checkpoints_refresh(struct checkpoints *checkpoints);

/* A point begins: put its saved descent, if there is one that fits, in the place of the
 * fresh one. */
void checkpoints_begin(struct checkpoints *checkpoints, const struct point *point,
                       struct training *training);

/* The descent has ended and the way back from a kick begins: save the one if that is worth
 * writing, and put a saved way back from the same place, if there is one, in the place of the
 * other. What follows is about the way back until the next checkpoints_begin. */
void checkpoints_return(struct checkpoints *checkpoints, const struct training *ended,
                        struct training *back);

/* Asked between two steps (train_poll): save the descent when that is due. */
void checkpoints_look(struct checkpoints *checkpoints, const struct training *training);

/* The descent was interrupted: save it if that is worth writing. */
void checkpoints_leave(struct checkpoints *checkpoints, const struct training *training);

/* The point has ended; its files go with the next checkpoints_committed, but for a state
 * to be kept. */
void checkpoints_ended(struct checkpoints *checkpoints, enum stop_reason reason);

/* The rows of all points that ended are safe: remove their files. */
void checkpoints_committed(struct checkpoints *checkpoints);

#endif

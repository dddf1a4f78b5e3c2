/* Solve one point from start to measured result: start, descent, spectra, references,
 * ending. Knows neither MPI nor the result file. */
#ifndef DUFM_SOLVE_H
#define DUFM_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/point.h"
#include "dufm/result.h"
#include "dufm/sweep.h"
#include "dufm/train.h"

struct solver; /* all memory of a worker, large enough for any point of its sweep */

/* Allocate for the largest point of `sweep` (kept by reference: it must outlive the
 * solver). *out is owned by the caller (solver_destroy). */
enum error solver_create(const struct sweep *sweep, struct solver **out);
void solver_destroy(struct solver **solver);

/* Lay the point out and put it at its start. ERROR_INPUT for a planted start that the
 * point's shape cannot hold (a sweep with such points is refused before). */
enum error solver_begin(struct solver *solver, const struct point *point);

/* The descent under way of the point begun last, owned by the solver: where a saved one can
 * be put in its place before solver_run (checkpoint.h), and saved from the poll and after
 * an interruption. After a kick it is the way back. */
struct training *solver_training(struct solver *solver);

/* Called now and then (at least every few milliseconds of descent, at most once a step);
 * returns true to stop the descent. See train_poll. */
typedef bool solver_poll(void *context);

/* Called after a kick: `ended` is the descent before it, and a saved way back can be put in
 * the place of `back`. */
typedef void solver_return(void *context, const struct training *ended,
                           struct training *back);

/* Who looks on while a point runs. */
struct solver_watch {
    solver_poll *poll;      /* may be NULL */
    solver_return *set_out; /* may be NULL */
    void *context;          /* of both */
};

/* Run the point begun last to its end. *out stays valid until the next solver_begin and
 * belongs to the solver. A point that diverges is a result; an error means the point
 * could not be run at all. ERROR_INTERRUPTED when the watch's poll asked to stop. */
enum error solver_run(struct solver *solver, const struct solver_watch *watch,
                      const struct result **out);

/* Bytes a solver of that sweep allocates, for `plan`: enough for its largest shape and
 * its most demanding optimizer. ERROR_SYSTEM. */
enum error solver_memory(const struct sweep *sweep, size_t *bytes);

/* Predicted seconds of a point run to max_steps on one core, the descent and what is
 * measured after it, each descent no longer than max_seconds:
 * floating-point operations over the speed measured for that shape class (a fixed table:
 * a prediction for ordering and planning, never part of a result). */
double solver_predict_seconds(const struct point *point);

/* The same number for points whose steps take the same time: equal K, L, d, n, loss,
 * activation, optimizer with its memory, and schedule. */
uint32_t solver_shape(const struct point *point);

#endif

/* Solve one point from start to measured result: start, descent, spectra, references,
 * ending. Knows neither MPI nor the result file. */
#ifndef DUFM_SOLVE_H
#define DUFM_SOLVE_H

#include <stdbool.h>

#include "dufm/error.h"
#include "dufm/point.h"
#include "dufm/result.h"
#include "dufm/sweep.h"

struct solver; /* all memory of a worker, large enough for any point of its sweep */

/* Allocate for the largest point of `sweep` (kept by reference: it must outlive the
 * solver). *out is owned by the caller (solver_destroy). */
enum error solver_create(const struct sweep *sweep, struct solver **out);
void solver_destroy(struct solver **solver);

/* Called now and then (at least every few milliseconds of descent, at most once a step);
 * returns true to stop the descent, whose result is then STOP_INTERRUPTED. */
typedef bool solver_poll(void *context);

/* Run one point. *out stays valid until the next call and belongs to the solver. A
 * point that diverges is a result; an error means the point could not be run at all.
 * ERROR_INTERRUPTED when `poll` (may be NULL) asked to stop. */
enum error solver_run(struct solver *solver, const struct point *point, solver_poll *poll,
                      void *context, const struct result **out);

/* Bytes a solver of that sweep allocates, for `plan`. */
size_t solver_memory(const struct sweep *sweep);

/* Predicted seconds of the descent of a point run to max_steps on one core:
 * floating-point operations over the speed measured for that shape class (a fixed table:
 * a prediction for ordering and planning, never part of a result). */
double solver_predict_seconds(const struct point *point);

#endif

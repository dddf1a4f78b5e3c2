/* Whether an ending holds: its parameters x are moved by
 *
 *     kick |x| g / |g|,    g ~ N(0, I), keyed as all random numbers are,
 *
 * descent goes on from there as it began, by the same optimizer, rules and final phase, and
 * where it comes to is measured. On parameters, and an optimizer's memory, of its own: the
 * descent before stays as it ended.
 */
#ifndef DUFM_SCHED_KICK_H
#define DUFM_SCHED_KICK_H

#include "dufm/error.h"
#include "dufm/likeness.h"
#include "dufm/memory.h"
#include "dufm/optimizer.h"
#include "dufm/point.h"
#include "dufm/result.h"
#include "dufm/train.h"
#include "gauge.h"

struct kick {
    struct likeness likeness;
    struct result result; /* of the way back; no history, Grams or weights */
    struct factors parameters;
    struct optimizer optimizer;
    struct history history; /* none */
    struct training training;
};

/* Lay out what is no larger for a smaller problem, and the rest, which depends on the
 * optimizer (memory.h: once to measure, once to take). */
void kick_carve(struct kick *kick, const struct shape *shape, const struct extent *extent,
                struct arena *arena);
void kick_carve_descent(struct kick *kick, const struct optimizer_settings *settings,
                        struct model *model, struct arena *arena);

/* Bytes that kick_carve_descent takes. Pure. */
size_t kick_descent_bytes(const struct optimizer_settings *settings,
                          const struct shape *shape);

/* Kick the ending of `training`, whose model holds the forward pass there: kick->training is
 * the way back at its start, where a saved one can be put in its place. `training` lends its
 * model, gradient, rules and poll, and is unchanged. */
void kick_set_out(struct kick *kick, const struct point *point,
                  const struct training *training);

/* Go the way back and measure what it comes to into the kick_* of result->firmness, the
 * result of the ending. ERROR_NUMERIC, ERROR_INTERRUPTED. */
enum error kick_come_back(struct kick *kick, struct gauge *gauge, struct result *result);

#endif

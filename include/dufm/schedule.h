/* How the rate changes over the main phase of a descent.
 *
 *     constant   rate
 *     cosine     rate (1 + cos(pi t/T))/2, t = step mod T: it falls to 0 within T steps,
 *                then begins anew (Loshchilov and Hutter 2017)
 *     inverse    rate / (1 + step/T)
 *     auto       found on the way (automatic.h); begins at rate
 */
#ifndef DUFM_SCHEDULE_H
#define DUFM_SCHEDULE_H

#include "dufm/kind.h"

struct schedule {
    enum schedule_kind kind;
    double rate; /* at the start */
    int steps;   /* T of cosine and inverse, at least 1 */
};

/* Rate of the step after `step` steps; the start's for auto. Pure. */
double schedule_rate(const struct schedule *schedule, int step);

#endif

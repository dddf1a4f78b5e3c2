/* Parameters that only some optimizers look at. At a point where nothing looks at them
 * they have an idle value, whatever was given, so that they are no part of its identity.
 *
 *     momentum                       momentum                    idle: 0
 *     beta1, beta2, epsilon          adam                        idle: 0
 *     lbfgs_memory                   lbfgs                       idle: 0
 *     learning_rate                  all but lbfgs               idle: 1, its first trial
 *     schedule, decay_steps          all but lbfgs               idle: constant, 0
 *     schedule_steps                 schedules cosine, inverse   idle: 0
 */
#ifndef DUFM_EFFECT_H
#define DUFM_EFFECT_H

#include <stdbool.h>

#include "dufm/point.h"

/* Whether the descent of `point` looks at the parameter. Always, where no row says
 * otherwise. Pure. */
bool effect_is_used(const struct parameter *parameter, const struct point *point);

/* Value that the parameter has where it is not used; NaN for one that always is. Pure. */
double effect_idle(const struct parameter *parameter);

/* Give every parameter that `point` does not use its idle value. */
void effect_idle_all(struct point *point);

#endif

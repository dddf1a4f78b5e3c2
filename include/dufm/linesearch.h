/* A line search for functions with kinks: the weak Wolfe conditions by bisection and
 * expansion (Lewis and Overton 2013, "Nonsmooth optimization via quasi-Newton methods",
 * algorithm 2.6). On h(t), t > 0, with h'(0) < 0 it looks for a t with
 *     h(t) < h(0) + c1 t h'(0)      and     h'(t) >= c2 h'(0),      0 < c1 < c2 < 1,
 * halving a bracket whose lower end fulfils the first condition alone and whose upper end
 * does not, or doubling t while there is no such end. Needs no smoothness: where h is not
 * differentiable the slope of either side will do. A value that is not a number counts as
 * too high.
 */
#ifndef DUFM_LINESEARCH_H
#define DUFM_LINESEARCH_H

#include <stdbool.h>

/* h and what is known of it. */
struct line {
    double value; /* h(0) */
    double slope; /* h'(0) < 0 */
    double (*value_at)(void *context, double t);
    double (*slope_here)(void *context); /* h' at the t that value_at was asked last */
    void *context;
};

/* What was found. The t of a step was the last that value_at was asked. */
enum line_outcome {
    LINE_WOLFE,   /* both conditions hold */
    LINE_LOWER,   /* the first one does: the slope stayed steep, or jumps over zero */
    LINE_NOWHERE, /* no t was found that lowers h enough */
};

/* Values of h that a search may ask for. */
enum { LINE_VALUES_MAX = 50 };

/* Search from the trial `first` > 0. */
enum line_outcome linesearch_run(const struct line *line, double first, double *step);

#endif

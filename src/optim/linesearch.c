#include "dufm/linesearch.h"

#include <math.h>

/* As is usual for quasi-Newton methods. */
static const double decrease = 1e-4, curvature = 0.9;

/* Where t may still lie: `low` fulfils the decrease alone, `high` does not. */
struct bracket {
    double low, high;
};

/* Of the difference, not of the sum: where that rounds to h(0) nothing is gained. */
static bool is_lower(const struct line *line, double t, double value) {
    return value - line->value < decrease * t * line->slope;
}

static double next_trial(const struct bracket *bracket) {
    if (isinf(bracket->high)) return 2 * bracket->low;
    return bracket->low + 0.5 * (bracket->high - bracket->low);
}

static bool is_empty(const struct bracket *bracket, double t) {
    return !(t > bracket->low && t < bracket->high);
}

/* The bracket closes on the kink or on rounding: its lower end is better than nothing. */
static enum line_outcome settle(const struct line *line, const struct bracket *bracket,
                                double *step) {
    *step = bracket->low;
    if (bracket->low == 0) return LINE_NOWHERE;
    line->value_at(line->context, bracket->low);
    return LINE_LOWER;
}

enum line_outcome linesearch_run(const struct line *line, double first, double *step) {
    struct bracket bracket = {0, INFINITY};
    double t = first;
    for (int i = 0; i < LINE_VALUES_MAX - 1 && !is_empty(&bracket, t); i++) {
        double value = line->value_at(line->context, t);
        if (!is_lower(line, t, value)) {
            bracket.high = t;
        } else if (!(line->slope_here(line->context) >= curvature * line->slope)) {
            bracket.low = t;
        } else {
            *step = t;
            return LINE_WOLFE;
        }
        t = next_trial(&bracket);
    }
    return settle(line, &bracket, step);
}

/* Conditions: one small language for what a sweep leaves out or changes, and for which
 * rows of a result file are shown.
 *
 *     width < 2 * classes and (init in [dnc, srg] or not depth = 3)
 *
 * From loose to tight: or; and; not; the comparisons = == != < <= > >=, `in [a, b]` and
 * `not in [a, b]`; + and -; * and /; a sign. A name is a quantity (a parameter, a
 * column), or what a quantity can be where it is compared with one that has names for its
 * values (init = dnc). A quantity may carry an index of whole numbers,
 * rank_mean_post[2,1], negative ones included.
 *
 * Numbers are doubles: a comparison with NaN is false, != is true.
 */
#ifndef DUFM_CONDITION_H
#define DUFM_CONDITION_H

#include <stdbool.h>

#include "dufm/error.h"

enum {
    CONDITION_DEPTH_MAX = 64,   /* parentheses, signs and nots within each other */
    CONDITION_STEPS_MAX = 1024, /* numbers, names and operators of one condition */
    CONDITION_NAME_BYTES = 64,  /* of a name with its index and its ending zero */
    CONDITION_MESSAGE_BYTES = 1024,
};

/* What names mean to a condition. */
struct condition_names {
    /* Number (>= 0) of the quantity of that name, with its index if any; or -1. */
    int (*find)(const void *context, const char *name);
    /* The names of the values 0, 1, ... of a quantity (NULL-terminated), or NULL where
     * its values are numbers. */
    const char *const *(*choices)(const void *context, int quantity);
    /* Names to suggest for a slip and to list, NULL-terminated. */
    const char *const *known;
    const void *context;
};

/* Where and why a text is no condition. */
struct condition_fault {
    int column;                            /* in bytes, from 1, of the text */
    char message[CONDITION_MESSAGE_BYTES]; /* what is wrong; below a line break, what was
                                              expected */
};

struct condition;

/* Value of a quantity by the number that `find` gave it. */
typedef double condition_lookup(const void *context, int quantity);

/* Parse `text`. ERROR_INPUT with *fault filled and the message "column C: what is wrong,
 * the text, a caret, what was expected"; *out is owned by the caller (condition_destroy).
 */
enum error condition_parse(const char *text, const struct condition_names *names,
                           struct condition **out, struct condition_fault *fault);

/* Free a condition and null the pointer; NULL is fine. */
void condition_destroy(struct condition **condition);

/* Whether the condition holds. Pure: no memory, no state. */
bool condition_holds(const struct condition *condition, condition_lookup *lookup,
                     const void *context);

/* Whether the condition looks at that quantity. */
bool condition_uses(const struct condition *condition, int quantity);

/* The text with single spaces between words; owned by the condition. */
const char *condition_text(const struct condition *condition);

#endif

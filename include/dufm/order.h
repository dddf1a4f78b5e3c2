/* The order in which rows are handed out: by predicted cost, longest first; rows of one
 * cost ascending, so that a batch is mostly a contiguous piece of the result file.
 *
 * Costs are compared as 16-bit floating-point numbers (the upper half of a float, a step
 * of 0.8 %): a counting sort then takes two passes over any number of rows.
 */
#ifndef DUFM_ORDER_H
#define DUFM_ORDER_H

#include <stdint.h>

#include "dufm/error.h"
#include "dufm/policy.h"

enum { ORDER_OCTAVES = 256 }; /* exponents of a float */

/* Rows of one rounded cost. */
struct order_group {
    uint32_t first; /* position of its first row; the next group's `first` ends it */
    int octave;     /* binary exponent of the cost, 0 .. ORDER_OCTAVES-1, growing */
    double cost;    /* seconds, the middle of the rounding interval */
};

struct order {
    uint32_t *rows;             /* size count: row numbers; owned */
    uint32_t count;             /* rows that are to be run */
    struct order_group *groups; /* size group_count + 1, the last one empty; owned */
    int group_count;
};

/* Sort the rows that `input` gives a cost. ERROR_SYSTEM; *out is empty then. */
enum error order_create(const struct policy_input *input, struct order *out);
void order_release(struct order *order);

#endif

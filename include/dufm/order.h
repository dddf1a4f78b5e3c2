/* The rows that are to be run, by cost class. Rows of a class have about the same
 * predicted cost and, while classes are few, the same shape; they are handed out one
 * class at a time, ascending, so that a batch is mostly a contiguous piece of the result
 * file.
 *
 * No list of rows is kept: a byte a row says which class it belongs to, and the next row
 * of a class is looked for from the last one on. With at most ORDER_CLASSES classes that
 * is at most as many looks at each byte (a few nanoseconds a row by memchr), whatever the
 * order of the grid.
 */
#ifndef DUFM_ORDER_H
#define DUFM_ORDER_H

#include <stdint.h>

#include "dufm/error.h"
#include "dufm/policy.h"

enum { ORDER_CLASSES = 255, ORDER_NONE = 255 /* class of a row that is not to be run */ };

struct order_class {
    double cost;    /* predicted seconds of a row: the mean of its rows */
    int shape;      /* the same number in classes of the same shape, 0 .. count-1 */
    uint32_t left;  /* rows not taken yet; ... */
    uint32_t first; /* ... none of them lies before this one */
};

struct order {
    uint8_t *member; /* size rows: class of each row; owned */
    uint32_t rows;
    uint32_t left;                             /* rows not taken yet, of all classes */
    int count;                                 /* classes */
    struct order_class classes[ORDER_CLASSES]; /* size count; dearest first */
};

/* Put the rows that `input` gives a cost into classes: one for each shape and cost, rounded
 * to 16 bits of a float (0.8 %); where these are too many shapes are not told apart, then
 * costs are rounded more, to a power of two at worst. Needs a byte a row. ERROR_SYSTEM;
 * *out is empty then. */
enum error order_create(const struct policy_input *input, struct order *out);
void order_release(struct order *order);

/* Take the next `count` rows of a class, which has so many left; returns the first. The
 * others are what order_list says. */
uint32_t order_take(struct order *order, int class_, int count);

/* The `count` rows of a class from row `first` on, which is one of them. */
void order_list(const struct order *order, uint32_t first, int count, uint32_t *rows);

/* Take everything that is left of a class, without running it; returns how many rows. */
uint32_t order_drop(struct order *order, int class_);

#endif

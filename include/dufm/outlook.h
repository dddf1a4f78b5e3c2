/* What rows are expected to take: predicted seconds, corrected by what rows of each cost
 * class (order.h) took so far. Knows no clock: times come with the reports.
 *
 * Two things are learned apart, because they carry over differently. How fast a step is
 * depends on the shape alone: seconds over the predicted seconds of the steps that were
 * taken. How many of the allowed steps are taken before a stopping rule ends a point is the
 * share. A class of which rows are done has a mean of its own; another one has
 *
 *     expected = predicted cost * speed * share        bound = predicted cost * speed
 *
 * with the speed and share of its shape, else of the next dearer class that is known, which
 * ran before, else of the dearest known. Work is ordered by the bound: what has not been
 * seen may take all its steps, so it is looked at early.
 */
#ifndef DUFM_OUTLOOK_H
#define DUFM_OUTLOOK_H

#include <stdbool.h>

#include "dufm/effort.h"
#include "dufm/order.h"

/* Sums over done rows. */
struct outlook_books {
    double done, seconds, committing, squares, share;
    double predicted; /* seconds of the steps that were taken */
};

struct outlook {
    const struct order *order;                            /* not owned */
    struct outlook_books classes[ORDER_CLASSES];          /* by class */
    struct outlook_books shapes[ORDER_CLASSES];           /* by shape */
    double expected[ORDER_CLASSES], bound[ORDER_CLASSES]; /* seconds of a row */
    int known; /* classes of which rows are done */
};

/* A sum of seconds that is not known exactly. */
struct outlook_sum {
    double seconds, variance;
};

/* Begin with predictions alone; `order` must outlive the outlook. */
void outlook_begin(struct outlook *outlook, const struct order *order);

/* `done` rows of a class, at least one, took this. */
void outlook_learn(struct outlook *outlook, int class_, int done,
                   const struct effort *effort);

/* Whether rows of the class are done. */
bool outlook_knows(const struct outlook *outlook, int class_);

/* Seconds of everything that is not taken yet. */
double outlook_pending(const struct outlook *outlook);

/* The same with its variance, from how much rows of a class differ, how few of them are
 * known, and how far off predictions were of classes and shapes that are known. Rows count
 * as drawn at random: where early ones of a class are unlike later ones (the strength of
 * the regularization decides how soon a descent stops) the variance is too small. */
struct outlook_sum outlook_estimate(const struct outlook *outlook);

/* Variance of the seconds of one row of the class. */
double outlook_variance(const struct outlook *outlook, int class_);

#endif

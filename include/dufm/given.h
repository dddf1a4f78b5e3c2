/* What a sweep file can give, by number: the rows of parameter_table, then those of
 * derived_table, so that sets of them are the bits of a word.
 */
#ifndef DUFM_GIVEN_H
#define DUFM_GIVEN_H

#include "dufm/point.h"

enum { GIVEN_MAX = 64 }; /* more than there are */

/* Rows of both tables. */
int given_count(void);

/* Row of that number, 0 <= number < given_count(). */
const struct parameter *given_row(int number);

/* Number of a row of either table. */
int given_number(const struct parameter *parameter);

/* Number of the row of that name, or -1. */
int given_find(const char *name);

/* Value of a row at a resolved point, whether it was given or follows from others. Not
 * for PARAMETER_LAYERS. */
double given_value(int number, const struct point *point);

#endif

/* One cell of a table: a value with its kind, and its text. */
#ifndef DUFM_COMMAND_CELL_H
#define DUFM_COMMAND_CELL_H

#include <jansson.h>
#include <stdbool.h>

#include "dufm/column.h"

enum { CELL_TEXT = 256 };

struct cell {
    enum column_kind kind;
    double number;      /* NaN: undefined; of a flag its value */
    const char *text;   /* of a text, or the name of a flag; not owned */
    const double *list; /* of a list; not owned */
    size_t count;       /* numbers in it, without the padding at its end */
};

/* A number, and a value of a column by its first byte. */
struct cell cell_of_number(enum column_kind kind, double number);
struct cell cell_of_value(const struct column *column, const void *value);

/* Text for people, 6 digits, "-" where undefined; or exact: the fewest digits that give
 * the number back, "" where undefined. Lists have ';' between; a text that is too long
 * ends in "..". */
void cell_format(const struct cell *cell, bool exact, char text[CELL_TEXT]);

/* Null where undefined or not finite; NULL without memory. */
json_t *cell_json(const struct cell *cell);

#endif

/* Columns of a result table: what a name such as "loss" or "rank_mean_post[2,1]" means in
 * a file, and the values of its rows.
 *
 * A column is a variable with one value a row, one element of a variable with more (its
 * place on each dimension in brackets, counted from 0 as in the file; negative from the
 * end, for `layer` from the row's own last layer), a whole list of them (a variable with
 * one dimension inside a row, without brackets), or a value made from others
 * (loss_ratio).
 */
#ifndef DUFM_COLUMN_H
#define DUFM_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/reader.h"

enum { COLUMN_NAME = 64, COLUMN_TEXT_BYTES = 32 };

enum column_kind {
    COLUMN_REAL,
    COLUMN_INTEGER,
    COLUMN_FLAG, /* a number with a name */
    COLUMN_TEXT, /* COLUMN_TEXT_BYTES characters */
    COLUMN_LIST, /* several numbers */
};

/* A name taken apart. */
struct column_name {
    char variable[COLUMN_NAME];
    int rank; /* indices given */
    int index[READER_RANK_MAX];
};

/* Take "name" or "name[1,-2]" apart. ERROR_USAGE saying what a name looks like. Pure. */
enum error column_parse(const char *text, struct column_name *out);

/* The first name of a list "a,b[1,2],c" into `name`; returns where the next one begins,
 * NULL after the last. ERROR_USAGE (NULL, *error set) for an empty or too long name.
 * Pure.
 */
const char *column_split(const char *list, char name[COLUMN_NAME], enum error *error);

/* Rows whose values are asked for, with what must be known of them first. */
struct column_rows {
    struct reader_rows span;
    const double *status; /* size count: read before everything else */
    const double *depth;  /* size count */
};

struct column {
    char title[COLUMN_NAME]; /* as it was asked for */
    enum column_kind kind;
    struct reader_variable variable; /* empty for a column made from others */
    int index[READER_RANK_MAX];      /* of the element; size variable.rank */
    size_t stride;                   /* bytes a row: of double, text or doubles */
    enum error (*fill)(const struct column *column, struct reader *reader,
                       const struct column_rows *rows, void *out);
};

/* Find what a name means in the file. ERROR_USAGE: no such column (the nearest name is
 * suggested), or indices that do not fit. */
enum error column_resolve(const char *text, const struct reader *reader,
                          struct column *out);

/* Values of a run of rows: count * stride bytes, numbers as double, NaN where undefined.
 * Results of a row that is not finished are undefined: a job may be writing them. */
enum error column_read(const struct column *column, struct reader *reader,
                       const struct column_rows *rows, void *out);

/* A column that is made from others. */
struct column_derived {
    const char *name, *long_name;
};

/* Walk through those that the file has what they need for: the first one at or after
 * *next, which moves past it (begin with 0); NULL at the end. */
const struct column_derived *column_next_derived(const struct reader *reader, int *next);

#endif

/* Reading a result file from another process, also while a job writes it. Serial, no
 * lock. A row's status is to be read before its values: a row that is done never changes.
 */
#ifndef DUFM_READER_H
#define DUFM_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/sweep.h"

struct reader;

/* A run of rows. */
struct reader_rows {
    uint64_t first, count;
};

/* Open for reading, after a child process has tried to. ERROR_INPUT when it is missing, not
 * HDF5, or not a file of this program; ERROR_STORE when it is damaged. */
enum error reader_open(const char *path, struct reader **out);
void reader_close(struct reader **reader);

/* Whether it holds measured features of networks (measured.h), which have no sweep. */
bool reader_is_measured(const struct reader *reader);

/* Length of dimension `config`. */
uint64_t reader_count(const struct reader *reader);

/* Root attribute as text ("sweep_text", "title"); owned by the caller (free). */
enum error reader_text(struct reader *reader, const char *attribute, char **out);

/* The sweep that the file was made for, or last grown to; owned by the reader. ERROR_STORE
 * where there is none. */
enum error reader_sweep(struct reader *reader, const struct sweep **out);

/* The point of a row, from the parameters stored with it. ERROR_STORE where they are
 * damaged so that no point has them. */
enum error reader_point(struct reader *reader, uint64_t row, struct point *out);

/* Values a row of the variable holds, padding included: 1 on (config), the length of
 * `layer` on (config, layer). 0: the file has no such variable. */
size_t reader_cells(const struct reader *reader, const char *variable);

/* Rows first .. first + count - 1 of a variable, converted to double: count *
 * reader_cells values, row major; NaN where undefined. */
enum error reader_doubles(struct reader *reader, const char *variable, uint64_t first,
                          uint64_t count, double *out);

/* The same as int (choices, statuses, ranks). */
enum error reader_integers(struct reader *reader, const char *variable, uint64_t first,
                           uint64_t count, int *out);

/* Char variable (config, length) or (launch, length): `size` bytes a row, each closed
 * with a zero; cut where longer. */
enum error reader_strings(struct reader *reader, const char *variable, uint64_t first,
                          uint64_t count, char *out, size_t size);

/* The text of a layer, from 0, of a shared variable: cut where longer than `size` - 1. */
enum error reader_layer_text(struct reader *reader, const char *variable, size_t layer,
                             char *out, size_t size);

/* Launches that have written, oldest first, and the facts of one of them. */
int reader_launch_count(const struct reader *reader);
enum error reader_launch(struct reader *reader, int index, struct launch *out);

/* Name behind a flag value of a CF flag variable (status, outcome, ...); static text. */
const char *reader_flag_name(const char *variable, int value);

enum { READER_RANK_MAX = 3 }; /* dimensions inside a row */

/* A variable on (config, ...) as readers see it, or one that all rows share; all texts live
 * as long as the reader. */
struct reader_variable {
    const char *name;
    const char *long_name;
    const char *units; /* NULL for texts and flags */
    enum reader_kind { READER_REAL, READER_INTEGER, READER_FLAG, READER_TEXT } kind;
    bool result; /* written when the row is run; the others are there from the start */
    bool shared; /* a text a layer, the same in all rows: reader_layer_text */
    int rank;    /* dimensions inside a row; 0 for a text */
    const char *dimensions[READER_RANK_MAX]; /* size rank: their names */
    size_t lengths[READER_RANK_MAX];         /* size rank */
    const char *const *flags; /* names of the values 0, 1, ..., NULL ends; or NULL */
};

/* Walk through the variables on config, and the names of layers, in the order of the file,
 * coordinates given to measured features last: the first one at or after *next, which moves
 * past it (begin with 0); false at the end. */
bool reader_next(const struct reader *reader, int *next, struct reader_variable *out);

/* The variable of that name; false where there is none to walk to. */
bool reader_find(const struct reader *reader, const char *name,
                 struct reader_variable *out);

/* One element a row of a variable, as double: `element` is its place on each of the
 * variable's dimensions inside a row, counted from 0 (not read for a scalar). `count`
 * values; NaN where undefined, -1 for undefined integers. */
enum error reader_elements(struct reader *reader, const char *variable,
                           const size_t *element, const struct reader_rows *rows,
                           double *out);

/* What can be wrong with a row. */
enum row_fault {
    ROW_FINE,
    ROW_BAD_STATUS,   /* not one of enum status */
    ROW_BAD_IDENTITY, /* its parameters are not those of its point_id */
    ROW_BAD_CHECKSUM, /* finished, but its values are not those of its checksum */
    ROW_BAD_PADDING,  /* something stands where the point has no values */
    ROW_BAD_PLACE,    /* its grid_index is not the place of its point in the grid */
    ROW_FAULTS        /* how many there are, ROW_FINE among them */
};

/* Check rows first .. first + count - 1: bad[i] = enum row_fault. Rows that a running job
 * changes meanwhile count as fine. */
enum error reader_verify_rows(struct reader *reader, uint64_t first, uint64_t count,
                              int8_t *bad);

/* Check what belongs to no single row: tolerances, launches, the layout tables, the
 * structure of the file around its values, and whether the grid has as many points as rows
 * have places in it. Each finding is told in a sentence, in which the file is "it". */
typedef void reader_finding(void *context, const char *text);
enum error reader_verify_file(struct reader *reader, reader_finding *tell, void *context);

#endif

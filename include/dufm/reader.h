/* Reading a result file from another process, also while a job writes it. Serial, no
 * lock. A row's status is to be read before its values: a row that is done never changes.
 */
#ifndef DUFM_READER_H
#define DUFM_READER_H

#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"

struct reader;

/* Open for reading. ERROR_INPUT when it is missing, not HDF5, or not a file of this
 * program; ERROR_STORE when it is damaged. */
enum error reader_open(const char *path, struct reader **out);
void reader_close(struct reader **reader);

/* Length of dimension `config`. */
uint64_t reader_count(const struct reader *reader);

/* Root attribute as text ("sweep_text", "title"); owned by the caller (free). */
enum error reader_text(struct reader *reader, const char *attribute, char **out);

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

/* Launches that have written, oldest first, and the facts of one of them. */
int reader_launch_count(const struct reader *reader);
enum error reader_launch(struct reader *reader, int index, struct launch *out);

/* Name behind a flag value of a CF flag variable (status, outcome, ...); static text. */
const char *reader_flag_name(const char *variable, int value);

/* A variable with one value a row, or one short text. */
struct scalar {
    const char *name; /* static */
    enum scalar_kind { SCALAR_REAL, SCALAR_INTEGER, SCALAR_FLAG, SCALAR_TEXT } kind;
};

/* The scalars on (config) in the order of the file: at most `limit` of them into `out`;
 * returns how many. */
int reader_scalars(const struct reader *reader, struct scalar *out, int limit);

/* What can be wrong with a row. */
enum row_fault {
    ROW_FINE,
    ROW_BAD_STATUS,   /* not one of enum status */
    ROW_BAD_IDENTITY, /* its parameters are not those of its point_id */
    ROW_BAD_CHECKSUM, /* finished, but its values are not those of its checksum */
};

/* Check rows first .. first + count - 1: bad[i] = enum row_fault. Rows that a running job
 * changes meanwhile count as fine. */
enum error reader_verify_rows(struct reader *reader, uint64_t first, uint64_t count,
                              int8_t *bad);

#endif

/* An open result file: its lengths and a handle to each variable. */
#ifndef DUFM_STORE_TABLE_H
#define DUFM_STORE_TABLE_H

#include <stdint.h>

#include "block.h"
#include "hdf.h"
#include "schema.h"

struct table {
    hid_t file;
    struct lengths lengths; /* of the file */
    const char *given;      /* names of coordinates, of a new file of measured features */
    hid_t variable[VARIABLES_MAX]; /* datasets; negative where the file has none */
    bool pieces;                   /* variables are stored in pieces, each compressed */
};

/* Define all variables and dimensions of a file of these lengths in the new file
 * `table->file`, and take and fill their space. ERROR_INTERRUPTED when a signal asks to
 * stop. */
enum error table_define(struct table *table, const struct lengths *lengths);

/* Define one variable more, which is not in the table of schema.h; *out: H5Dclose. */
enum error table_define_variable(const struct table *table,
                                 const struct variable *variable, hid_t *out);

/* Open the variables of `table->file`. ERROR_STORE when a variable is missing or has
 * another shape than the table demands. `known`: the file's lengths, or NULL to read them
 * from its dimensions, which only a reader may do: opened for writing by MPI, a
 * dimension's empty dataset would get space, and the file's structure change.
 * `collective`: by all ranks at once, which read the structure together. */
enum error table_open(struct table *table, const struct lengths *known, bool collective);

/* Whether an open file is not to be written: it is stored in pieces, or has no table of
 * where its values lie. */
bool table_is_compact(const struct table *table);

/* Close the variables and the file. Collective for a file of all ranks. */
enum error table_close(struct table *table);

/* A run of rows of one variable. */
struct span {
    int variable;
    uint64_t first;
    uint64_t count;
};

/* Read or write a run: count * variable_bytes bytes. Independent. */
enum error table_read(const struct table *table, const struct span *span, void *values);
/* The same, converted to a type of memory. */
enum error table_read_as(const struct table *table, const struct span *span, hid_t type,
                         void *values);
/* One element of each row as double: its place on each dimension inside a row. */
enum error table_read_elements(const struct table *table, const struct span *span,
                               const size_t *element, double *values);
enum error table_write(const struct table *table, const struct span *span,
                       const void *values);

/* Offset in the file of a variable's values. */
enum error table_offset(const struct table *table, int variable, uint64_t *offset);

/* Write the variables of a phase for rows slot .. slot + count - 1 of `block`, which lie
 * next to each other in the file from row `first` on. */
struct run {
    enum phase phase;
    int slot;
    int count;
    uint64_t first;
};
enum error table_write_run(const struct table *table, const struct block *block,
                           const struct run *run);

#endif

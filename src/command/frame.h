/* A frame: the values of some columns for a run of rows, read together. */
#ifndef DUFM_COMMAND_FRAME_H
#define DUFM_COMMAND_FRAME_H

#include <stdint.h>

#include "dufm/column.h"

struct frame {
    struct reader *reader;  /* not owned */
    int count, capacity;    /* of columns */
    struct column *columns; /* size count; owned */
    unsigned char **values; /* size count: (rows, stride); NULL until prepared; owned */
    double *status, *depth; /* size rows; owned */
    uint64_t rows;          /* that it can hold */
};

/* Add a column unless it is there; *index is its number. Before frame_prepare. Errors as
 * column_resolve. */
enum error frame_add(struct frame *frame, const char *name, int *index);

/* Add each of a list "a,b[1,2]". */
enum error frame_add_list(struct frame *frame, const char *list);

/* Make room for a run of at most `most` rows, fewer where they are large. */
enum error frame_prepare(struct frame *frame, uint64_t most);

/* Read rows first .. first + count - 1, count <= rows. The statuses come first: what a
 * row that is done holds then no longer changes. */
enum error frame_read(struct frame *frame, uint64_t first, uint64_t count);

/* Put the row in slot `from` of another frame with the same columns into slot `to`. */
void frame_copy(struct frame *frame, uint64_t to, const struct frame *source,
                uint64_t from);

/* First byte of a value; a number. */
const void *frame_value(const struct frame *frame, uint64_t slot, int column);
double frame_number(const struct frame *frame, uint64_t slot, int column);

/* Free everything but the reader. */
void frame_release(struct frame *frame);

#endif

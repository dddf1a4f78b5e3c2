/* The columns of `dufm show`: which there are, and their texts. */
#ifndef DUFM_COMMAND_COLUMN_H
#define DUFM_COMMAND_COLUMN_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/reader.h"

enum { BLOCK_ROWS = 1024, COLUMNS_MAX = 160, CELL_TEXT = 32 };

/* The texts of one column of a block. */
typedef char cell_text[CELL_TEXT];

/* Write the texts of rows first .. first + count - 1, count <= BLOCK_ROWS. */
struct column;
typedef enum error column_fill(const struct column *column, struct reader *reader,
                               uint64_t first, uint64_t count, cell_text *cells);

struct column {
    const char *title;
    const char *variable;
    column_fill *fill;
    bool exact; /* 17 digits instead of 6 */
};

struct view {
    struct column columns[COLUMNS_MAX];
    int count;
    bool csv;
    uint64_t rows; /* to show */
};

/* Choose the columns of the table for people: the swept parameters and what came out. */
enum error column_choose_table(struct view *view, struct reader *reader);

/* Choose all scalars of the file. */
void column_choose_csv(struct view *view, const struct reader *reader);

#endif

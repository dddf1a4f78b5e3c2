/* Rows of cells to stdout: an aligned table for people, CSV, or JSON lines. */
#ifndef DUFM_COMMAND_TABULAR_H
#define DUFM_COMMAND_TABULAR_H

#include "cell.h"

enum tabular_format {
    TABULAR_TEXT, /* aligned to the first TABULAR_MEASURED rows */
    TABULAR_CSV,
    TABULAR_JSONL, /* an object a row */
};

enum { TABULAR_MEASURED = 1024 };

struct tabular_layout {
    enum tabular_format format;
    const char *const *titles; /* size count; not owned, outlives the table */
    int count;
    int width; /* characters a line may take; columns at the end are left out where it
                  would be longer; 0: no bound */
};

struct tabular;

/* Begin a table; tabular_destroy frees it. ERROR_SYSTEM. */
enum error tabular_create(const struct tabular_layout *layout, struct tabular **out);

/* Write a row of layout.count cells. ERROR_SYSTEM. */
enum error tabular_row(struct tabular *table, const struct cell *cells);

/* Write what is kept back; a table without rows still has its titles. Says on stderr
 * which columns were left out. ERROR_SYSTEM. */
enum error tabular_finish(struct tabular *table);

/* Free it and null the pointer; NULL is fine. */
void tabular_destroy(struct tabular **table);

/* Characters of a line of the terminal on stdout; 0 where it is none. */
int tabular_terminal_width(void);

#endif

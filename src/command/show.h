/* What the parts of `dufm show` share: the request, and what each part makes of it. */
#ifndef DUFM_COMMAND_SHOW_H
#define DUFM_COMMAND_SHOW_H

#include "dufm/reader.h"
#include "tabular.h"

enum { SHOW_BLOCK = 1024 }; /* rows read at once */

/* The command line, as given. */
struct show_request {
    const char *path;
    const char *columns; /* NULL: chosen by the program */
    const char *where;   /* NULL: all rows */
    const char *sort;    /* NULL: in the order of the file */
    const char *by;      /* NULL: no aggregation */
    int limit;           /* 0: all */
    enum tabular_format format;
};

/* A column to sort by: its name, and whether the largest comes first. */
struct show_order {
    const char *name;
    bool descending;
};

/* "-loss" taken apart. */
struct show_order show_order_of(const char *sort);

/* A key and what it belongs to; NaNs come last, equal keys in the order of `index`. */
struct show_key {
    double key;
    uint64_t index;
};
void show_sort(struct show_key *keys, uint64_t count, bool descending);

/* Print the rows, one a line. */
enum error show_rows(const struct show_request *request, struct reader *reader);

/* Print a line for each group of rows with equal values of request->by. */
enum error show_groups(const struct show_request *request, struct reader *reader);

/* Print the name of each column, its dimensions and its meaning. */
enum error show_names(const struct reader *reader);

#endif

/* What the files of measured features are told apart by, one number each (epoch, width, ...):
 * variables on config that the table of schema.h does not know, named by the file. */
#ifndef DUFM_STORE_COORDINATES_H
#define DUFM_STORE_COORDINATES_H

#include "dufm/featurefile.h"
#include "table.h"

#define COORDINATE_LONG_NAME "coordinate given by the file of features"

struct coordinates {
    int count;
    struct coordinate {
        char name[FEATUREFILE_NAME];
        hid_t dataset;
    } * list; /* size count; owned */
};

/* Open those of a file; none where it is no file of measured features. ERROR_STORE when
 * one is missing or has another type or shape. */
enum error coordinates_open(const struct table *table, struct coordinates *out);

/* Define them in a new file, by `table->given`. */
enum error coordinates_define(const struct table *table, struct coordinates *out);
void coordinates_close(struct coordinates *coordinates);

/* Index of that name, or -1. */
int coordinates_find(const struct coordinates *coordinates, const char *name);

/* Rows first .. first + count - 1 of one of them; and one row of all, in their order. */
enum error coordinates_read(const struct coordinates *coordinates, int index,
                            uint64_t first, uint64_t count, double *out);
enum error coordinates_write_row(const struct coordinates *coordinates, uint64_t row,
                                 const double *values);

#endif

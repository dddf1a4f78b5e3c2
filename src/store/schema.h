/* The one table of everything the result file holds. Creation, packing of rows, hashing,
 * reading and `verify` all iterate over it: to store a new value, add a row to schema.c.
 */
#ifndef DUFM_STORE_SCHEMA_H
#define DUFM_STORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/hash.h"
#include "dufm/launch.h"
#include "dufm/result.h"
#include "dufm/sweep.h"

enum { SCHEMA_VERSION = 2, LAUNCH_ROWS = 512, RANK_MAX = 4, VARIABLES_MAX = 160 };

/* Dimensions; CONFIG and LAUNCH count rows, the others lie inside a row. */
enum dimension {
    DIMENSION_NONE, /* ends a list */
    DIMENSION_CONFIG,
    DIMENSION_LAUNCH,
    DIMENSION_LAYER,
    DIMENSION_INDEX,
    DIMENSION_CLASS_ROW,
    DIMENSION_CLASS_COLUMN,
    DIMENSION_TOLERANCE,
    DIMENSION_RECORD,
    DIMENSION_ROW,
    DIMENSION_COLUMN,
    DIMENSION_SAMPLE,
    DIMENSION_HASH,        /* characters of a hash */
    DIMENSION_TEXT,        /* characters of a short text */
    DIMENSION_LONG_TEXT,   /* characters of a long text */
    DIMENSION_FEATURE_ROW, /* in the file the same as ROW, but only d long in a point */
    DIMENSION_COUNT
};

/* Name in the file (ROW and FEATURE_ROW share theirs). */
extern const char *const dimension_names[DIMENSION_COUNT];

/* A length for each dimension, 0 where there is none: of the file, or of one point. */
struct lengths {
    uint64_t of[DIMENSION_COUNT];
};

struct lengths lengths_of_sweep(const struct sweep *sweep);
struct lengths lengths_of_point(const struct point *point, const struct output *output);

enum cell { CELL_BYTE, CELL_INTEGER, CELL_REAL, CELL_CHARACTER };

size_t cell_bytes(enum cell cell);

/* What the store itself adds to a row. */
struct stamp {
    char point_id[HASH_TEXT + 1];
    char result_hash[HASH_TEXT + 1];
    char checksum[HASH_TEXT + 1];
    int launch_index;
};

/* Where a variable's values come from: a field of struct point, result, stamp or launch,
 * or an array that a pointer field of struct result leads to. */
enum source {
    SOURCE_POINT,
    SOURCE_RESULT,
    SOURCE_RESULT_ARRAY,
    SOURCE_STAMP,
    SOURCE_LAUNCH,
    SOURCE_TOLERANCE, /* rank_tolerances */
};

/* When a variable is written; a row's phases are written in this order. */
enum phase {
    PHASE_CREATION,
    PHASE_DATA,
    PHASE_CHECKSUM, /* closes the data */
    PHASE_STATUS,   /* makes the row count */
    PHASE_LAUNCH,
};

struct variable {
    const char *name;
    enum cell cell;
    enum phase phase;
    enum dimension dimensions[RANK_MAX + 1]; /* the first counts rows; NONE ends */
    enum source source;
    size_t offset;     /* of the field in the source; a BYTE's field is an int */
    bool reproducible; /* part of result_hash */
    const char *units; /* UDUNITS; NULL for text and flags */
    const char *long_name;
    const char *comment;      /* definition; NULL where long_name says all */
    const char *const *flags; /* names of the values 0, 1, ...; NULL ends; or NULL */
    const struct parameter *parameter; /* row of parameter_table, or NULL */
};

struct schema {
    int count;
    struct variable variables[VARIABLES_MAX];
};

/* The table: parameters first, in the order of parameter_table. Static. */
const struct schema *schema_get(void);

/* Index of that variable, or -1. */
int schema_find(const char *name);

/* Number of dimensions, rows included. */
int variable_rank(const struct variable *variable);

/* Whether a file of these lengths holds the variable: none of its lengths is 0. */
bool variable_exists(const struct variable *variable, const struct lengths *lengths);

/* Cells and bytes of one row. */
size_t variable_cells(const struct variable *variable, const struct lengths *lengths);
size_t variable_bytes(const struct variable *variable, const struct lengths *lengths);

/* One cell of what stands where nothing was written: NaN, -1, 0 or a zero character.
 * Points to cell_bytes(cell) bytes of static memory. */
const void *cell_fill(enum cell cell);

#endif

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

/* Files of older versions, down to the oldest, can be read, but not written. */
enum { SCHEMA_VERSION = 7, SCHEMA_OLDEST = 3 };

enum { LAUNCH_ROWS = 512, RANK_MAX = 4, VARIABLES_MAX = 192 };

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
    DIMENSION_LAYOUT,      /* characters of the table of layout.h */
    DIMENSION_FEATURE_ROW, /* in the file the same as ROW, but only d long in a point */
    DIMENSION_COUNT
};

/* Name in the file (ROW and FEATURE_ROW share theirs). */
extern const char *const dimension_names[DIMENSION_COUNT];

/* A length for each dimension, 0 where there is none: of the file, or of one point; and
 * what says which variables there are: the schema version, and what kind of file it is. */
struct lengths {
    uint64_t of[DIMENSION_COUNT];
    int version;
    bool measured; /* features of networks (measured.h), not points of a sweep */
    bool dated;    /* with sizes and times of their files, which early ones lack */
};

struct lengths lengths_of_sweep(const struct sweep *sweep);

/* Of one measured file of features, whose result has this extent. */
struct lengths lengths_of_measured(const struct extent *extent);
struct lengths lengths_of_point(const struct point *point, const struct output *output);

/* The larger length of each dimension, and the later version. */
struct lengths lengths_enclose(const struct lengths *one, const struct lengths *other);

/* What a file of these lengths stores, as far as lengths depend on it. */
struct output lengths_output(const struct lengths *lengths);

enum cell { CELL_BYTE, CELL_INTEGER, CELL_REAL, CELL_CHARACTER };

size_t cell_bytes(enum cell cell);

/* What the store itself adds to a row. */
struct stamp {
    char point_id[HASH_TEXT + 1];
    char result_hash[HASH_TEXT + 1];
    char checksum[HASH_TEXT + 1];
    int launch_index;
    int grid_index;                      /* place in the sweep's grid, or GRID_REMOVED */
    char launch_checksum[HASH_TEXT + 1]; /* of the row of a launch */
};

/* grid_index of a row whose values the sweep has no longer. */
enum { GRID_REMOVED = -1 };

/* Where a variable's values come from: a field of struct point, result, stamp or launch,
 * or an array that a pointer field of struct result leads to. */
enum source {
    SOURCE_POINT,
    SOURCE_RESULT,
    SOURCE_RESULT_ARRAY,
    SOURCE_STAMP,
    SOURCE_LAUNCH,
    SOURCE_TOLERANCE, /* rank_tolerances */
    SOURCE_LAYOUT,    /* layout.h */
    SOURCE_MEASURED,  /* handed over by measured.h; only in files of its kind */
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
    bool measured;     /* files of measured features hold it, too, or alone */
    bool dated;        /* only in files of measured features that are dated */
    bool unchecked;    /* no part of checksum: it may change while the row stays */
    const char *units; /* UDUNITS; NULL for text and flags */
    const char *long_name;
    const char *comment;      /* definition; NULL where long_name says all */
    const char *without_loss; /* the same in a file of measured features, or NULL */
    const char *const *flags; /* names of the values 0, 1, ...; NULL ends; or NULL */
    const struct parameter *parameter; /* row of parameter_table, or NULL */
    int since; /* first schema version that has it; 0: all of them */
};

struct schema {
    int count;
    struct variable variables[VARIABLES_MAX];
};

/* The table: parameters first, in the order of parameter_table. Static. */
const struct schema *schema_get(void);

/* Index of that variable, or -1. */
int schema_find(const char *name);

/* The row of a parameter. */
struct variable schema_parameter(const struct parameter *parameter);

/* Say of each variable of the table whether files of measured features have it. */
void schema_mark_measured(struct schema *schema);

/* Number of dimensions, rows included. */
int variable_rank(const struct variable *variable);

/* Whether a file of these lengths holds the variable: its version has it, and none of its
 * lengths is 0. */
bool variable_exists(const struct variable *variable, const struct lengths *lengths);

/* Cells and bytes of one row. */
size_t variable_cells(const struct variable *variable, const struct lengths *lengths);
size_t variable_bytes(const struct variable *variable, const struct lengths *lengths);

/* One cell of what stands where nothing was written: NaN, -1, 0 or a zero character.
 * Points to cell_bytes(cell) bytes of static memory. */
const void *cell_fill(enum cell cell);

#endif

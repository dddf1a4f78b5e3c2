/* A sweep: a YAML file read and validated into a description whose points are numbered
 * and made on demand, so that 10^8 points cost next to no memory.
 *
 * A sweep is a union of grids, a grid a product of axes (or of several that move
 * together), less what its conditions exclude and less the points of earlier grids. The
 * points that are left are numbered in the order of the file, the last axis fastest.
 */
#ifndef DUFM_SWEEP_H
#define DUFM_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/condition.h"
#include "dufm/error.h"
#include "dufm/point.h"

/* What is stored beside the scalars and the spectra. */
struct output {
    int history;  /* records a point, at log-spaced steps; 0: none */
    bool gram;    /* class-mean Gram matrices */
    bool weights; /* final parameters */
};

/* One axis: `count` values of one parameter, in the order of the file. */
struct axis {
    const struct parameter *parameter;
    uint64_t count;
    int first;      /* of the whole numbers first, first + 1, ... where values is NULL, so
                       that ten million seeds cost nothing */
    double *values; /* count x stride, or NULL; owned */
    int *lengths; /* size count: values a list, for PARAMETER_LAYERS; else NULL; owned */
    int stride;   /* doubles a value: 1, or the longest list for PARAMETER_LAYERS */
    uint64_t *order; /* size count: numbers of the values in ascending order, equal ones
                        by number; NULL where values is NULL; owned */
};

/* Value number `index` of an axis (not for PARAMETER_LAYERS). */
double axis_value(const struct axis *axis, uint64_t index);

/* All values for people, "0.001, 0.01" or "0..99", at most AXIS_SHOWN items and a hash of
 * the rest; equal texts mean equal values. Owned by the caller (free). */
enum { AXIS_SHOWN = 32 };
enum error axis_describe(const struct axis *axis, char **out);

/* Axes of a grid that move together: one factor of the product. */
struct zip {
    int first;      /* number of its first axis */
    int size;       /* axes, one after the other; 1 for an axis of its own */
    uint64_t count; /* values of each of them */
};

/* Values that parameters take where a condition holds. */
struct override {
    struct condition *where; /* of the point without any override; owned */
    struct axis *set;        /* one value each; owned */
    int set_count;
};

/* Which combinations of a grid's values exist (bitset.h in src/sweep). */
struct bitset;

struct grid {
    struct axis *axes; /* the swept axes in file order; owned */
    int axis_count;
    struct zip *zips; /* the factors of the product, last one fastest; owned */
    int zip_count;
    struct axis *fixed; /* parameters with one value, those that all grids share first;
                           owned */
    int fixed_count;
    struct override *overrides; /* later ones win; owned */
    int override_count;
    struct condition **excludes; /* of the final point; owned */
    int exclude_count;

    /* Made once when the sweep is read; sets of parameters by given_number (given.h): */
    struct point base;  /* fallbacks and what is fixed, unresolved */
    uint64_t *inputs;   /* size given_count(): what each depends on directly; owned */
    uint64_t entangled; /* parameters that do more than set their own field */

    /* Numbering, made once, too: */
    uint64_t product;      /* combinations of the zips */
    uint64_t count;        /* points that exist */
    uint64_t first;        /* number of the first of them within the sweep */
    uint64_t excluded;     /* combinations for which an exclude holds */
    uint64_t repeated;     /* ... that earlier ones have already */
    uint64_t relevant;     /* bit z: whether a point exists depends on zip z */
    struct bitset *exists; /* over the combinations of the relevant zips, 1/7 byte each;
                              NULL where every point exists; owned */
};

/* Lengths of the ragged dimensions of one point, or the maxima over a sweep. */
struct extent {
    int layer;  /* L */
    int index;  /* singular values a matrix: max(d, K) */
    int class_; /* K */
    int sample; /* N = K n */
    int row;    /* max(d, K), when weights are stored; else 0 */
    int column; /* d, when weights are stored; else 0 */
    int record; /* records of history; 0 without */
    bool gram;  /* Grams are stored */
};

enum { SWEEP_GRIDS_MAX = 256 };

struct sweep {
    char *path; /* as given; owned */
    char *name; /* from the file; owned */
    char *text; /* the whole YAML source; owned */
    struct output output;
    struct grid *grids; /* owned */
    int grid_count;
    struct extent extent; /* maxima over all points */
};

/* Read and validate a sweep file. ERROR_INPUT with "file:line:column: ..." and the line
 * shown for anything wrong; the caller owns *out (sweep_destroy). Local; knows no MPI. */
enum error sweep_read(const char *path, struct sweep **out);

/* The same from text already in memory (a result file's attribute); `path` for messages.
 */
enum error sweep_parse(const char *path, const char *text, size_t bytes,
                       struct sweep **out);

/* Free a sweep and null the pointer; NULL is fine. */
void sweep_destroy(struct sweep **sweep);

/* Number of points. */
uint64_t grid_count(const struct sweep *sweep);

/* Point number `index`, every parameter resolved. Pure: no memory, no state; the work of
 * a few binary searches. */
void grid_point(const struct sweep *sweep, uint64_t index, struct point *out);

/* The axis or the fixed value of a parameter, NULL where the grid does not give it. */
const struct axis *grid_find(const struct grid *grid, const struct parameter *parameter);

/* Stored parameters in which the points differ, in the order in which the file varies
 * them; `out` holds at least GIVEN_MAX (given.h). Returns how many. */
int sweep_varying(const struct sweep *sweep, const struct parameter **out);

/* The kinds of points of one grid: its combinations of those values that a few parameters
 * depend on, so that a question about shapes need not visit every seed. */
struct grid_view {
    const struct grid *grid; /* not owned */
    uint64_t zips;           /* bit z: zip z takes part */
    uint64_t count;          /* kinds, some of which may have no point */
    uint64_t counted;        /* bit z: it takes part in points_of */
    uint64_t *points_of;     /* combinations that exist, by the counted zips; owned */
    uint64_t factor;         /* points of the grid a combination stands for */
};

/* The view of the parameters named (NULL-terminated, as in sweep files). ERROR_SYSTEM,
 * the view is empty then; grid_view_destroy in any case. */
enum error grid_view_create(const struct grid *grid, const char *const *parameters,
                            struct grid_view *out);
void grid_view_destroy(struct grid_view *view);

/* How many points are of kind number `index`, 0 for a kind without any, and a point with
 * its values of the parameters named (others at some value, whether or not that point
 * exists). Pure. */
uint64_t grid_view_point(const struct grid_view *view, uint64_t index, struct point *out);

/* What the sweep is, in sentences, over several lines: the products, what is left out,
 * what is changed where, how many points that makes. Owned by the caller (free). */
enum error sweep_explain(const struct sweep *sweep, char **out);

/* The canonical text of a sweep: a line "axes: ..." with the order of the swept
 * parameters ("depth + width" move together), one line a parameter ("lambda: 0.001,
 * 0.01"), fallbacks included, one for what is overridden or excluded, and one an output
 * option; of several grids each line begins with "grid N.". Equal texts mean equal grids.
 * Owned by the caller (free). */
enum error sweep_canonical(const struct sweep *sweep, char **out);

/* Where two canonical texts differ, for people ("lambda: the file has ..., the sweep has
 * ..."), a line each; "" when equal. A parameter that one text does not know differs only
 * if the other has it off its fallback. Owned by the caller (free). */
enum error sweep_difference(const char *file_text, const char *sweep_text, char **out);

/* Lengths for one point, and for arrays that hold any point of the sweep. Pure. */
struct extent extent_of_point(const struct point *point, const struct output *output);
struct extent extent_of_sweep(const struct sweep *sweep);

#endif

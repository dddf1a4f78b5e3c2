/* A sweep: a YAML file read and validated into a description whose points are numbered
 * and made on demand, so that 10^8 points cost no memory.
 */
#ifndef DUFM_SWEEP_H
#define DUFM_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
};

/* Value number `index` of an axis (not for PARAMETER_LAYERS). */
double axis_value(const struct axis *axis, uint64_t index);

/* All values for people, "0.001, 0.01" or "0..99", at most AXIS_SHOWN items and a hash of
 * the rest; equal texts mean equal values. Owned by the caller (free). */
enum { AXIS_SHOWN = 32 };
enum error axis_describe(const struct axis *axis, char **out);

struct sweep {
    char *path; /* as given; owned */
    char *name; /* from the file; owned */
    char *text; /* the whole YAML source; owned */
    struct output output;
    struct axis *axes; /* the swept axes in file order, last one fastest; owned */
    int axis_count;
    struct axis *fixed; /* parameters of `point:`, one value each; owned */
    int fixed_count;
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

/* Point number `index`, every parameter resolved. Pure: no memory, no state. */
void grid_point(const struct sweep *sweep, uint64_t index, struct point *out);

/* The axis or the fixed value of a parameter, NULL where the sweep does not give it. */
const struct axis *sweep_find(const struct sweep *sweep,
                              const struct parameter *parameter);

/* A sub-grid: the product of the axes of a few parameters, every other axis at its first
 * value; so that a question about shapes need not visit every seed. */
struct grid_view {
    const struct sweep *sweep; /* not owned */
    uint64_t count;            /* points of the sub-grid */
    uint64_t multiplicity;     /* points of the sweep behind each of them */
    uint64_t selected;         /* bit a: axis a takes part */
};

/* The sub-grid of the parameters named; `parameters` is NULL-terminated. */
struct grid_view grid_project(const struct sweep *sweep, const char *const *parameters);

/* Point number `index` of the sub-grid; pure. */
void grid_view_point(const struct grid_view *view, uint64_t index, struct point *out);

/* The canonical text of a sweep: a line "axes: ..." with the order of the swept
 * parameters, one line a parameter ("lambda: 0.001, 0.01"), fallbacks included, and one
 * an output option. Equal texts mean equal grids. Owned by the caller (free). */
enum error sweep_canonical(const struct sweep *sweep, char **out);

/* Where two canonical texts differ, for people ("lambda: the file has ..., the sweep has
 * ..."), a line each; "" when equal. A parameter that one text does not know differs only
 * if the other has it off its fallback. Owned by the caller (free). */
enum error sweep_difference(const char *file_text, const char *sweep_text, char **out);

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

/* Lengths for one point, and for arrays that hold any point of the sweep. Pure. */
struct extent extent_of_point(const struct point *point, const struct output *output);
struct extent extent_of_sweep(const struct sweep *sweep);

#endif

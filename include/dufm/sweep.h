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
    double
        *values;  /* size count x (1, or the longest list for PARAMETER_LAYERS); owned */
    int *lengths; /* size count: values a list, for PARAMETER_LAYERS; else NULL; owned */
    int stride;   /* doubles a value in `values` */
};

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

void sweep_destroy(struct sweep **sweep);

/* Number of points. */
uint64_t grid_count(const struct sweep *sweep);

/* Point number `index`, every parameter resolved. Pure: no memory, no state. */
void grid_point(const struct sweep *sweep, uint64_t index, struct point *out);

/* The canonical text of a sweep: one line a parameter ("lambda: 0.001, 0.01") and one an
 * output option. Equal texts mean equal grids. Owned by the caller (free). */
enum error sweep_canonical(const struct sweep *sweep, char **out);

/* Where two canonical texts differ, for people ("lambda: the file has ..., the sweep has
 * ..."), a line each; "" when equal. Owned by the caller (free). */
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

struct extent extent_of_point(const struct point *point, const struct output *output);
struct extent extent_of_sweep(const struct sweep *sweep);

#endif

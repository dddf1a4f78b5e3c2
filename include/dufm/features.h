/* The metrics of spectra.h, collapse.h and structure.h for the layers of any network, from
 * features, labels and weights: a width for each layer, any number of samples a class, in
 * any order.  Features are read block by block, each side of a layer twice: for the class
 * means, then for what lies around them and their singular values (scatter.h).
 */
#ifndef DUFM_FEATURES_H
#define DUFM_FEATURES_H

#include "dufm/alignment.h"
#include "dufm/error.h"
#include "dufm/means.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/outcome.h"
#include "dufm/result.h"
#include "dufm/scatter.h"
#include "dufm/structure.h"
#include "dufm/svd.h"

/* Layers of a network at most; a sweep's points have DEPTH_MAX. */
enum { FEATURES_LAYERS = STRUCTURE_LAYERS };

struct class_sums;

/* One layer l: features H_l and s(H_l), d_l x N, and the weights W_l that s(H_l) is
 * multiplied with. */
struct features_layer {
    int width;             /* d_l */
    bool side[SIDE_COUNT]; /* which of the two are there */
    int rows, columns;     /* of W_l; 0: there is none */
};

struct features_shape {
    int depth;   /* L, at most FEATURES_LAYERS */
    int classes; /* K, 2 .. N */
    int samples; /* N */
    struct features_layer layer[FEATURES_LAYERS];
};

/* Where the values come from. Layers count from 1; errors are handed on. */
struct features_source {
    const int *label;      /* (N) class of each sample, 0 .. K-1; not owned */
    const int *class_size; /* (K) samples of each class, at least 1; not owned */
    /* Samples first .. first + count - 1 as columns of `out` (d_l x count), finite. */
    enum error (*read)(void *context, int layer, enum side side, int first, int count,
                       double *out);
    /* W_l, rows x columns, column-major. */
    enum error (*read_weight)(void *context, int layer, double *out);
    void *context;
    bool divisible; /* several processes may read at a time */
};

/* Buffers of a measurement. */
struct features {
    struct features_shape shape;
    int block_columns;   /* samples at a time */
    double *block;       /* d x block_columns */
    double *weight;      /* rows x columns */
    double *gram;        /* K x K */
    double *layer_means; /* class means of every s(H_l), where the graph is looked for */
    struct class_sums *sums; /* of each stripe's samples, shared */
    struct means means;
    struct scatter scatter;
    struct alignment alignment;
    struct svd svd, weight_svd;
    struct structure structure;
    double *values;                               /* singular values of centred means */
    struct outcome_means ending[FEATURES_LAYERS]; /* what the rules look at, by layer */
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take), those that
 * processes share in an arena of their own (arena_share). */
void features_carve(struct features *features, const struct features_shape *shape,
                    struct arena *arena, struct arena *shared);

/* Processes that can be at work at a time, and the bytes that each takes for itself. */
int features_processes(const struct features_shape *shape);
size_t features_process_bytes(const struct features_shape *shape);

/* Entries that `index` needs so that every spectrum of the shape has room. */
int features_index(const struct features_shape *shape);

/* Measure everything: fills the spectra, ranks, Grams, nc1_*, nc2_*, nc3_*, condition,
 * distances and the outcome of `result`, which is clear and whose extent has room for the
 * shape. NaN and -1 for what is not there. distance_dnc is that of a simplex ETF, which
 * the centred means of an orthogonal frame are, too. With `processes` above 1 as many child
 * processes do the work, with the same bits. ERROR_NUMERIC when LAPACK does not converge,
 * ERROR_SYSTEM where a process dies, and errors of the source. */
enum error features_measure(struct features *features,
                            const struct features_source *source, int processes,
                            struct result *result);

#endif

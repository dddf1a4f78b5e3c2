/* Hidden layers made up feature by feature, for tests of what an ending is. */
#ifndef DUFM_TEST_ENDINGS_H
#define DUFM_TEST_ENDINGS_H

#include <stdio.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/collapse.h"
#include "dufm/outcome.h"
#include "dufm/reference.h"
#include "dufm/spectra.h"
#include "dufm/structure.h"
#include "problems.h"

struct ending {
    struct fixture fixture;
    struct spectra spectra;
    struct collapse collapse;
    struct structure structure;
    struct result result;
    struct arena arena;
};

static inline void ending_set_up(struct ending *ending, const struct problem *problem) {
    const struct shape *shape = &problem->shape;
    int index = shape->width > shape->classes ? shape->width : shape->classes;
    struct extent extent = {.layer = shape->depth,
                            .index = index,
                            .class_ = shape->classes,
                            .gram = true,
                            .sample = shape_sample_count(shape)};
    ending->arena = (struct arena){0};
    for (int pass = 0; pass < 2; pass++) {
        spectra_carve(&ending->spectra, shape, &ending->arena);
        collapse_carve(&ending->collapse, shape, &ending->arena);
        structure_carve(&ending->structure, shape, &ending->arena);
        result_carve(&ending->result, &extent, &ending->arena);
        if (pass == 0) assert_ok(arena_reserve(&ending->arena));
    }
    fixture_set_up(&ending->fixture, problem, 1.0);
    result_clear(&ending->result);
}

static inline void ending_tear_down(struct ending *ending) {
    arena_release(&ending->arena);
    fixture_tear_down(&ending->fixture);
}

/* Measure and classify what lies in model.post. */
static inline void ending_measure(struct ending *ending) {
    struct fixture *fixture = &ending->fixture;
    struct result *result = &ending->result;
    assert_ok(
        spectra_measure(&ending->spectra, &fixture->model, &fixture->parameters, result));
    assert_ok(collapse_measure(&ending->collapse, &fixture->model, &fixture->parameters,
                               result));
    structure_measure(&ending->structure, &fixture->model, result);
    result->outcome = outcome_classify(&fixture->problem, result);
}

/* Features of the samples of a layer, d x N. */
static inline double *ending_layer(struct ending *ending, int layer) {
    return layer == 1 ? ending->fixture.parameters.feature
                      : ending->fixture.model.post[layer - 1];
}

/* Kinds of layers; classes of a graph are the edges of K_r in lexicographic order. */
enum layer_kind {
    LAYER_NONE,
    LAYER_FRAME,      /* I */
    LAYER_MERGED,     /* I, the first two classes the same */
    LAYER_MISSING,    /* I, the first class zero */
    LAYER_INCIDENCE,  /* B */
    LAYER_SWAPPED,    /* B, two classes exchanged */
    LAYER_PLAIN_TILT, /* 2 I + v A, v = 0.12 */
    LAYER_HALF_TILT,  /* v = 0.5 */
    LAYER_TRIANGLES,  /* 3-cliques */
    LAYER_FOURS,      /* 4-cliques */
    LAYER_MIXED,      /* half of the 3-cliques and I */
    LAYER_THREE,      /* random, not negative, rank 3 */
    LAYER_RANDOM,     /* random, not negative, full rank */
    LAYER_SPREAD,     /* I, samples spread about it */
    LAYER_SIMPLEX,    /* I - 11^T/K */
    LAYER_PAIRS,      /* classes 2k and 2k+1 opposite each other: rank K/2 */
    LAYER_ZERO,
};

/* Vertices of an edge of K_r. */
static inline void edge_ends(int order, int edge, int ends[2]) {
    ends[0] = ends[1] = -1;
    for (int a = 0; a < order; a++)
        for (int b = a + 1; b < order; b++)
            if (edge-- == 0) {
                ends[0] = a;
                ends[1] = b;
                return;
            }
}

static inline int edges_share(int order, int one, int other) {
    int a[2], b[2];
    edge_ends(order, one, a);
    edge_ends(order, other, b);
    return (a[0] == b[0]) + (a[0] == b[1]) + (a[1] == b[0]) + (a[1] == b[1]);
}

/* Entry (row, class) of the incidence of m-cliques and edges; cliques in the order of
 * their bit sets. */
static inline double clique_entry(int order, int size, int row, int class_) {
    int ends[2];
    edge_ends(order, class_, ends);
    for (unsigned set = 0; set < 1u << order; set++) {
        if (__builtin_popcount(set) != size || row-- > 0) continue;
        return (set >> ends[0] & 1) && (set >> ends[1] & 1);
    }
    return 0;
}

static inline double incidence_entry(int order, int row, int class_) {
    int ends[2];
    edge_ends(order, class_, ends);
    return ends[0] == row || ends[1] == row;
}

static inline double tilt_entry(int order, int row, int class_, double v) {
    const double entry[] = {0, v, 2};
    return row < order * (order - 1) / 2 ? entry[edges_share(order, row, class_)] : 0;
}

/* Some number in [0, 1), the same for the same arguments. */
static inline double scrambled(int a, int b) {
    return fmod(fabs(sin(12.9898 * a + 78.233 * b + 1) * 43758.5453), 1);
}

static inline double low_rank_entry(int row, int class_) {
    double sum = 0;
    for (int i = 0; i < 3; i++)
        sum += scrambled(row, 100 + i) * scrambled(200 + i, class_);
    return sum;
}

static inline double layer_entry(enum layer_kind kind, int classes, int row, int class_) {
    int order = reference_graph_order(classes);
    switch (kind) {
    case LAYER_FRAME:
    case LAYER_SPREAD:
        return row == class_;
    case LAYER_MERGED:
        return row == (class_ == 1 ? 0 : class_);
    case LAYER_MISSING:
        return row == class_ && class_ > 0;
    case LAYER_INCIDENCE:
        return incidence_entry(order, row, class_);
    case LAYER_SWAPPED:
        return incidence_entry(order, row, class_ < 2 ? 1 - class_ : class_);
    case LAYER_PLAIN_TILT:
        return tilt_entry(order, row, class_, 0.12);
    case LAYER_HALF_TILT:
        return tilt_entry(order, row, class_, 0.5);
    case LAYER_TRIANGLES:
        return clique_entry(order, 3, row, class_);
    case LAYER_FOURS:
        return clique_entry(order, 4, row, class_);
    case LAYER_MIXED:
        return row < classes ? row == class_
                             : clique_entry(order, 3, 2 * (row - classes), class_);
    case LAYER_THREE:
        return low_rank_entry(row, class_);
    case LAYER_RANDOM:
        return scrambled(row, class_);
    case LAYER_SIMPLEX:
        return (row == class_) - (row < classes ? 1.0 / classes : 0);
    case LAYER_PAIRS:
        return row != class_ / 2 ? 0 : class_ % 2 == 0 ? 1 : -1;
    default:
        return 0;
    }
}

/* Fill a layer; the class of sample j is place[j / n]. */
static inline void ending_fill(struct ending *ending, int layer, enum layer_kind kind,
                               const int *place) {
    const struct shape *shape = &ending->fixture.problem.shape;
    double *to = ending_layer(ending, layer);
    for (int j = 0; j < shape_sample_count(shape); j++)
        for (int i = 0; i < shape->width; i++)
            to[j * shape->width + i] =
                layer_entry(kind, shape->classes, i, place[j / shape->samples]) +
                (kind == LAYER_SPREAD ? 0.1 * scrambled(i, 1000 + j) : 0);
}

/* Turn a layer's features by a reflection I - 2 u u^T. */
static inline void ending_reflect(struct ending *ending, int layer) {
    const struct shape *shape = &ending->fixture.problem.shape;
    double *to = ending_layer(ending, layer), square = 0;
    for (int i = 0; i < shape->width; i++)
        square += scrambled(i, layer) * scrambled(i, layer);
    for (int j = 0; j < shape_sample_count(shape); j++) {
        double *column = to + j * shape->width, sum = 0;
        for (int i = 0; i < shape->width; i++)
            sum += scrambled(i, layer) * column[i];
        for (int i = 0; i < shape->width; i++)
            column[i] -= 2 * sum / square * scrambled(i, layer);
    }
}

/* A random order of `count` places. */
static inline void shuffle(int *place, int count, int seed) {
    for (int i = 0; i < count; i++)
        place[i] = i;
    for (int i = count - 1; i > 0 && seed > 0; i--) {
        int j = (int)(scrambled(seed, i) * (i + 1)), kept = place[i];
        place[i] = place[j];
        place[j] = kept;
    }
}

enum { ENDING_PLACES = 64, ENDING_LAYERS = 5 };

struct outcome_case {
    const char *name;
    struct shape shape;                  /* L, d, K, n */
    enum layer_kind kind[ENDING_LAYERS]; /* of the layers 2..L (1 where L = 1) */
    double loss;                         /* loss_dnc is 0.1 */
    enum outcome outcome;
    int clique_order; /* expected of distance_clique; -1: any */
};

/* The case with its classes shuffled (seed 0: not) and its early layers turned, as an
 * ending of that problem, whose shape is the case's. */
static inline void ending_build_of(struct ending *ending, const struct problem *problem,
                                   const struct outcome_case *c, int seed) {
    int order[ENDING_PLACES], first = c->shape.depth > 1 ? 2 : 1;
    ending_set_up(ending, problem);
    shuffle(order, c->shape.classes, seed);
    for (int layer = first; layer <= c->shape.depth; layer++) {
        ending_fill(ending, layer, c->kind[layer - first], order);
        if (seed > 0 && layer < c->shape.depth) ending_reflect(ending, layer);
    }
    ending->result.loss = c->loss;
    ending->result.reference = (struct reference){.loss_trivial = 0.5, .loss_dnc = 0.1};
    ending_measure(ending);
}

static inline void ending_build(struct ending *ending, const struct outcome_case *c,
                                int seed) {
    struct problem problem = make_problem(c->shape, ACTIVATION_RELU);
    ending_build_of(ending, &problem, c, seed);
}

#endif

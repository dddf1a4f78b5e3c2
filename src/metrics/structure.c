#include "dufm/structure.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/pattern.h"
#include "dufm/reference.h"
#include "dufm/spectra.h"
#include "dufm/srg.h"

void structure_carve(struct structure *structure, const struct shape *shape,
                     struct arena *arena) {
    size_t classes = (size_t)shape->classes;
    size_t means = (size_t)shape->depth * classes * (size_t)shape->width;
    structure->mean = arena_take(arena, means, sizeof(double));
    structure->gram = arena_take(arena, classes * classes, sizeof(double));
    structure->sum = arena_take(arena, classes * classes, sizeof(double));
    arrangement_carve(&structure->arrangement, shape->classes, arena);
    neuron_carve(&structure->neuron, shape->classes, arena);
}

/* NaN where one of them is: fmax would drop it. */
static double larger(double a, double b) {
    return a > b || isnan(a) ? a : b;
}

/* Fill structure->gram; a layer that is zero has a Gram of NaNs. */
static void load_layer(struct structure *structure, const struct structure_layers *layers,
                       int layer) {
    int classes = layers->classes;
    size_t size = (size_t)classes * (size_t)classes;
    struct const_matrix mean = layers->mean[layer - 1];
    blas_multiply_left_transposed(1.0, mean, mean, 0.0,
                                  (struct matrix){classes, classes, structure->gram});
    double norm = sqrt(blas_square_sum(structure->gram, size));
    for (size_t i = 0; i < size; i++)
        structure->gram[i] /= norm;
}

static void arrange(struct structure *structure, const struct structure_layers *layers) {
    size_t size = (size_t)layers->classes * (size_t)layers->classes;
    memset(structure->sum, 0, size * sizeof *structure->sum);
    for (int layer = 2; layer < layers->depth; layer++) {
        load_layer(structure, layers, layer);
        blas_add(1.0, structure->gram, structure->sum, size);
    }
    arrangement_find(&structure->arrangement, reference_graph_order(layers->classes),
                     structure->sum);
}

/* Of the layers 2..L-1, which SRG and its clique variant share. */
static double early_distance(struct structure *structure,
                             const struct structure_layers *layers) {
    double distance = 0;
    for (int layer = 2; layer < layers->depth; layer++) {
        load_layer(structure, layers, layer);
        struct pattern_profile profile =
            pattern_profile_of(&structure->arrangement, structure->gram);
        distance = larger(distance,
                          pattern_distance(&profile, pattern_incidence(profile.order)));
    }
    return distance;
}

/* The two below: of layer L, loaded. */
static double relaxed_distance(struct structure *structure, struct const_matrix mean) {
    struct pattern_profile profile =
        pattern_profile_of(&structure->arrangement, structure->gram);
    double v = 0, distance = pattern_nearest_relaxed(&profile, &v);
    return larger(distance, neuron_distance_relaxed(&structure->neuron,
                                                    &structure->arrangement, mean, v));
}

/* At r = 4 two arrangements are as good as each other, but not for neurons that hold a
 * star or a triangle: the nearer one counts. */
static double clique_neurons(struct structure *structure, struct const_matrix mean,
                             int clique) {
    struct arrangement *arrangement = &structure->arrangement;
    double distance =
        neuron_distance_clique(&structure->neuron, arrangement, mean, clique);
    if (arrangement->order > 4) return distance;
    arrangement_mirror(arrangement);
    return fmin(distance,
                neuron_distance_clique(&structure->neuron, arrangement, mean, clique));
}

/* Least over the orders, NaN where none fits; *clique is that order, or 0. */
static double clique_distance(struct structure *structure, struct const_matrix mean,
                              int *clique) {
    struct pattern_profile profile =
        pattern_profile_of(&structure->arrangement, structure->gram);
    double least = NAN;
    *clique = 0;
    for (int m = 3; m < profile.order; m++) {
        if (srg_binomial(profile.order, m) > mean.rows) continue;
        double distance =
            larger(pattern_distance(&profile, pattern_clique(profile.order, m)),
                   clique_neurons(structure, mean, m));
        if (isnan(distance) || distance >= least) continue;
        least = distance;
        *clique = m;
    }
    return least;
}

void structure_measure_graph(struct structure *structure,
                             const struct structure_layers *layers,
                             struct result *result) {
    struct const_matrix last = layers->mean[layers->depth - 1];
    arrange(structure, layers);
    double early = early_distance(structure, layers);
    load_layer(structure, layers, layers->depth);
    result->distance_srg = larger(early, relaxed_distance(structure, last));
    result->distance_clique =
        larger(early, clique_distance(structure, last, &result->distance_clique_order));
}

/* H_1 is free: no distance looks at it. */
static void measure_model(struct structure *structure, const struct model *model,
                          struct result *result) {
    const struct shape *shape = &model->problem.shape;
    size_t size = (size_t)shape->width * (size_t)shape->classes;
    struct structure_layers layers = {.depth = shape->depth, .classes = shape->classes};
    for (int layer = 2; layer <= shape->depth; layer++) {
        double *mean = structure->mean + (size_t)(layer - 1) * size;
        spectra_class_means(shape, model->post[layer - 1], mean);
        layers.mean[layer - 1] =
            (struct const_matrix){shape->width, shape->classes, mean};
    }
    structure_measure_graph(structure, &layers, result);
}

static double frame_distance(const struct problem *problem, const struct result *result) {
    int depth = problem->shape.depth;
    const double *layers = structure_frame_distances(problem, result);
    double distance = 0;
    if (!reference_has_width(problem)) return NAN;
    for (int layer = depth > 1 ? 2 : 1; layer <= depth; layer++)
        distance = larger(distance, layers[layer - 1]);
    return distance;
}

const double *structure_frame_distances(const struct problem *problem,
                                        const struct result *result) {
    return problem->loss == LOSS_CE ? result->nc2_etf[SIDE_POST] : result->nc2_frame_post;
}

void structure_measure(struct structure *structure, const struct model *model,
                       struct result *result) {
    const char *why;
    result->distance_dnc = result->distance_srg = result->distance_clique = NAN;
    result->distance_clique_order = 0;
    if (!isfinite(result->loss)) return;
    if (result->rank_output[0] <= 0) return;
    result->distance_dnc = frame_distance(&model->problem, result);
    if (reference_has_srg(&model->problem, &why)) measure_model(structure, model, result);
}

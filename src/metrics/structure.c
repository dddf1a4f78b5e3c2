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
    structure->mean = arena_take(arena, classes * (size_t)shape->width, sizeof(double));
    structure->gram = arena_take(arena, classes * classes, sizeof(double));
    structure->sum = arena_take(arena, classes * classes, sizeof(double));
    arrangement_carve(&structure->arrangement, shape->classes, arena);
    neuron_carve(&structure->neuron, shape->classes, arena);
}

/* NaN where one of them is: fmax would drop it. */
static double larger(double a, double b) {
    return a > b || isnan(a) ? a : b;
}

static struct const_matrix mean_of(const struct structure *structure,
                                   const struct shape *shape) {
    return (struct const_matrix){shape->width, shape->classes, structure->mean};
}

/* Fill structure->mean and structure->gram; a layer that is zero has a Gram of NaNs. */
static void load_layer(struct structure *structure, const struct model *model,
                       int layer) {
    const struct shape *shape = &model->problem.shape;
    int classes = shape->classes;
    size_t size = (size_t)classes * (size_t)classes;
    struct const_matrix mean = mean_of(structure, shape);
    spectra_class_means(shape->width, classes, shape->samples, model->post[layer - 1],
                        structure->mean);
    blas_multiply_left_transposed(1.0, mean, mean, 0.0,
                                  (struct matrix){classes, classes, structure->gram});
    double norm = sqrt(blas_square_sum(structure->gram, size));
    for (size_t i = 0; i < size; i++)
        structure->gram[i] /= norm;
}

static void arrange(struct structure *structure, const struct model *model) {
    const struct shape *shape = &model->problem.shape;
    size_t size = (size_t)shape->classes * (size_t)shape->classes;
    memset(structure->sum, 0, size * sizeof *structure->sum);
    for (int layer = 2; layer < shape->depth; layer++) {
        load_layer(structure, model, layer);
        blas_add(1.0, structure->gram, structure->sum, size);
    }
    arrangement_find(&structure->arrangement, reference_graph_order(shape->classes),
                     structure->sum);
}

/* Of the layers 2..L-1, which SRG and its clique variant share. */
static double early_distance(struct structure *structure, const struct model *model) {
    double distance = 0;
    for (int layer = 2; layer < model->problem.shape.depth; layer++) {
        load_layer(structure, model, layer);
        struct pattern_profile profile =
            pattern_profile_of(&structure->arrangement, structure->gram);
        distance = larger(distance,
                          pattern_distance(&profile, pattern_incidence(profile.order)));
    }
    return distance;
}

/* The two below: of layer L, loaded. */
static double relaxed_distance(struct structure *structure, const struct shape *shape) {
    struct pattern_profile profile =
        pattern_profile_of(&structure->arrangement, structure->gram);
    double v = 0, distance = pattern_nearest_relaxed(&profile, &v);
    return larger(distance,
                  neuron_distance_relaxed(&structure->neuron, &structure->arrangement,
                                          mean_of(structure, shape), v));
}

/* At r = 4 two arrangements are as good as each other, but not for neurons that hold a
 * star or a triangle: the nearer one counts. */
static double clique_neurons(struct structure *structure, const struct shape *shape,
                             int clique) {
    struct arrangement *arrangement = &structure->arrangement;
    struct const_matrix mean = mean_of(structure, shape);
    double distance =
        neuron_distance_clique(&structure->neuron, arrangement, mean, clique);
    if (arrangement->order > 4) return distance;
    arrangement_mirror(arrangement);
    return fmin(distance,
                neuron_distance_clique(&structure->neuron, arrangement, mean, clique));
}

/* Least over the orders, NaN where none fits; *clique is that order, or 0. */
static double clique_distance(struct structure *structure, const struct shape *shape,
                              int *clique) {
    struct pattern_profile profile =
        pattern_profile_of(&structure->arrangement, structure->gram);
    double least = NAN;
    *clique = 0;
    for (int m = 3; m < profile.order; m++) {
        if (srg_binomial(profile.order, m) > shape->width) continue;
        double distance =
            larger(pattern_distance(&profile, pattern_clique(profile.order, m)),
                   clique_neurons(structure, shape, m));
        if (isnan(distance) || distance >= least) continue;
        least = distance;
        *clique = m;
    }
    return least;
}

static void measure_graph(struct structure *structure, const struct model *model,
                          struct result *result) {
    const struct shape *shape = &model->problem.shape;
    arrange(structure, model);
    double early = early_distance(structure, model);
    load_layer(structure, model, shape->depth);
    result->distance_srg = larger(early, relaxed_distance(structure, shape));
    result->distance_clique =
        larger(early, clique_distance(structure, shape, &result->distance_clique_order));
}

static double frame_distance(const struct shape *shape, const struct result *result) {
    double distance = 0;
    if (shape->width < shape->classes) return NAN;
    for (int layer = shape->depth > 1 ? 2 : 1; layer <= shape->depth; layer++)
        distance = larger(distance, result->nc2_frame_post[layer - 1]);
    return distance;
}

void structure_measure(struct structure *structure, const struct model *model,
                       struct result *result) {
    const char *why;
    result->distance_dnc = result->distance_srg = result->distance_clique = NAN;
    result->distance_clique_order = 0;
    if (!isfinite(result->loss)) return;
    if (result->rank_output[0] <= 0) return;
    result->distance_dnc = frame_distance(&model->problem.shape, result);
    if (reference_has_srg(&model->problem, &why)) measure_graph(structure, model, result);
}

#include "dufm/result.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* What to do with an array of `count` values: the two walks over all arrays share one
 * list. */
struct array_walk {
    struct arena *arena; /* take from here ... */
    bool clear;          /* ... or set to undefined */
};

static void reals(const struct array_walk *walk, double **array, size_t count,
                  bool stored) {
    if (!walk->clear)
        *array = stored ? arena_take(walk->arena, count, sizeof **array) : NULL;
    for (size_t i = 0; walk->clear && *array != NULL && i < count; i++)
        (*array)[i] = NAN;
}

static void integers(const struct array_walk *walk, int **array, size_t count,
                     bool stored) {
    if (!walk->clear)
        *array = stored ? arena_take(walk->arena, count, sizeof **array) : NULL;
    for (size_t i = 0; walk->clear && *array != NULL && i < count; i++)
        (*array)[i] = -1;
}

static void walk_spectra(struct result *result, const struct array_walk *walk) {
    const struct extent *extent = &result->extent;
    size_t layers = (size_t)extent->layer, index = (size_t)extent->index;
    for (int i = 0; i < SPECTRUM_COUNT; i++) {
        reals(walk, &result->sv[i], layers * index, true);
        integers(walk, &result->rank[i], layers * TOLERANCE_COUNT, true);
        reals(walk, &result->stable_rank[i], layers, true);
        reals(walk, &result->effective_rank[i], layers, true);
    }
    reals(walk, &result->sv_output, index, true);
    integers(walk, &result->rank_output, TOLERANCE_COUNT, true);
}

static void walk_collapse(struct result *result, const struct array_walk *walk) {
    size_t layers = (size_t)result->extent.layer;
    for (int side = 0; side < SIDE_COUNT; side++) {
        reals(walk, &result->nc1_trace[side], layers, true);
        reals(walk, &result->nc1_pinv[side], layers, true);
        reals(walk, &result->nc2_etf[side], layers, true);
        reals(walk, &result->nc2_equinorm[side], layers, true);
        reals(walk, &result->nc2_equiangle[side], layers, true);
        reals(walk, &result->condition[side], layers, true);
    }
    reals(walk, &result->nc3_alignment, layers, true);
}

static void walk_history(struct result *result, const struct array_walk *walk) {
    size_t records = (size_t)result->extent.record;
    size_t layers = (size_t)result->extent.layer;
    bool stored = records > 0;
    integers(walk, &result->history_step, records, stored);
    reals(walk, &result->history_loss, records, stored);
    reals(walk, &result->history_loss_fit, records, stored);
    reals(walk, &result->history_norm, records * layers, stored);
    reals(walk, &result->history_nc1, records * layers, stored);
    integers(walk, &result->history_rank, records * layers, stored);
}

static void walk_arrays(struct result *result, const struct array_walk *walk) {
    const struct extent *extent = &result->extent;
    size_t layers = (size_t)extent->layer, classes = (size_t)extent->class_;
    size_t columns = (size_t)extent->column;
    size_t grams = layers * classes * classes;
    reals(walk, &result->regularization_weight, layers, true);
    walk_spectra(result, walk);
    reals(walk, &result->nc2_frame_pre, layers, true);
    reals(walk, &result->nc2_frame_post, layers, true);
    reals(walk, &result->within_post, layers, true);
    walk_collapse(result, walk);
    reals(walk, &result->gram_pre, grams, extent->gram);
    reals(walk, &result->gram_post, grams, extent->gram);
    walk_history(result, walk);
    reals(walk, &result->weight, layers * (size_t)extent->row * columns, columns > 0);
    reals(walk, &result->feature, columns * (size_t)extent->sample, columns > 0);
}

void result_carve(struct result *result, const struct extent *extent,
                  struct arena *arena) {
    *result = (struct result){.extent = *extent};
    walk_arrays(result, &(struct array_walk){.arena = arena});
}

/* Arrays lie one after the other, in both from the first one on in the same places. */
void result_copy(const struct result *from, struct arena *arena, struct result *to) {
    size_t start = arena->used;
    *to = *from;
    walk_arrays(to, &(struct array_walk){.arena = arena});
    if (to->regularization_weight != NULL && from->regularization_weight != NULL)
        memcpy(to->regularization_weight, from->regularization_weight,
               arena->used - start);
}

void result_clear(struct result *result) {
    result->status = STATUS_PENDING;
    result->failure = FAILURE_NONE;
    result->outcome = OUTCOME_NONE;
    result->stop_reason = STOP_NONE;
    result->steps = -1;
    result->evaluations = -1;
    result->wall_time = result->loss = result->loss_fit = result->loss_regularization =
        NAN;
    result->loss_before_decay = result->gradient_norm = result->regularization_feature =
        NAN;
    result->reference = (struct reference){
        NAN, NAN, NAN, NAN, NAN, NAN, .clique_order = 0, NAN, NAN, NAN, NAN};
    result->nc3_duality = NAN;
    result->distance_dnc = result->distance_srg = result->distance_clique = NAN;
    result->distance_clique_order = 0;
    result->firmness = (struct firmness){NAN,
                                         NAN,
                                         NAN,
                                         NAN,
                                         .curvature_steps = -1,
                                         .sharpness = NAN,
                                         .kick_loss = NAN,
                                         .kick_loss_change = NAN,
                                         .kick_distance = NAN,
                                         .kick_steps = -1,
                                         .kick_stop_reason = STOP_NONE,
                                         .kick_outcome = OUTCOME_NONE};
    walk_arrays(result, &(struct array_walk){.clear = true});
}

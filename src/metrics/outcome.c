#include "dufm/outcome.h"

#include <math.h>
#include <stdbool.h>

const double outcome_frame_bound = 0.05;
const double outcome_within_bound = 1e-3;

enum { RANK_TOLERANCE = 1 }; /* index of 1e-2 in rank_tolerances */

double outcome_within_share(const double *mean_values, const double *feature_values,
                            int index, int samples) {
    double means = 0.0, features = 0.0;
    for (int i = 0; i < index; i++) {
        if (!isnan(mean_values[i])) means += mean_values[i] * mean_values[i];
        if (!isnan(feature_values[i])) features += feature_values[i] * feature_values[i];
    }
    return 1.0 - samples * means / features;
}

static bool is_collapsed(const struct problem *problem, const struct result *result,
                         int layer) {
    int index = result->extent.index;
    size_t at = (size_t)(layer - 1) * (size_t)index;
    double within = outcome_within_share(result->sv[SPECTRUM_MEAN_POST] + at,
                                         result->sv[SPECTRUM_FEATURE_POST] + at, index,
                                         problem->shape.samples);
    return result->nc2_frame_post[layer - 1] <= outcome_frame_bound &&
           within <= outcome_within_bound;
}

static bool has_low_rank(const struct result *result, int layer, int classes) {
    int rank =
        result->rank[SPECTRUM_MEAN_POST][(layer - 1) * TOLERANCE_COUNT + RANK_TOLERANCE];
    return rank < classes;
}

static enum outcome low_rank_side(const struct result *result) {
    const struct reference *reference = &result->reference;
    double bound =
        isnan(reference->loss_dnc) ? reference->loss_trivial : reference->loss_dnc;
    return result->loss < bound ? OUTCOME_LOW_RANK : OUTCOME_LOW_RANK_HIGH;
}

enum outcome outcome_classify(const struct problem *problem,
                              const struct result *result) {
    int depth = problem->shape.depth, collapsed = 0;
    int first = depth > 1 ? 2 : 1;
    bool low_rank = false;
    if (!isfinite(result->loss)) return OUTCOME_NONE;
    if (result->rank_output[0] == 0) return OUTCOME_TRIVIAL;
    for (int layer = first; layer <= depth; layer++) {
        collapsed += is_collapsed(problem, result, layer);
        low_rank = low_rank || has_low_rank(result, layer, problem->shape.classes);
    }
    if (collapsed == depth - first + 1) return OUTCOME_DNC;
    if (low_rank) return low_rank_side(result);
    if (is_collapsed(problem, result, depth)) return OUTCOME_PARTIAL;
    return OUTCOME_OTHER;
}

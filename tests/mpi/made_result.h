/* Made-up results for tests of the result file: every value tells its row. */
#ifndef DUFM_TEST_MADE_RESULT_H
#define DUFM_TEST_MADE_RESULT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "dufm/result.h"

/* Value `index` of array `tag` in row `row`; exact in double. */
static inline double made_value(uint64_t row, int tag, size_t index) {
    return (double)row * 1048576.0 + tag * 65536.0 + (double)index + 0.5;
}

static inline void made_reals(double *array, size_t count, uint64_t row, int tag) {
    for (size_t i = 0; array != NULL && i < count; i++)
        array[i] = made_value(row, tag, i);
}

static inline void made_integers(int *array, size_t count, uint64_t row, int tag) {
    for (size_t i = 0; array != NULL && i < count; i++)
        array[i] = (int)((row + (uint64_t)tag + i) % 1000);
}

/* A NaN that is not the canonical one: sign and payload set. */
static inline double made_odd_nan(void) {
    const uint64_t bits = 0xfff80000deadbeefu;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void made_arrays(struct result *result, uint64_t row) {
    const struct extent *e = &result->extent;
    size_t layers = (size_t)e->layer, index = (size_t)e->index,
           records = (size_t)e->record;
    size_t classes = (size_t)e->class_, columns = (size_t)e->column;
    for (int s = 0; s < SPECTRUM_COUNT; s++) {
        made_reals(result->sv[s], layers * index, row, s);
        made_integers(result->rank[s], layers * TOLERANCE_COUNT, row, s);
        made_reals(result->stable_rank[s], layers, row, 8 + s);
        made_reals(result->effective_rank[s], layers, row, 16 + s);
    }
    made_reals(result->sv_output, index, row, 24);
    made_integers(result->rank_output, TOLERANCE_COUNT, row, 24);
    made_reals(result->regularization_weight, layers, row, 25);
    made_reals(result->nc2_frame_pre, layers, row, 26);
    made_reals(result->nc2_frame_post, layers, row, 27);
    for (int s = 0; s < SIDE_COUNT; s++) {
        made_reals(result->nc1_trace[s], layers, row, 41 + s);
        made_reals(result->nc1_pinv[s], layers, row, 43 + s);
        made_reals(result->nc2_etf[s], layers, row, 45 + s);
        made_reals(result->nc2_equinorm[s], layers, row, 47 + s);
        made_reals(result->nc2_equiangle[s], layers, row, 49 + s);
        made_reals(result->condition[s], layers, row, 51 + s);
    }
    made_reals(result->nc3_alignment, layers, row, 53);
    made_reals(result->gram_pre, layers * classes * classes, row, 28);
    made_reals(result->gram_post, layers * classes * classes, row, 29);
    made_integers(result->history_step, records, row, 30);
    made_reals(result->history_loss, records, row, 30);
    made_reals(result->history_loss_fit, records, row, 31);
    made_reals(result->history_norm, records * layers, row, 32);
    made_reals(result->history_nc1, records * layers, row, 35);
    made_integers(result->history_rank, records * layers, row, 36);
    made_reals(result->weight, layers * (size_t)e->row * columns, row, 33);
    made_reals(result->feature, columns * (size_t)e->sample, row, 34);
}

/* The result of `row`; its arrays lie in `arena`, which is reserved anew. */
static inline enum error made_result(const struct point *point,
                                     const struct output *output, uint64_t row,
                                     struct arena *arena, struct result *out) {
    struct extent extent = extent_of_point(point, output);
    arena_release(arena);
    result_carve(out, &extent, arena);
    TRY(arena_reserve(arena));
    result_carve(out, &extent, arena);
    result_clear(out);
    made_arrays(out, row);
    out->status = STATUS_DONE;
    out->outcome = (enum outcome)(row % (OUTCOME_OTHER + 1));
    out->stop_reason = STOP_PLATEAU;
    out->steps = (int)row;
    out->evaluations = (int)row;
    out->loss = made_value(row, 40, 0);
    out->loss_fit = made_odd_nan();
    out->nc3_duality = made_value(row, 54, 0);
    out->wall_time = 0.25;
    out->reference.loss_dnc = 2 * out->loss;
    return ERROR_NONE;
}

#endif

#include "kick.h"

#include <math.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/vector.h"

/* Of the result of the way back only scalars are kept. */
static struct extent bare_extent(const struct extent *extent) {
    struct extent bare = *extent;
    bare.record = bare.row = bare.column = 0;
    bare.gram = false;
    return bare;
}

void kick_carve(struct kick *kick, const struct shape *shape, const struct extent *extent,
                struct arena *arena) {
    struct extent bare = bare_extent(extent);
    likeness_carve(&kick->likeness, shape, arena);
    result_carve(&kick->result, &bare, arena);
}

void kick_carve_descent(struct kick *kick, const struct optimizer_settings *settings,
                        struct model *model, struct arena *arena) {
    const struct shape *shape = &model->problem.shape;
    factors_view(&kick->parameters, shape,
                 arena_take(arena, shape_parameter_count(shape), sizeof(double)));
    optimizer_carve(&kick->optimizer, settings, model, &kick->parameters, arena);
}

size_t kick_descent_bytes(const struct optimizer_settings *settings,
                          const struct shape *shape) {
    struct arena measured = {0};
    arena_take(&measured, shape_parameter_count(shape), sizeof(double));
    return measured.used + optimizer_bytes(settings, shape);
}

/* x + kick |x| g/|g| for the parameters x. */
static void move(struct kick *kick, const struct point *point, const struct factors *x) {
    size_t count = shape_parameter_count(&x->shape);
    struct random_key key = point_random_key(point);
    double *moved = kick->parameters.data;
    random_normal(&key, RANDOM_TENSOR_KICK, moved, count);
    double norm = sqrt(blas_square_sum(x->data, count));
    double length = sqrt(blas_square_sum(moved, count));
    vector_blend(1.0, x->data, point->kick * norm / length, moved, count);
}

/* As the descent before began, with nothing remembered. */
static void start(struct kick *kick, const struct training *training) {
    kick->history = (struct history){.depth = training->history->depth};
    kick->training = *training;
    kick->training.optimizer = &kick->optimizer;
    kick->training.history = &kick->history;
    training_start(&kick->training);
}

/* Of an ending that is nothing there is no structure to compare. */
static bool is_something(const struct result *result) {
    return result->outcome != OUTCOME_NONE && result->outcome != OUTCOME_TRIVIAL;
}

static void keep(struct kick *kick, struct model *model, struct result *result) {
    struct firmness *out = &result->firmness;
    out->kick_loss = kick->result.loss;
    out->kick_loss_change = kick->result.loss - result->loss;
    out->kick_steps = kick->result.steps;
    out->kick_stop_reason = kick->result.stop_reason;
    out->kick_outcome = kick->result.outcome;
    if (is_something(result) && is_something(&kick->result))
        out->kick_distance = likeness_distance(&kick->likeness, model, &kick->parameters);
}

void kick_set_out(struct kick *kick, const struct point *point,
                  const struct training *training) {
    const struct factors *ending = training->optimizer->parameters;
    likeness_keep(&kick->likeness, training->model, ending);
    move(kick, point, ending);
    start(kick, training);
}

enum error kick_come_back(struct kick *kick, struct gauge *gauge, struct result *result) {
    struct training_report report;
    struct model *model = kick->training.model;
    training_run(&kick->training, &report);
    if (report.reason == STOP_INTERRUPTED)
        return RAISE(ERROR_INTERRUPTED, "interrupted %d steps after a kick",
                     report.steps);
    result_clear(&kick->result);
    kick->result.reference = result->reference;
    gauge_keep_report(&kick->result, &report);
    TRY(gauge_ending(gauge, model, &kick->parameters, &kick->result));
    keep(kick, model, result);
    return ERROR_NONE;
}

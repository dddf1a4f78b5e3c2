/* A point: fallbacks, derived parameters, identity, key of the random numbers. */
#include "dufm/point.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dufm/derived.h"
#include "dufm/effect.h"
#include "dufm/hash.h"

/* Decay times 1/(learning_rate lambda) in a window of the plateau rule: descent rests
 * that long on plateaus from which it still falls (MODEL.md, "What descent does"). */
static const double window_decays = 5;

/* Steps of lbfgs in that window: a few looks at the rules. */
static const int lbfgs_window = 500;

void point_clear(struct point *out) {
    memset(out, 0, sizeof *out);
    for (int i = 0; i < parameter_count; i++)
        if (parameter_table[i].type != PARAMETER_LAYERS)
            parameter_set(&parameter_table[i], parameter_table[i].fallback, out);
    for (int layer = 0; layer < DEPTH_MAX; layer++)
        out->lambdas[layer] = NAN;
    for (int i = 0; i < derived_count; i++)
        parameter_set(&derived_table[i], NAN, out);
}

/* ceil(5 / (learning_rate * least lambda)): the slowest factor sets the window. Steps of
 * lbfgs are not in that unit. */
static int derive_window(const struct point *point) {
    if (point->optimizer == OPTIMIZER_LBFGS) return lbfgs_window;
    double least = derived_least_lambda(point);
    double window = ceil(window_decays / (point->learning_rate * least));
    return window < INT_MAX ? (int)window : INT_MAX;
}

static int derive_schedule_steps(const struct point *point) {
    return point->max_steps > 1 ? point->max_steps : 1;
}

void point_resolve(struct point *point) {
    effect_idle_all(point);
    if (point->width_per_class > 0) point->width = derived_width(point);
    if (point->kappa_ratio > 0) point->lambda = derived_lambda(point);
    if (!isnan(point->lambda))
        for (int layer = 0; layer < point->depth; layer++)
            point->lambdas[layer] = point->lambda;
    if (isnan(point->lambda_h)) point->lambda_h = point->lambdas[0];
    if (point->horizon > 0) point->max_steps = derived_steps(point);
    if (point->stop_window == PARAMETER_DERIVED)
        point->stop_window = derive_window(point);
    if (point->schedule_steps == PARAMETER_DERIVED)
        point->schedule_steps = derive_schedule_steps(point);
}

/* Value the parameter would have in this point had it not been given; NaN: none. */
static double fallback_in(const struct parameter *parameter, const struct point *point) {
    size_t field = parameter->offset;
    if (!effect_is_used(parameter, point)) return effect_idle(parameter);
    if (field == offsetof(struct point, lambda_h)) return point->lambdas[0];
    if (field == offsetof(struct point, stop_window)) return derive_window(point);
    if (field == offsetof(struct point, schedule_steps))
        return derive_schedule_steps(point);
    return parameter->fallback;
}

/* A text that is appended to; large enough for every parameter of a point. */
struct line_buffer {
    char text[4096];
    size_t used;
};

static void append_real(struct line_buffer *buffer, const char *before, double value) {
    size_t room = sizeof buffer->text - buffer->used;
    int length = snprintf(buffer->text + buffer->used, room, "%s%.17g", before, value);
    if (length > 0 && (size_t)length < room) buffer->used += (size_t)length;
}

static void append_text(struct line_buffer *buffer, const char *text) {
    size_t room = sizeof buffer->text - buffer->used;
    int length = snprintf(buffer->text + buffer->used, room, "%s", text);
    if (length > 0 && (size_t)length < room) buffer->used += (size_t)length;
}

static bool has_one_lambda(const struct point *point) {
    for (int layer = 1; layer < point->depth; layer++)
        if (point->lambdas[layer] != point->lambdas[0]) return false;
    return true;
}

static void append_lambdas(struct line_buffer *buffer, const struct point *point) {
    if (has_one_lambda(point)) {
        append_real(buffer, "lambda=", point->lambdas[0]);
    } else {
        append_text(buffer, "lambdas");
        for (int layer = 0; layer < point->depth; layer++)
            append_real(buffer, layer == 0 ? "=" : ",", point->lambdas[layer]);
    }
    append_text(buffer, "\n");
}

static void append_parameter(struct line_buffer *buffer,
                             const struct parameter *parameter,
                             const struct point *point) {
    double value = parameter_value(parameter, point);
    if (value == fallback_in(parameter, point)) return;
    append_text(buffer, parameter->name);
    if (parameter->type == PARAMETER_CHOICE) {
        append_text(buffer, "=");
        append_text(buffer, parameter->choices[(int)value]);
    } else {
        append_real(buffer, "=", value);
    }
    append_text(buffer, "\n");
}

uint64_t point_identity(const struct point *point) {
    struct line_buffer buffer = {.used = 0};
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        if (parameter->type == PARAMETER_LAYERS)
            append_lambdas(&buffer, point);
        else if (parameter->offset != offsetof(struct point, lambda))
            append_parameter(&buffer, parameter, point);
    }
    return hash_block(buffer.text, buffer.used);
}

uint64_t point_trail(const struct point *point) {
    struct point unlimited = *point;
    unlimited.max_steps = 0; /* no limit that a point can have */
    return point_identity(&unlimited);
}

bool point_equals(const struct point *one, const struct point *other) {
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        if (parameter->type == PARAMETER_LAYERS ||
            parameter->offset == offsetof(struct point, lambda))
            continue;
        if (parameter_value(parameter, one) != parameter_value(parameter, other))
            return false;
    }
    for (int layer = 0; layer < one->depth; layer++)
        if (one->lambdas[layer] != other->lambdas[layer]) return false;
    return true;
}

int point_minority(const struct point *point) {
    if (!(point->imbalance > 1)) return point->samples;
    return (int)fmax(1, round(point->samples / point->imbalance));
}

int64_t point_sample_count(const struct point *point) {
    int64_t minorities = point->classes / 2;
    return (point->classes - minorities) * point->samples +
           minorities * point_minority(point);
}

struct random_key point_random_key(const struct point *point) {
    return (struct random_key){.seed = (uint32_t)point->seed,
                               .classes = (uint32_t)point->classes,
                               .depth = (uint32_t)point->depth,
                               .width = (uint32_t)point->width,
                               .samples = (uint32_t)point->samples};
}

/* Which parameters an optimizer looks at. */
#include "dufm/effect.h"

#include <math.h>

static bool uses_momentum(const struct point *point) {
    return point->optimizer == OPTIMIZER_MOMENTUM;
}

static bool uses_moments(const struct point *point) {
    return point->optimizer == OPTIMIZER_ADAM;
}

static bool uses_pairs(const struct point *point) {
    return point->optimizer == OPTIMIZER_LBFGS;
}

static bool uses_rate(const struct point *point) {
    return point->optimizer != OPTIMIZER_LBFGS;
}

static bool uses_schedule_steps(const struct point *point) {
    return uses_rate(point) &&
           (point->schedule == SCHEDULE_COSINE || point->schedule == SCHEDULE_INVERSE);
}

static const struct effect {
    size_t offset; /* of the field in struct point */
    bool (*used)(const struct point *point);
    double idle;
} effects[] = {
    {offsetof(struct point, momentum), uses_momentum, 0},
    {offsetof(struct point, beta1), uses_moments, 0},
    {offsetof(struct point, beta2), uses_moments, 0},
    {offsetof(struct point, epsilon), uses_moments, 0},
    {offsetof(struct point, lbfgs_memory), uses_pairs, 0},
    {offsetof(struct point, learning_rate), uses_rate, 1},
    {offsetof(struct point, schedule), uses_rate, SCHEDULE_CONSTANT},
    {offsetof(struct point, schedule_steps), uses_schedule_steps, 0},
    {offsetof(struct point, decay_steps), uses_rate, 0},
};

static const struct effect *effect_of(const struct parameter *parameter) {
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (effects[i].offset == parameter->offset) return &effects[i];
    return NULL;
}

bool effect_is_used(const struct parameter *parameter, const struct point *point) {
    const struct effect *effect = effect_of(parameter);
    return effect == NULL || effect->used(point);
}

double effect_idle(const struct parameter *parameter) {
    const struct effect *effect = effect_of(parameter);
    return effect != NULL ? effect->idle : NAN;
}

void effect_idle_all(struct point *point) {
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        if (!effect_is_used(parameter, point))
            parameter_set(parameter, effect_idle(parameter), point);
    }
}

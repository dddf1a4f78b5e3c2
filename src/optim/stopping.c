#include "dufm/stopping.h"

#include <math.h>

/* Frobenius norm under which a factor counts as zero; the floor of the numerical ranks is
 * the same, so that a trivial ending has rank 0. */
static const double zero_norm = 1e-6;

void stopping_start(struct stopping_state *state) {
    *state = (struct stopping_state){.best_loss = INFINITY, .best_step = 0};
}

static bool is_plateau(const struct stopping_rules *rules, struct stopping_state *state,
                       const struct observation *seen) {
    double bound = state->best_loss - rules->loss_change * fabs(state->best_loss);
    if (isinf(state->best_loss) || seen->loss < bound) {
        state->best_loss = seen->loss;
        state->best_step = seen->step;
        return false;
    }
    return rules->loss_change > 0 && rules->window > 0 &&
           seen->step - state->best_step >= rules->window;
}

enum stop_reason stopping_judge(const struct stopping_rules *rules,
                                struct stopping_state *state,
                                const struct observation *seen) {
    if (!isfinite(seen->loss)) return STOP_DIVERGED;
    if (seen->trivial) return STOP_TRIVIAL;
    if (rules->gradient > 0 && seen->gradient_norm <= rules->gradient)
        return STOP_GRADIENT;
    if (is_plateau(rules, state, seen) || seen->stalled) return STOP_PLATEAU;
    if (seen->step >= rules->max_steps) return STOP_MAX_STEPS;
    if (seen->seconds >= rules->max_seconds) return STOP_MAX_SECONDS;
    return STOP_NONE;
}

/* A regularization term is lambda/2 |factor|^2: the terms carry all norms. */
bool stopping_is_trivial(const struct problem *problem, const struct loss_terms *terms) {
    const struct shape *shape = &problem->shape;
    double smallest = terms->feature_regularization;
    double square = 2.0 * terms->feature_regularization / problem->lambda_h;
    double product = sqrt(square / shape_sample_count(shape));
    if (square > zero_norm * zero_norm) return false;
    for (int layer = 0; layer < shape->depth; layer++) {
        double term = terms->weight_regularization[layer];
        square = 2.0 * term / problem->lambdas[layer];
        if (square > zero_norm * zero_norm) return false;
        product *= sqrt(square);
        smallest = fmin(smallest, term);
    }
    return product <= smallest;
}

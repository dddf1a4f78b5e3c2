/* Stopping rules: pure decisions on what was observed at a check, tested as a table. */
#ifndef DUFM_STOPPING_H
#define DUFM_STOPPING_H

#include <stdbool.h>

#include "dufm/kind.h"
#include "dufm/model.h"

struct stopping_rules {
    int max_steps;
    double max_seconds; /* infinity: no limit */
    double loss_change; /* relative; 0: no plateau rule */
    int window;         /* steps; 0: no plateau rule */
    double gradient;    /* 0: no gradient rule */
};

/* What the plateau rule remembers. */
struct stopping_state {
    double best_loss; /* lowest loss that was a real improvement */
    int best_step;
};

struct observation {
    int step;
    double seconds; /* since the start of the descent */
    double loss;
    double gradient_norm; /* NaN where it was not computed */
    bool trivial;         /* stopping_is_trivial */
    bool stalled;         /* no step lowers the loss (optimizer_step) */
};

/* Nothing seen yet. */
void stopping_start(struct stopping_state *state);

/* The reason to stop now, or STOP_NONE. In this order: not finite; trivial; gradient norm
 * at or below its bound; stalled, or no fall of the loss by the relative `loss_change`
 * within `window` steps; steps; seconds. */
enum stop_reason stopping_judge(const struct stopping_rules *rules,
                                struct stopping_state *state,
                                const struct observation *seen);

/* Whether the parameters have decayed into the basin of the trivial solution: every
 * factor's Frobenius norm is below 1e-6, and decay outweighs the fit's pull on each of
 * them. For every factor <factor, gradient of fit> >= -|H_1| prod |W_l| / sqrt(N)
 * (Cauchy-Schwarz with |Y| = sqrt N), so that all norms fall while |H_1| prod |W_l| /
 * sqrt(N) <= 1/2 lambda_l |factor_l|^2  for every factor. */
bool stopping_is_trivial(const struct problem *problem, const struct loss_terms *terms);

#endif

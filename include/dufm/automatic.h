/* A rate that finds itself, for plain gradient descent. Every AUTOMATIC_INTERVAL steps
 * the loss is compared with the one before them: where it has fallen the rate grows,
 * where it has risen those steps are taken back and the rate is halved, at once where the
 * fit term alone is more than twice that loss. Up to there the loss may rise within an
 * interval: descent that never goes up comes to rest at the first kinks of the ReLU,
 * across which it has to jitter to get on. Costs next to nothing.
 * Deterministic.
 */
#ifndef DUFM_AUTOMATIC_H
#define DUFM_AUTOMATIC_H

#include <stdbool.h>

#include "dufm/optimizer.h"

enum { AUTOMATIC_INTERVAL = 200 };

/* What the rule remembers between two steps, beside the parameters that are kept. */
struct automatic {
    double rate; /* of the next step */
    double loss; /* at the parameters kept last */
    bool kept;   /* some are */
};

/* Nothing kept yet. */
void automatic_start(struct automatic *automatic, double rate);

/* Judge the last interval where it ends, or now if asked to, after optimizer_forward,
 * whose fit term is given; the optimizer has settings.undo. Returns the fit term at the parameters that hold now,
 * whose forward pass the model has. The first parameters are kept whatever they are. */
double automatic_settle(struct automatic *automatic, struct optimizer *optimizer,
                        double fit, bool now);

#endif

/* Optimizers behind one table: {name, buffers, step}. The caller owns the loop.
 *
 * A step is taken inside the backward pass: the model hands over each factor's gradient
 * as two thin factors and the update is fused into their product.
 */
#ifndef DUFM_OPTIMIZER_H
#define DUFM_OPTIMIZER_H

#include <stdbool.h>

#include "dufm/memory.h"
#include "dufm/model.h"

struct optimizer;

/* One row of the table. */
struct optimizer_type {
    enum optimizer_kind kind;
    bool has_velocity;  /* needs a buffer of the parameters' shape */
    model_sink *update; /* context: struct optimizer */
};

struct optimizer {
    const struct optimizer_type *type;
    struct factors *parameters; /* updated in place; not owned */
    struct factors velocity;    /* of momentum: zero at the start */
    const struct model *model;  /* lambdas and shape; not owned */
    double rate;                /* learning rate of the next step */
    double momentum;            /* coefficient of the velocity */
};

/* Lay an optimizer out (memory.h: once to measure, once to take). The arena's memory is
 * zero, as a velocity must be; optimizer_reset makes it so again. */
void optimizer_carve(struct optimizer *optimizer, enum optimizer_kind kind,
                     struct model *model, struct factors *parameters,
                     struct arena *arena);

/* Forget the past: velocity zero. */
void optimizer_reset(struct optimizer *optimizer);

/* One step, after model_forward at the same parameters. With g the gradient including
 * lambda times the factor:
 *     gd         W <- W - rate g
 *     momentum   V <- momentum V + g,  W <- W - rate V       (as PyTorch's SGD) */
void optimizer_step(struct optimizer *optimizer, struct model *model);

#endif

/* Optimizers behind one table: {blocks of memory, step}. The caller owns the loop.
 *
 * With g the gradient of the loss, regularization included, and r the rate:
 *     gd         W <- W - r g
 *     momentum   V <- momentum V + g,  W <- W - r V                  (as PyTorch's SGD)
 *     adam       M <- beta1 M + (1 - beta1) g,  V <- beta2 V + (1 - beta2) g^2,
 *                W <- W - r M / (1 - beta1^t) / (sqrt(V / (1 - beta2^t)) + epsilon)
 *                at step t = 1, 2, ...                               (as PyTorch's Adam)
 *     lbfgs      W <- W - t B g, B from the last pairs of steps and gradient changes, t
 *                from a line search (lbfgs.c)
 *
 * A step of gd or momentum is taken inside the backward pass: the model hands over each
 * factor's gradient as two thin factors and the update is fused into their product.
 */
#ifndef DUFM_OPTIMIZER_H
#define DUFM_OPTIMIZER_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/memory.h"
#include "dufm/model.h"

struct optimizer;
struct optimizer_type; /* a row of the table */

/* What a point says of its optimizer; a type looks at its own. */
struct optimizer_settings {
    enum optimizer_kind kind;
    double momentum;              /* of momentum: coefficient of the velocity */
    double beta1, beta2, epsilon; /* of adam */
    int memory;                   /* of lbfgs: most pairs that are kept */
    bool undo;                    /* of gd: optimizer_keep and optimizer_undo are used */
};

/* What a descent remembers beside `saved`; all of it is saved with it (checkpoint.h). */
struct optimizer_progress {
    int steps;       /* taken */
    int evaluations; /* of the loss and its gradient; saturates */
    int pairs;       /* of lbfgs: pairs that are kept ... */
    int next;        /* ... and the place of the next one */
    bool known;      /* of lbfgs: the gradient and the loss here are known */
    double loss;     /* of lbfgs: where known */
};

struct optimizer {
    const struct optimizer_type *type;
    struct optimizer_settings settings;
    struct factors *parameters; /* updated in place; not owned */
    struct model *model;        /* lambdas, shape and passes; not owned */
    double rate;                /* learning rate of the next step */
    double *saved;              /* size saved_count: blocks of the parameters' shape */
    size_t saved_count;
    double *scratch; /* more blocks, whose values no later step needs */
    struct optimizer_progress progress;
    bool passed; /* the model holds the forward pass at the parameters ... */
    double fit;  /* ... which gave this fit term */
};

/* Lay an optimizer out (memory.h: once to measure, once to take). The arena's memory is
 * zero, as it must be at the start; optimizer_reset makes it so again. */
void optimizer_carve(struct optimizer *optimizer,
                     const struct optimizer_settings *settings, struct model *model,
                     struct factors *parameters, struct arena *arena);

/* Bytes that optimizer_carve takes for a shape. Pure. */
size_t optimizer_bytes(const struct optimizer_settings *settings,
                       const struct shape *shape);

/* Name the kind of an optimizer that was laid out. */
enum optimizer_kind optimizer_kind_of(const struct optimizer *optimizer);

/* Forget the past: no step taken, all memory zero. */
void optimizer_reset(struct optimizer *optimizer);

/* The model's forward pass at the parameters, unless the last step has left it; returns
 * the fit term. */
double optimizer_forward(struct optimizer *optimizer);

/* One step, after optimizer_forward, whose fit term is given. False where no step lowers
 * the loss (lbfgs alone says so): the parameters are then as before. */
bool optimizer_step(struct optimizer *optimizer, double fit);

/* Keep the parameters, and go back to those kept last; with settings.undo. */
void optimizer_keep(struct optimizer *optimizer);
void optimizer_undo(struct optimizer *optimizer);

#endif

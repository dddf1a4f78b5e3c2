/* Rows of the table of optimizers, each in a file of its own. */
#ifndef DUFM_OPTIM_TYPES_H
#define DUFM_OPTIM_TYPES_H

#include "dufm/optimizer.h"

struct optimizer_type {
    enum optimizer_kind kind;
    /* Blocks of the parameters' shape that are saved, and scratch ones. */
    size_t (*saved_blocks)(const struct optimizer_settings *settings);
    size_t scratch_blocks;
    /* One step (optimizer_step). */
    bool (*step)(struct optimizer *optimizer, double fit);
};

extern const struct optimizer_type optimizer_type_gd;
extern const struct optimizer_type optimizer_type_momentum;
extern const struct optimizer_type optimizer_type_adam;
extern const struct optimizer_type optimizer_type_lbfgs;

/* Parameters of the model: doubles in a block. */
size_t optimizer_block_count(const struct optimizer *optimizer);

/* Block number `index` of `blocks` (the optimizer's saved or scratch memory), seen as
 * factors or as doubles. */
struct factors optimizer_block_factors(const struct optimizer *optimizer, double *blocks,
                                       size_t index);
double *optimizer_block(const struct optimizer *optimizer, double *blocks, size_t index);

/* Another evaluation of the loss and its gradient. */
void optimizer_count_evaluation(struct optimizer *optimizer);

#endif

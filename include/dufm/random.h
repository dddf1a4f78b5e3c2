/* Random numbers: normal deviates of a counter-based generator (Random123 Philox4x64-10).
 *
 * A number is a pure function of (seed, K, L, d, n, tensor, element), so that a start
 * depends on the point's shape and seed alone: not on the learning rate, the
 * regularization, the rank that runs it, or the order in which tensors are filled.
 */
#ifndef DUFM_RANDOM_H
#define DUFM_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random_key {
    uint32_t seed;
    uint32_t classes, depth, width, samples; /* K, L, d, n */
};

/* Tensors of the model: the l-th weight is tensor l; streams do not overlap. */
enum {
    RANDOM_TENSOR_FEATURE = 0,
    RANDOM_TENSOR_NOISE = 1 << 16,     /* of a planted start, and the following ones */
    RANDOM_TENSOR_CURVATURE = 2 << 16, /* start of Lanczos' method */
    RANDOM_TENSOR_KICK = 3 << 16,      /* direction of a kick */
};

/* out[i] for i < count: independent standard normal deviates, elements 0 .. count-1 of
 * the tensor (Box-Muller on 53-bit uniforms). */
void random_normal(const struct random_key *key, uint32_t tensor, double *out,
                   size_t count);

#endif

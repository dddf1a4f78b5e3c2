#include "dufm/random.h"

#include <Random123/philox.h>
#include <math.h>

static const double two_pi = 6.283185307179586476925286766559;

/* Uniform in (0, 1]: never 0, whose logarithm Box-Muller takes. */
static double uniform(uint64_t bits) {
    return ((double)(bits >> 11) + 1.0) * 0x1p-53;
}

void random_normal(const struct random_key *key, uint32_t tensor, double *out,
                   size_t count) {
    philox4x64_key_t seed = {{key->seed, 0}};
    philox4x64_ctr_t counter = {{0, tensor, (uint64_t)key->classes << 32 | key->depth,
                                 (uint64_t)key->width << 32 | key->samples}};
    for (size_t block = 0; 4 * block < count; block++) {
        counter.v[0] = block;
        philox4x64_ctr_t bits = philox4x64(counter, seed);
        double normal[4];
        for (int pair = 0; pair < 2; pair++) {
            double radius = sqrt(-2.0 * log(uniform(bits.v[2 * pair])));
            double angle = two_pi * uniform(bits.v[2 * pair + 1]);
            normal[2 * pair] = radius * cos(angle);
            normal[2 * pair + 1] = radius * sin(angle);
        }
        size_t left = count - 4 * block;
        if (left > 4) left = 4;
        for (size_t i = 0; i < left; i++)
            out[4 * block + i] = normal[i];
    }
}

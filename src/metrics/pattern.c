#include "dufm/pattern.h"

#include <math.h>

#include "dufm/srg.h"

/* Ordered pairs of classes that share 0, 1 or 2 vertices. */
static void count_pairs(int order, double count[3]) {
    double classes = order * (order - 1) / 2.0;
    count[0] = classes * (order - 2) * (order - 3) / 2;
    count[1] = classes * 2 * (order - 2);
    count[2] = classes;
}

static struct pattern normalized(int order, struct pattern pattern) {
    double count[3], square = 0;
    count_pairs(order, count);
    for (int i = 0; i < 3; i++)
        square += count[i] * pattern.entry[i] * pattern.entry[i];
    for (int i = 0; i < 3; i++)
        pattern.entry[i] /= sqrt(square);
    return pattern;
}

struct pattern pattern_incidence(int order) {
    return normalized(order, (struct pattern){{0, 1, 2}});
}

/* (2 I + v A)^2: A^2 has 2(r-2) on the diagonal, r-2 between adjacent classes, 4 between disjoint. */
static struct pattern relaxed(int order, double v) {
    double square = v * v;
    return normalized(order, (struct pattern){{4 * square, 4 * v + (order - 2) * square,
                                               4 + 2 * (order - 2) * square}});
}

/* Two edges lie together in the m-cliques that hold the 4, 3 or 2 vertices they span. */
struct pattern pattern_clique(int order, int clique) {
    struct pattern pattern;
    for (int shared = 0; shared < 3; shared++) {
        int spanned = 4 - shared;
        pattern.entry[shared] = srg_binomial(order - spanned, clique - spanned);
    }
    return normalized(order, pattern);
}

struct pattern_profile pattern_profile_of(const struct arrangement *arrangement,
                                          const double *gram) {
    struct pattern_profile profile = {.order = arrangement->order};
    int classes = profile.order * (profile.order - 1) / 2;
    double count[3];
    const double *entry = gram;
    count_pairs(profile.order, count);
    for (int a = 0; a < classes; a++)
        for (int b = 0; b < classes; b++)
            profile.mean[arrangement_shared(arrangement, a, b)] += *entry++;
    for (int i = 0; i < 3; i++)
        profile.mean[i] /= count[i];
    entry = gram;
    for (int a = 0; a < classes; a++)
        for (int b = 0; b < classes; b++) {
            double rest = *entry++ - profile.mean[arrangement_shared(arrangement, a, b)];
            profile.residual += rest * rest;
        }
    return profile;
}

/* |G - P|^2 splits at the means of G. */
double pattern_distance(const struct pattern_profile *profile, struct pattern pattern) {
    double count[3], square = profile->residual;
    count_pairs(profile->order, count);
    for (int i = 0; i < 3; i++) {
        double difference = profile->mean[i] - pattern.entry[i];
        square += count[i] * difference * difference;
    }
    return sqrt(square);
}

/* A scan, repeated between the neighbours of the best: each time the interval shrinks to
 * an eighth, at last below 1e-7. */
double pattern_nearest_relaxed(const struct pattern_profile *profile, double *v) {
    enum { STEPS = 16, SCANS = 9 };
    double low = 0, high = 1, least = NAN;
    for (int scan = 0; scan < SCANS; scan++) {
        double step = (high - low) / STEPS;
        least = NAN;
        for (int i = 0; i <= STEPS; i++) {
            double at = low + i * step;
            double distance = pattern_distance(profile, relaxed(profile->order, at));
            if (distance >= least) continue; /* not while least is NaN */
            least = distance;
            *v = at;
        }
        low = fmax(0, *v - step);
        high = fmin(1, *v + step);
    }
    return least;
}

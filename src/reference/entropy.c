#include "dufm/entropy.h"

#include <math.h>

#include "dufm/reference.h"

/* Scales beyond which exponentials of them vanish. */
static const double scale_most = 700;

/* Outputs that one scale x is left of: the label's entry is above `single` others by x
 * and above `twice` others by 2x; `rank` singular values of stretch x, the
 * geometric mean of the factors' numbers. */
struct family {
    int depth;            /* L */
    double single, twice; /* numbers of entries: they sum to K - 1 */
    double rank, stretch;
    double weight; /* lbar */
};

/* log(1 + single e^-x + twice e^-2x) + weight (L+1)/2 rank (stretch x)^(2/(L+1)) */
static double value(const struct family *family, double x) {
    double exponent = 2.0 / (family->depth + 1), e = exp(-x);
    return log1p((family->single + family->twice * e) * e) +
           family->weight * family->rank / exponent * pow(family->stretch * x, exponent);
}

/* The others' distances from the label's entry, in units of x, under the softmax: their
 * mean, which is how fast the fit falls with x, and their variance, how fast that does.
 */
struct pull {
    double mean, variance;
};

static struct pull pull_at(const struct family *family, double x) {
    double e = exp(-x), single = family->single * e, twice = family->twice * e * e;
    double sum = 1 + single + twice, mean = (single + 2 * twice) / sum;
    return (struct pull){mean, (single + 4 * twice) / sum - mean * mean};
}

/* The place of the largest x^q mean(x), q = (L-1)/(L+1): where q/x, which falls, meets
 * variance/mean, which rises: as 1/(1 + (K-1) e) for DNC, e = e^-x; for the other, with
 * m = K-2, because m^3 (1 - e^2) + m (4 m e - 2 + 16 e^2) + 16 e^3 + 2 m e^4 > 0. */
static double ridge(const struct family *family) {
    double q = (family->depth - 1.0) / (family->depth + 1.0), low = 0, high = scale_most;
    if (family->depth == 1) return 0;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return low;
        struct pull pull = pull_at(family, middle);
        if (q / middle > pull.variance / pull.mean)
            low = middle;
        else
            high = middle;
    }
}

/* x^q times the slope of the fit, without its sign, over x^q times that of the
 * regularization: above 1 the value falls. */
static double steepness(const struct family *family, double x) {
    double exponent = 2.0 / (family->depth + 1);
    return pow(x, 1 - exponent) * pull_at(family, x).mean /
           (family->weight * family->rank * pow(family->stretch, exponent));
}

/* Steepness falls from the ridge on, and passes 1 at the minimum: halve until no double
 * is left in between. */
static double minimum(const struct family *family, double *x) {
    double low = *x = ridge(family), high = scale_most;
    if (!(steepness(family, low) >= 1)) return NAN;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) break;
        if (steepness(family, middle) > 1)
            low = middle;
        else
            high = middle;
    }
    *x = low;
    return value(family, low);
}

static struct family simplex(const struct shape *shape, double rank, double weight) {
    return (struct family){.depth = shape->depth,
                           .single = shape->classes - 1,
                           .rank = rank,
                           .stretch = 1,
                           .weight = weight};
}

static struct family pairs(const struct shape *shape, double weight) {
    return (struct family){.depth = shape->depth,
                           .single = shape->classes - 2,
                           .twice = 1,
                           .rank = shape->classes / 2.0,
                           .stretch = 2,
                           .weight = weight};
}

double entropy_dnc_bound(const struct problem *problem, double *scale) {
    const struct shape *shape = &problem->shape;
    struct family family =
        simplex(shape, shape->classes - 1, reference_lambda_mean(problem));
    return minimum(&family, scale);
}

/* K singular values in L of the factors, K-1 in W_L: their geometric mean. */
static double relu_rank(const struct shape *shape) {
    double classes = shape->classes;
    return classes * pow((classes - 1) / classes, 1.0 / (shape->depth + 1));
}

double entropy_dnc(const struct problem *problem, double *scale) {
    if (reference_is_linear(problem)) return entropy_dnc_bound(problem, scale);
    struct family family = simplex(&problem->shape, relu_rank(&problem->shape),
                                   reference_lambda_mean(problem));
    return minimum(&family, scale);
}

double entropy_low_rank(const struct problem *problem, double *scale) {
    struct family family = pairs(&problem->shape, reference_lambda_mean(problem));
    return minimum(&family, scale);
}

/* The weight beyond which there is no minimum: steepness is 1 at the ridge. */
static double last_weight(struct family family) {
    family.weight = 1;
    return steepness(&family, ridge(&family));
}

/* How much lower the low-rank form is, at a weight where both exist. */
static double gain_of_pairs(const struct shape *shape, double weight) {
    struct family all = simplex(shape, shape->classes - 1, weight);
    struct family two = pairs(shape, weight);
    double scale;
    return minimum(&all, &scale) - minimum(&two, &scale);
}

/* One layer is convex, so that nothing is below what is symmetric; two classes are one
 * pair. As the weight falls both margins grow like its logarithm, and the regularization
 * alone decides: (K-1) against K/2 2^(2/(L+1)). */
double entropy_crossing(int classes, int depth) {
    const struct shape shape = {.depth = depth, .classes = classes};
    bool always = classes / 2.0 * pow(2, 2.0 / (depth + 1)) <= classes - 1;
    if (depth < 2 || classes < 4 || always) return NAN;
    double end =
        fmin(last_weight(simplex(&shape, classes - 1, 1)), last_weight(pairs(&shape, 1)));
    double low = 0, high = end * (1 - 1e-12); /* past rounding both exist */
    if (!(gain_of_pairs(&shape, high) > 0)) return NAN;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return high;
        if (gain_of_pairs(&shape, middle) > 0)
            high = middle;
        else
            low = middle;
    }
}

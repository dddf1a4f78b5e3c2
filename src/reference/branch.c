#include "dufm/branch.h"

#include <math.h>

/* The root of a falling function is between low and high: halve until no double is left
 * in between. */
static double power_root(double weight, double q, double low, double high) {
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return low;
        if ((1 - middle) * pow(middle, q) > weight)
            low = middle;
        else
            high = middle;
    }
}

double branch_power(double weight, int depth, double *x) {
    double q = (depth - 1.0) / (depth + 1.0);
    double ridge = q / (1 + q); /* (1-x) x^q is largest here and falls from here to 1 */
    *x = ridge;
    if (!((1 - ridge) * pow(ridge, q) >= weight)) return NAN;
    *x = power_root(weight, q, ridge, 1);
    return (1 - *x) * (1 - *x) / 2 +
           weight * (depth + 1) / 2 * pow(*x, 2.0 / (depth + 1));
}

double branch_value(const struct branch *branch, double z) {
    double value = branch->cost * pow(z, 1.0 / branch->depth);
    for (int i = 0; i < branch->modes; i++)
        value += branch->weight[i] / (1 + branch->gain[i] * z);
    return value;
}

/* What the fit gives per unit of v = log z, sum_i w_i a_i z / (1 + a_i z)^2: in v every
 * mode is a bump of width 1 around -log a_i, never above w_i/4. */
static double pull(const struct branch *branch, double v) {
    double sum = 0;
    for (int i = 0; i < branch->modes; i++) {
        double x = branch->gain[i] * exp(v);
        sum += branch->weight[i] * x / ((1 + x) * (1 + x));
    }
    return sum;
}

/* d value / d v */
static double slope(const struct branch *branch, double v) {
    return branch->cost / branch->depth * exp(v / branch->depth) - pull(branch, v);
}

/* Bounds of v outside of which the slope is positive, by pull <= z sum w a below and by
 * pull <= min(1/8, sum w/(a z)) above. */
static void bound(const struct branch *branch, double *low, double *high) {
    double rising = 0, falling = 0, depth = branch->depth;
    for (int i = 0; i < branch->modes; i++) {
        if (!(branch->gain[i] > 0)) continue;
        rising += branch->weight[i] * branch->gain[i];
        falling += branch->weight[i] / branch->gain[i];
    }
    double unit = log(branch->cost / depth);
    /* Without a mode that gains, log(0) makes the interval empty. */
    /* cppcheck-suppress invalidFunctionArg */
    *low = (unit - log(rising)) * depth / (depth - 1);
    *high =
        /* cppcheck-suppress invalidFunctionArg */
        fmin(depth * (log(0.125) - unit), (log(falling) - unit) * depth / (depth + 1));
}

static double slope_root(const struct branch *branch, double low, double high) {
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return high;
        if (slope(branch, middle) < 0)
            low = middle;
        else
            high = middle;
    }
}

/* The scan's step is a fraction of a bump's width: two stationary points between
 * neighbours of the scan are the ends of a dent whose minimum is not the least point. */
bool branch_minimum(const struct branch *branch, double *z) {
    static const double step = 0.125;
    double low, high, least = INFINITY;
    bool falling = false;
    bound(branch, &low, &high);
    for (int i = 0; low + (i - 1) * step < high; i++) {
        double v = low + i * step;
        bool falls = slope(branch, v) < 0;
        if (falling && !falls) {
            double place = exp(slope_root(branch, v - step, v));
            double value = branch_value(branch, place);
            if (value < least) {
                least = value;
                *z = place;
            }
        }
        falling = falls;
    }
    return least < INFINITY;
}

/* A stationary point needs cost/L = pull(v) e^(-v/L): the branch appears where the right
 * side is largest. One mode alone peaks at a z = (L-1)/(L+1); the sum peaks in between.
 */
double branch_ridge(const struct branch *branch) {
    enum { STEPS = 64 };
    double depth = branch->depth, low = INFINITY, high = -INFINITY;
    for (int i = 0; i < branch->modes; i++) {
        if (!(branch->gain[i] > 0)) continue;
        double peak = log((depth - 1) / (depth + 1) / branch->gain[i]);
        low = fmin(low, peak);
        high = fmax(high, peak);
    }
    double best = -INFINITY, place = low;
    for (int i = 0; i <= STEPS; i++) {
        double v = low + (high - low) * i / STEPS;
        double height = pull(branch, v) * exp(-v / depth);
        if (height > best) {
            best = height;
            place = v;
        }
    }
    return exp(place);
}

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
    double rest = weight / pow(*x, q); /* 1-x, which rounding leaves few digits of */
    return rest * rest / 2 + weight * (depth + 1) / 2 * pow(*x, 2.0 / (depth + 1));
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

/* One mode alone pulls most, per e^(v/L), at a z = (L-1)/(L+1): below all of these places
 * pull(v) e^(-v/L) rises, above all of them it falls. */
static void peaks(const struct branch *branch, double *low, double *high) {
    double depth = branch->depth;
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < branch->modes; i++) {
        if (!(branch->gain[i] > 0)) continue;
        double peak = log((depth - 1) / (depth + 1) / branch->gain[i]);
        *low = fmin(*low, peak);
        *high = fmax(*high, peak);
    }
}

/* A scan of v in steps, and the least point found. */
struct scan {
    const struct branch *branch;
    double low;      /* v of step 0 */
    double least, z; /* infinite: none yet */
};

static const double scan_step = 0.125;

static double scan_place(const struct scan *scan, int step) {
    return scan->low + step * scan_step;
}

static bool scan_falls(const struct scan *scan, int step) {
    return slope(scan->branch, scan_place(scan, step)) < 0;
}

/* The fall ends between the step before and this one. */
static void scan_take(struct scan *scan, int step) {
    double v = scan_place(scan, step);
    double place = exp(slope_root(scan->branch, v - scan_step, v));
    double value = branch_value(scan->branch, place);
    if (!(value < scan->least)) return;
    scan->least = value;
    scan->z = place;
}

/* The one end of a fall between the two steps, by halving. */
static void scan_tail(struct scan *scan, int low, int high) {
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (scan_falls(scan, middle))
            low = middle;
        else
            high = middle;
    }
    scan_take(scan, high);
}

/* The scan's step is a fraction of a bump's width: two stationary points between
 * neighbours of the scan are the ends of a dent whose minimum is not the least point. It
 * goes from peak to peak: no fall ends below the first, and past the last there is one end
 * at most. So its length is that of the gains' range, however small the cost. */
bool branch_minimum(const struct branch *branch, double *z) {
    double low, high, first, last;
    bound(branch, &low, &high);
    peaks(branch, &first, &last);
    if (!(low < high + scan_step)) return false;
    struct scan scan = {.branch = branch, .low = low, .least = INFINITY};
    int step = (int)(fmax(first - low, 0) / scan_step);
    int end = (int)ceil((high - low) / scan_step); /* at or past the bound */
    bool falling = false;
    for (; step <= end; step++) {
        bool falls = scan_falls(&scan, step);
        if (falling && !falls) scan_take(&scan, step);
        falling = falls;
        if (scan_place(&scan, step) >= last) break;
    }
    if (falling && step < end) scan_tail(&scan, step, end);
    if (!(scan.least < INFINITY)) return false;
    *z = scan.z;
    return true;
}

/* A stationary point needs cost/L = pull(v) e^(-v/L): the branch appears where the right
 * side is largest. One mode alone peaks at a z = (L-1)/(L+1); the sum peaks in between.
 */
double branch_ridge(const struct branch *branch) {
    enum { STEPS = 64 };
    double depth = branch->depth, low, high;
    peaks(branch, &low, &high);
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

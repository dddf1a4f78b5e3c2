/* Parameters in units of what they act on. */
#include "dufm/derived.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Relative distance within which a value is looked at closely: wider than rounding to
 * 12 digits, even after the power (L+1)/L. */
static const double match_slack = 1e-9;

enum { WIDTH_PER_CLASS, KAPPA_RATIO, HORIZON };

#define DERIVED(field, least, most)                                                      \
    .name = #field, .stored_name = #field, .type = PARAMETER_REAL,                       \
    .offset = offsetof(struct point, field), .minimum = (least), .maximum = (most),      \
    .above_minimum = true, .fallback = NAN, .units = "1"

const struct parameter derived_table[] = {
    [WIDTH_PER_CLASS] = {DERIVED(width_per_class, 0, 32768),
                         .summary = "width over classes, instead of width"},
    [KAPPA_RATIO] = {DERIVED(kappa_ratio, 0, 1e6),
                     .summary = "K lbar / kappa_max(L), instead of lambda"},
    [HORIZON] = {DERIVED(horizon, 0, 1e9),
                 .summary = "steps times learning_rate times the least lambda, instead "
                            "of max_steps"},
};

const int derived_count = sizeof derived_table / sizeof *derived_table;

double derived_kappa_max(int depth) {
    return pow(depth - 1, (depth - 1.0) / (depth + 1)) /
           pow(depth, 2.0 * depth / (depth + 1));
}

double derived_least_lambda(const struct point *point) {
    double least = point->lambda_h;
    for (int layer = 0; layer < point->depth; layer++)
        least = fmin(least, point->lambdas[layer]);
    return least;
}

static int to_int(double value) {
    return value < INT_MAX ? (int)value : INT_MAX;
}

int derived_width(const struct point *point) {
    return to_int(round(derived_round(point->width_per_class * point->classes)));
}

/* (L+1) log lbar = log n + log lambda_h + L log lambda, lambda_h = lambda where it is not
 * given. */
double derived_lambda(const struct point *point) {
    int depth = point->depth;
    double mean = point->kappa_ratio * derived_kappa_max(depth) / point->classes;
    double other = log(point->samples);
    double exponent = depth + 1;
    if (!isnan(point->lambda_h)) {
        other += log(point->lambda_h);
        exponent = depth;
    }
    double power = ((depth + 1) * log(mean) - other) / exponent;
    /* Without samples and lambda_h the mean is the lambda, with no rounding on the way.
     */
    return derived_round(other == 0 && exponent == depth + 1 ? mean : exp(power));
}

int derived_steps(const struct point *point) {
    double rate = point->learning_rate * derived_least_lambda(point);
    return to_int(ceil(derived_round(point->horizon / rate)));
}

static double kappa_ratio(const struct point *point) {
    double sum = log(point->samples) + log(point->lambda_h);
    for (int layer = 0; layer < point->depth; layer++)
        sum += log(point->lambdas[layer]);
    return point->classes * exp(sum / (point->depth + 1)) /
           derived_kappa_max(point->depth);
}

double derived_value(const struct parameter *parameter, const struct point *point) {
    switch (parameter - derived_table) {
    case WIDTH_PER_CLASS:
        return point->width / (double)point->classes;
    case KAPPA_RATIO:
        return derived_round(kappa_ratio(point));
    default: /* HORIZON */
        return point->max_steps * point->learning_rate * derived_least_lambda(point);
    }
}

bool derived_may_match(const struct parameter *parameter, double value,
                       const struct point *point) {
    switch (parameter - derived_table) {
    case WIDTH_PER_CLASS:
        return fabs(value * point->classes - point->width) <= 1;
    case KAPPA_RATIO:
        return fabs(kappa_ratio(point) / value - 1) <= match_slack;
    default: { /* HORIZON */
        double rate = point->learning_rate * derived_least_lambda(point);
        return fabs(value / rate - point->max_steps) <= 1 + match_slack * value / rate;
    }
    }
}

double derived_round(double value) {
    char text[64];
    snprintf(text, sizeof text, "%.11e", value);
    return strtod(text, NULL);
}

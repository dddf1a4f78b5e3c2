/* Generators: mappings that stand for many values.
 *
 *   {range: [a, b]}                a, a + 1, ..., b
 *   {log2: [a, b]}                 2^a, 2^(a+1), ..., 2^b, exact
 *   {log10: [a, b]}                10^a, ..., 10^b
 *   {linspace: [a, b, count]}      evenly from a to b, both ends
 *   {logspace: [a, b, count]}      the same in the logarithm
 *   {from: a, to: b, step: s}      a, a + s, ... up to b
 *   {from: a, to: b, factor: f}    a, a f, a f^2, ... up to b
 *
 * Each form is a row of the table below: it checks its arguments and counts, then makes
 * value number i.  Values that arithmetic cannot make exactly are rounded to 12 digits.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/derived.h"
#include "dufm/memory.h"
#include "spec.h"

enum { ARGUMENTS_MAX = 3 };

/* Relative slack when counting steps up to the end: 0.1 + 2 * 0.1 reaches 0.3. */
static const double end_slack = 1e-9;

/* A generator while it is read. */
struct generator {
    const struct form *form;
    struct fy_node *at;              /* the mapping */
    double arguments[ARGUMENTS_MAX]; /* in the order of the form */
    int ends;                        /* of the keys from and to, how many were given */
    double count;                    /* values it makes */
};

struct form {
    const char *usage; /* what it looks like, for messages */
    const char *whole; /* a letter an argument: 'i' for whole numbers, 'r' for reals */
    bool keys;         /* arguments are the keys from, to and `name`, not a list */
    enum error (*plan)(const struct spec *, struct generator *); /* check and count */
    double (*value)(const struct generator *, double index);
};

static enum error fail_usage(const struct spec *spec, struct fy_node *at,
                             const struct form *form, const char *problem) {
    return spec_fail(spec, at, "%s\nexpected %s", problem, form->usage);
}

static enum error plan_range(const struct spec *spec, struct generator *g) {
    if (g->arguments[1] < g->arguments[0])
        return fail_usage(spec, g->at, g->form, "the end lies before the start");
    g->count = g->arguments[1] - g->arguments[0] + 1;
    return ERROR_NONE;
}

/* Exponents of normal doubles. */
static enum error plan_powers(const struct spec *spec, struct generator *g, int least,
                              int most) {
    if (g->arguments[0] < least || g->arguments[1] > most)
        return fail_usage(spec, g->at, g->form, "an exponent too large for a double");
    return plan_range(spec, g);
}

static enum error plan_log2(const struct spec *spec, struct generator *g) {
    return plan_powers(spec, g, DBL_MIN_EXP - 1, DBL_MAX_EXP - 1);
}

static enum error plan_log10(const struct spec *spec, struct generator *g) {
    return plan_powers(spec, g, DBL_MIN_10_EXP, DBL_MAX_10_EXP);
}

static double value_range(const struct generator *g, double index) {
    return g->arguments[0] + index;
}

static double value_log2(const struct generator *g, double index) {
    return ldexp(1, (int)(g->arguments[0] + index));
}

static double value_log10(const struct generator *g, double index) {
    return derived_round(pow(10, g->arguments[0] + index));
}

static enum error plan_space(const struct spec *spec, struct generator *g) {
    g->count = g->arguments[2];
    if (g->count < 2) return fail_usage(spec, g->at, g->form, "fewer than 2 values");
    if (g->arguments[0] == g->arguments[1])
        return fail_usage(spec, g->at, g->form, "the end equals the start");
    return ERROR_NONE;
}

static double value_linspace(const struct generator *g, double index) {
    double part = index / (g->count - 1);
    if (part == 1) return g->arguments[1];
    return derived_round(g->arguments[0] + (g->arguments[1] - g->arguments[0]) * part);
}

static enum error plan_logspace(const struct spec *spec, struct generator *g) {
    if (!(g->arguments[0] > 0 && g->arguments[1] > 0))
        return fail_usage(spec, g->at, g->form, "an end that is not positive");
    return plan_space(spec, g);
}

static double value_logspace(const struct generator *g, double index) {
    double part = index / (g->count - 1);
    if (part == 0 || part == 1) return g->arguments[(int)part];
    double ratio = g->arguments[1] / g->arguments[0];
    return derived_round(g->arguments[0] * pow(ratio, part));
}

static enum error plan_step(const struct spec *spec, struct generator *g) {
    double steps = (g->arguments[1] - g->arguments[0]) / g->arguments[2];
    if (g->arguments[2] == 0 || !(steps >= 0))
        return fail_usage(spec, g->at, g->form,
                          "the step does not lead from start to end");
    g->count = floor(steps * (1 + end_slack)) + 1;
    return ERROR_NONE;
}

static double value_step(const struct generator *g, double index) {
    return derived_round(g->arguments[0] + index * g->arguments[2]);
}

static enum error plan_factor(const struct spec *spec, struct generator *g) {
    double start = g->arguments[0], end = g->arguments[1], factor = g->arguments[2];
    if (!(start > 0 && end > 0 && factor > 0))
        return fail_usage(spec, g->at, g->form, "a value that is not positive");
    double steps = log(end / start) / log(factor);
    if (factor == 1 || !(steps >= 0))
        return fail_usage(spec, g->at, g->form,
                          "the factor does not lead from start to end");
    g->count = floor(steps * (1 + end_slack)) + 1;
    return ERROR_NONE;
}

/* A power of two as factor is exact in binary, any other is rounded. */
static double value_factor(const struct generator *g, double index) {
    int exponent;
    if (frexp(g->arguments[2], &exponent) == 0.5)
        return ldexp(g->arguments[0], (exponent - 1) * (int)index);
    return derived_round(g->arguments[0] * pow(g->arguments[2], index));
}

static const struct form forms[] = {
    {"{range: [first, last]}, whole numbers, both ends", "ii", false, plan_range,
     value_range},
    {"{log2: [a, b]} for 2^a .. 2^b, whole exponents", "ii", false, plan_log2,
     value_log2},
    {"{log10: [a, b]} for 10^a .. 10^b, whole exponents", "ii", false, plan_log10,
     value_log10},
    {"{linspace: [first, last, count]}", "rri", false, plan_space, value_linspace},
    {"{logspace: [first, last, count]}, positive", "rri", false, plan_logspace,
     value_logspace},
    {"{from: first, to: last, step: difference}", "rrr", true, plan_step, value_step},
    {"{from: first, to: last, factor: ratio}, positive", "rrr", true, plan_factor,
     value_factor},
};

/* The keys of a generator: one that tells its form, in the order of the table above, and
 * the ends of the last two. */
static const char *const keys[] = {"range", "log2",   "log10", "linspace", "logspace",
                                   "step",  "factor", "from",  "to",       NULL};
enum { KEY_FROM = 7, KEY_TO = 8 };

static enum error read_argument(const struct spec *spec, struct generator *g,
                                struct fy_node *node, int index, bool whole) {
    TRY(spec_resolve(spec, &node));
    return whole ? spec_integer(spec, node, &g->arguments[index])
                 : spec_real(spec, node, &g->arguments[index]);
}

static enum error read_list(const struct spec *spec, struct generator *g,
                            struct fy_node *list) {
    int wanted = (int)strlen(g->form->whole);
    if (list == NULL || !fy_node_is_sequence(list) ||
        fy_node_sequence_item_count(list) != wanted)
        return fail_usage(spec, list, g->form, "not the arguments of this generator");
    void *state = NULL;
    for (int i = 0; i < wanted; i++)
        TRY(read_argument(spec, g, fy_node_sequence_iterate(list, &state), i,
                          g->form->whole[i] == 'i'));
    return ERROR_NONE;
}

static enum error visit(struct spec *spec, struct fy_node *key, struct fy_node *value,
                        void *context) {
    struct generator *g = context;
    int index = spec_index(key, keys);
    if (index < 0) return spec_fail_unknown(spec, key, "generator", keys);
    if (index == KEY_FROM || index == KEY_TO) {
        g->ends++;
        return read_argument(spec, g, value, index - KEY_FROM, false);
    }
    if (g->form != NULL)
        return spec_fail(spec, key, "a second generator for one axis\nexpected %s only",
                         g->form->usage);
    g->form = &forms[index];
    if (g->form->keys) return read_argument(spec, g, value, 2, false);
    return read_list(spec, g, value);
}

/* The keys that were given belong together. */
static enum error check_complete(const struct spec *spec, const struct generator *g) {
    if (g->form == NULL)
        return spec_fail(spec, g->at,
                         "an axis without step or factor\nexpected {from: first, to: "
                         "last, step: difference} or factor: ratio");
    if (g->form->keys && g->ends < 2)
        return fail_usage(spec, g->at, g->form, "from or to is missing");
    if (!g->form->keys && g->ends > 0)
        return fail_usage(spec, g->at, g->form, "from or to beside another generator");
    return ERROR_NONE;
}

static enum error fill(const struct spec *spec, const struct generator *g,
                       struct axis *axis) {
    void *memory = NULL;
    TRY(memory_allocate((size_t)g->count, sizeof(double), &memory));
    axis->values = memory;
    axis->count = (uint64_t)g->count;
    for (uint64_t i = 0; i < axis->count; i++) {
        double value = g->form->value(g, (double)i);
        if (axis->parameter->type == PARAMETER_INTEGER && value != floor(value))
            return spec_fail(spec, g->at,
                             "value %llu is %.12g, but %s takes whole numbers\nexpected "
                             "a generator of whole numbers, or a list",
                             (unsigned long long)i + 1, value, axis->parameter->name);
        TRY(spec_check(spec, g->at, axis->parameter, value));
        axis->values[i] = value;
    }
    return ERROR_NONE;
}

/* Whole numbers in a row need no memory. */
static enum error fill_range(const struct spec *spec, const struct generator *g,
                             struct axis *axis) {
    TRY(spec_check(spec, g->at, axis->parameter, g->arguments[0]));
    TRY(spec_check(spec, g->at, axis->parameter, g->arguments[1]));
    axis->first = (int)g->arguments[0];
    axis->count = (uint64_t)g->count;
    return ERROR_NONE;
}

enum error spec_generate(struct spec *spec, struct fy_node *mapping, struct axis *axis) {
    struct generator g = {.at = mapping};
    if (axis->parameter->type == PARAMETER_CHOICE ||
        axis->parameter->type == PARAMETER_LAYERS)
        return spec_fail(
            spec, mapping, "a generator of numbers for %s\nexpected a list such as [%s]",
            axis->parameter->name,
            axis->parameter->type == PARAMETER_CHOICE ? axis->parameter->choices[0]
                                                      : "[0.004, 0.004, 0.002]");
    TRY(spec_each(spec, mapping, "a generator", visit, &g));
    TRY(check_complete(spec, &g));
    TRY(g.form->plan(spec, &g));
    if (g.form->value == value_range && axis->parameter->type == PARAMETER_INTEGER)
        return fill_range(spec, &g, axis);
    if (g.count > SPEC_VALUES_MAX)
        return spec_fail(spec, mapping,
                         "a generator of %.12g values\nexpected at most %d", g.count,
                         SPEC_VALUES_MAX);
    return fill(spec, &g, axis);
}

/* What parameters demand of each other.
 *
 * A rule about several parameters is checked on the kinds of points that they make: a
 * sweep of 10^8 points has few combinations of depth, width and classes. Combinations
 * that are excluded break no rule.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dufm/effect.h"
#include "spec.h"

enum { NEED_BYTES = 256 };

static const double points_max = 9007199254740992.0; /* 2^53 */

/* Key of a parameter, of one that an override sets where nothing else gives it. */
static struct fy_node *given(const struct spec *spec, const char *name) {
    struct fy_node *key = spec->place->given[given_find(name)];
    return key != NULL ? key : spec->place->set[given_find(name)];
}

/* The parameter with its value and its place, for messages: "classes 7 (line 4)"; values
 * that are not given have no line. */
static const char *describe(const struct spec *spec, const char *name,
                            const struct point *point, char text[NEED_BYTES]) {
    int number = given_find(name);
    const struct parameter *parameter = given_row(number);
    double value = given_value(number, point);
    char line[32] = "";
    if (given(spec, name) != NULL)
        snprintf(line, sizeof line, " (line %d)",
                 spec_place(spec, given(spec, name)).line);
    if (parameter->type == PARAMETER_CHOICE)
        snprintf(text, NEED_BYTES, "%s %s%s", name, parameter->choices[(int)value], line);
    else
        snprintf(text, NEED_BYTES, "%s %.12g%s", name, value, line);
    return text;
}

/* ---- whatever the values ---- */

/* Each required parameter or one that says the same; several of one kind are refused. */
static enum error need_required(const struct spec *spec) {
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = given_row(i);
        uint64_t rivals = spec_rivals(i);
        bool found = false;
        for (int j = 0; j < given_count(); j++)
            found = found || (rivals >> j & 1 && spec->place->given[j] != NULL);
        if (!parameter->required || found) continue;
        return spec_fail(
            spec, spec->place->node,
            "%s is not given\nexpected it under 'grid' or 'point': %s%s", parameter->name,
            parameter->summary,
            strcmp(parameter->name, "lambda") == 0
                ? "; or lambdas, one value a layer; or kappa_ratio, which sets it"
            : strcmp(parameter->name, "width") == 0 ? "; or width_per_class"
                                                    : "");
    }
    return ERROR_NONE;
}

static enum error refuse_rivals(const struct spec *spec) {
    for (int i = 0; i < given_count(); i++)
        for (int j = 0; j < i; j++) {
            struct fy_node *one = spec->place->given[j], *other = spec->place->given[i];
            if (one == NULL || other == NULL || !(spec_rivals(i) >> j & 1)) continue;
            return spec_fail(spec, other,
                             "%s beside %s\nexpected one of them; %s is at line %d",
                             given_row(i)->name, given_row(j)->name, given_row(j)->name,
                             spec_place(spec, one).line);
        }
    return ERROR_NONE;
}

static enum error need_countable_grid(const struct spec *spec) {
    double count = 1;
    for (int z = 0; z < spec->grid->zip_count; z++)
        count *= (double)spec->grid->zips[z].count;
    if (count <= points_max) return ERROR_NONE;
    return spec_fail(spec, spec->place->node,
                     "the product of the axes has %.3g points\nexpected at most 2^53",
                     count);
}

enum error spec_rules_of_grid(const struct spec *spec) {
    TRY(refuse_rivals(spec));
    TRY(need_required(spec));
    return need_countable_grid(spec);
}

/* ---- on the points ---- */

/* A demand on every point: judged by the values of a few parameters. */
struct rule {
    const char *const *parameters; /* NULL-terminated */
    enum error (*check)(const struct spec *spec, const struct point *point,
                        const void *context);
    const void *context;
};

static enum error check_kinds(const struct spec *spec, const struct rule *rule) {
    struct grid_view view;
    enum error error = grid_view_create(spec->grid, rule->parameters, &view);
    for (uint64_t i = 0; i < view.count && error == ERROR_NONE; i++) {
        struct point point;
        if (grid_view_point(&view, i, &point) > 0)
            error = rule->check(spec, &point, rule->context);
    }
    grid_view_destroy(&view);
    return error;
}

static enum error need_points(const struct spec *spec) {
    if (spec->grid->excluded < spec->grid->product) return ERROR_NONE;
    return spec_fail(spec, spec->place->exclude,
                     "no point is left: a condition holds for all %llu\nexpected "
                     "conditions for the points that are to be left out",
                     (unsigned long long)spec->grid->product);
}

/* What is derived, from what, and its names for messages. */
struct derivation {
    const char *parameter;
    const char *from;
    const char *inputs[4];
};

static enum error check_bounds(const struct spec *spec, const struct point *point,
                               const void *context) {
    const struct derivation *derivation = context;
    const struct parameter *parameter = parameter_find(derivation->parameter);
    double value = parameter_value(parameter, point);
    bool low = parameter->above_minimum ? !(value > parameter->minimum)
                                        : !(value >= parameter->minimum);
    if (isnan(value) || (!low && value <= parameter->maximum)) return ERROR_NONE;
    char from[4 * NEED_BYTES] = "";
    for (int i = 0; derivation->inputs[i] != NULL; i++) {
        char text[NEED_BYTES];
        strncat(from, i > 0 ? ", " : "", sizeof from - strlen(from) - 1);
        strncat(from, describe(spec, derivation->inputs[i], point, text),
                sizeof from - strlen(from) - 1);
    }
    return spec_fail(spec, given(spec, derivation->from),
                     "%s %.12g makes %s %s%.12g, at %s\nexpected a %s of %s %.12g and at "
                     "most %.12g",
                     derivation->from,
                     parameter_value(given_row(given_find(derivation->from)), point),
                     parameter->name, value >= INT_MAX ? "more than " : "", value, from,
                     parameter->name, parameter->above_minimum ? "more than" : "at least",
                     parameter->minimum, parameter->maximum);
}

static enum error need_derived_in_bounds(const struct spec *spec) {
    static const struct derivation derivations[] = {
        {"width", "width_per_class", {"classes", NULL}},
        {"lambda", "kappa_ratio", {"depth", "classes", "samples", NULL}},
        {"max_steps", "horizon", {"learning_rate", "depth", NULL}}};
    for (size_t i = 0; i < sizeof derivations / sizeof *derivations; i++) {
        const char *const involved[] = {derivations[i].parameter, NULL};
        if (!relevance_gives(spec->grid, given_find(derivations[i].from))) continue;
        TRY(check_kinds(spec, &(struct rule){involved, check_bounds, &derivations[i]}));
    }
    return ERROR_NONE;
}

/* Matrices are indexed by int in BLAS, and samples counted in int; width x width is
 * within it by the bounds of the width. */
static enum error check_matrix(const struct spec *spec, const struct point *point,
                               const void *context) {
    (void)context;
    double rows = point->classes > point->width ? point->classes : point->width;
    double entries = rows * point->classes * point->samples;
    if (entries <= INT_MAX) return ERROR_NONE;
    return spec_fail(spec, given(spec, "classes"),
                     "a feature matrix of %.3g entries (width x classes x "
                     "samples)\nexpected at most 2^31 - 1; lower the largest of them",
                     entries);
}

/* One value of lambdas for every layer. */
static enum error check_lambdas(const struct spec *spec, const struct point *point,
                                const void *context) {
    (void)context;
    char depth[NEED_BYTES];
    int length = 0;
    while (length < DEPTH_MAX && !isnan(point->lambdas[length]))
        length++;
    if (length == point->depth) return ERROR_NONE;
    return spec_fail(spec, given(spec, "lambdas"),
                     "%d lambdas for %s\nexpected one value for each of W_1 .. W_L in "
                     "every depth of the grid",
                     length, describe(spec, "depth", point, depth));
}

/* r with classes = r(r-1)/2 and r >= 4, or 0: the classes are the edges of the complete
 * graph on r vertices (MODEL.md, SRG). */
static int graph_order(int classes) {
    for (int r = 4; r * (r - 1) / 2 <= classes; r++)
        if (r * (r - 1) / 2 == classes) return r;
    return 0;
}

/* A demand of some kinds of start: which parameter, how it fails, what was expected. */
struct demand {
    const char *parameter;
    bool (*holds)(const struct point *point);
    bool graph_only; /* of srg and clique, not of dnc */
    const char *expected;
};

static bool has_graph(const struct point *point) {
    return graph_order(point->classes) > 0;
}

static bool has_three_layers(const struct point *point) {
    return point->depth >= 3;
}

static bool has_relu(const struct point *point) {
    return point->activation == ACTIVATION_RELU;
}

/* With cross-entropy the class means have rank K - 1 (MODEL.md, simplex ETF), unless a
 * ReLU acts. */
static bool is_wide(const struct point *point) {
    bool linear = point->activation == ACTIVATION_LINEAR || point->depth == 1;
    return point->width >= point->classes - (point->loss == LOSS_CE && linear);
}

static bool has_squares(const struct point *point) {
    return point->loss == LOSS_MSE;
}

static bool is_balanced(const struct point *point) {
    return !(point->imbalance > 1);
}

static const struct demand demands[] = {
    {"imbalance", is_balanced, false, "imbalance 1 for this start"},
    {"loss", has_squares, true, "loss mse for this start"},
    {"classes", has_graph, true,
     "classes r(r-1)/2 with r >= 4 for this start: 6, 10, 15, 21, 28, ..."},
    {"depth", has_three_layers, true, "depth 3 or more for this start"},
    {"activation", has_relu, true, "activation relu for this start"},
    {"width", is_wide, false,
     "a width of at least the number of classes for this start (loss ce, activation "
     "linear: less one)"},
};

static bool is_planted(const struct point *point) {
    return point->init == INIT_DNC || point->init == INIT_SRG ||
           point->init == INIT_CLIQUE;
}

static enum error check_start(const struct spec *spec, const struct point *point,
                              const void *context) {
    (void)context;
    if (!is_planted(point)) return ERROR_NONE;
    for (size_t i = 0; i < sizeof demands / sizeof *demands; i++) {
        const struct demand *demand = &demands[i];
        if (demand->graph_only && point->init == INIT_DNC) continue;
        if (demand->holds(point)) continue;
        char start[NEED_BYTES], other[NEED_BYTES], classes[NEED_BYTES];
        bool wide = strcmp(demand->parameter, "width") == 0;
        return spec_fail(
            spec, given(spec, "init"), "%s does not go with %s%s%s\nexpected %s",
            describe(spec, "init", point, start),
            describe(spec, demand->parameter, point, other), wide ? " and " : "",
            wide ? describe(spec, "classes", point, classes) : "", demand->expected);
    }
    return ERROR_NONE;
}

/* Each imbalance makes another point: one that rounds to none would run it twice. What
 * kappa_ratio is in units of is known of balanced classes alone. */
static enum error check_imbalance(const struct spec *spec, const struct point *point,
                                  const void *context) {
    (void)context;
    char imbalance[NEED_BYTES], other[NEED_BYTES];
    if (is_balanced(point)) return ERROR_NONE;
    (void)describe(spec, "imbalance", point, imbalance);
    if (point->kappa_ratio > 0)
        return spec_fail(spec, given(spec, "imbalance"),
                         "%s does not go with kappa_ratio (line %d)\nexpected lambda "
                         "instead, or imbalance 1",
                         imbalance, spec_place(spec, given(spec, "kappa_ratio")).line);
    if (point_minority(point) < point->samples) return ERROR_NONE;
    return spec_fail(spec, given(spec, "imbalance"),
                     "%s leaves every class as many: %s\nexpected more samples, or "
                     "imbalance 1",
                     imbalance, describe(spec, "samples", point, other));
}

/* Only plain descent can take its last step back (automatic.h). */
static enum error check_schedule(const struct spec *spec, const struct point *point,
                                 const void *context) {
    (void)context;
    char schedule[NEED_BYTES], optimizer[NEED_BYTES];
    if (point->schedule != SCHEDULE_AUTO || point->optimizer == OPTIMIZER_GD)
        return ERROR_NONE;
    return spec_fail(
        spec, given(spec, "schedule"),
        "%s does not go with %s\nexpected optimizer gd for this schedule, or "
        "schedule constant, cosine or inverse",
        describe(spec, "schedule", point, schedule),
        describe(spec, "optimizer", point, optimizer));
}

/* A parameter that only some choices look at. */
struct dependent {
    const char *parameter;
    const char *choice;
    bool (*used)(const struct point *point); /* NULL: as effect.h says */
};

static bool uses_feature_scale(const struct point *point) {
    return !is_planted(point);
}

static const struct dependent dependents[] = {
    {"momentum", "optimizer", NULL},
    {"beta1", "optimizer", NULL},
    {"beta2", "optimizer", NULL},
    {"epsilon", "optimizer", NULL},
    {"lbfgs_memory", "optimizer", NULL},
    {"learning_rate", "optimizer", NULL},
    {"schedule", "optimizer", NULL},
    {"schedule_steps", "schedule", NULL},
    {"decay_steps", "optimizer", NULL},
    {"init_noise", "init", is_planted},
    {"init_scale_h", "init", uses_feature_scale},
};

static enum error check_effect(const struct spec *spec, const struct point *point,
                               const void *context) {
    const struct dependent *dependent = context;
    char choice[NEED_BYTES];
    bool used = dependent->used != NULL
                    ? dependent->used(point)
                    : effect_is_used(parameter_find(dependent->parameter), point);
    if (used) return ERROR_NONE;
    return spec_fail(
        spec, given(spec, dependent->parameter),
        "%s is an axis, but has no effect with %s\nexpected an axis that "
        "every point uses; put the choices into two grids of a union, or both "
        "into a zip",
        dependent->parameter, describe(spec, dependent->choice, point, choice));
}

/* An axis without effect would run the same point once for each of its values, unless the
 * choice moves with it. */
static enum error need_axis_with_effect(const struct spec *spec,
                                        const struct dependent *dependent) {
    const char *const involved[] = {dependent->choice, NULL};
    const struct grid *grid = spec->grid;
    uint64_t axis = UINT64_C(1) << given_find(dependent->parameter);
    uint64_t choice = UINT64_C(1) << given_find(dependent->choice);
    uint64_t zips = relevance_zips(grid, axis);
    if (zips == 0 || zips == relevance_zips(grid, choice) ||
        combination_count(grid, zips) < 2)
        return ERROR_NONE;
    return check_kinds(spec, &(struct rule){involved, check_effect, dependent});
}

static enum error check_grid(const struct spec *spec) {
    static const char *const matrix[] = {"width", "classes", "samples", NULL};
    static const char *const layers[] = {"depth", "lambdas", NULL};
    static const char *const start[] = {"init",       "depth", "width",     "classes",
                                        "activation", "loss",  "imbalance", NULL};
    static const char *const unbalanced[] = {"samples", "imbalance", "lambda", NULL};
    static const char *const descent[] = {"optimizer", "schedule", NULL};
    const struct grid *grid = spec->grid;
    TRY(need_points(spec));
    TRY(need_derived_in_bounds(spec));
    TRY(check_kinds(spec, &(struct rule){matrix, check_matrix, NULL}));
    if (relevance_gives(grid, given_find("lambdas")))
        TRY(check_kinds(spec, &(struct rule){layers, check_lambdas, NULL}));
    if (relevance_gives(grid, given_find("init")))
        TRY(check_kinds(spec, &(struct rule){start, check_start, NULL}));
    if (relevance_gives(grid, given_find("imbalance")))
        TRY(check_kinds(spec, &(struct rule){unbalanced, check_imbalance, NULL}));
    if (relevance_gives(grid, given_find("schedule")))
        TRY(check_kinds(spec, &(struct rule){descent, check_schedule, NULL}));
    for (size_t i = 0; i < sizeof dependents / sizeof *dependents; i++)
        TRY(need_axis_with_effect(spec, &dependents[i]));
    return ERROR_NONE;
}

enum error spec_rules_of_points(struct spec *spec) {
    for (int i = 0; i < spec->sweep->grid_count; i++) {
        spec->grid = &spec->sweep->grids[i];
        spec->place = &spec->places[i];
        spec->key = spec->place->node;
        TRY(check_grid(spec));
    }
    return ERROR_NONE;
}

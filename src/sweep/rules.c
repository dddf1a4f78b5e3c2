/* What parameters demand of each other.
 *
 * A rule about several parameters is checked on the sub-grid of those alone: a sweep of
 * 10^8 points has few combinations of depth, width and classes.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "spec.h"

enum { NEED_BYTES = 256 };

static const double points_max = 9007199254740992.0; /* 2^53 */

static struct fy_node *given(const struct spec *spec, const char *name) {
    return spec->given[parameter_find(name) - parameter_table];
}

/* The axis with its place, for messages: "classes 7 (line 4)"; values that are not given
 * have no line. */
static const char *describe(const struct spec *spec, const char *name,
                            const struct point *point, char text[NEED_BYTES]) {
    const struct parameter *parameter = parameter_find(name);
    double value = parameter_value(parameter, point);
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

static enum error need_required(const struct spec *spec) {
    bool one_lambda = given(spec, "lambda") != NULL || given(spec, "lambdas") != NULL;
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *parameter = &parameter_table[i];
        bool is_lambda = strncmp(parameter->name, "lambda", strlen("lambda")) == 0;
        if (!parameter->required || spec->given[i] != NULL || (is_lambda && one_lambda))
            continue;
        return spec_fail(spec, spec->key,
                         "%s is not given\nexpected it under 'grid' or "
                         "'point': %s%s",
                         parameter->name, parameter->summary,
                         is_lambda ? "; or lambdas, one value a layer" : "");
    }
    return ERROR_NONE;
}

static enum error need_one_lambda(const struct spec *spec) {
    struct fy_node *one = given(spec, "lambda"), *many = given(spec, "lambdas");
    if (one == NULL || many == NULL) return ERROR_NONE;
    return spec_fail(spec, many,
                     "lambdas beside lambda\nexpected one of them; lambda is at line %d",
                     spec_place(spec, one).line);
}

static enum error need_countable_grid(const struct spec *spec) {
    double count = 1;
    for (int i = 0; i < spec->sweep->axis_count; i++)
        count *= (double)spec->sweep->axes[i].count;
    if (count <= points_max) return ERROR_NONE;
    return spec_fail(spec, spec->key,
                     "the product of the axes has %.3g points\nexpected at most 2^53",
                     count);
}

static double largest(const struct spec *spec, const char *name) {
    const struct parameter *parameter = parameter_find(name);
    const struct axis *axis = sweep_find(spec->sweep, parameter);
    if (axis == NULL) return parameter->fallback;
    double most = axis_value(axis, axis->count - 1);
    for (uint64_t i = 0; axis->values != NULL && i < axis->count; i++)
        most = fmax(most, axis_value(axis, i));
    return most;
}

/* Matrices are indexed by int in BLAS, and samples counted in int; width x width is
 * within it by the bounds of the width. */
static enum error need_indexable_matrices(const struct spec *spec) {
    double classes = largest(spec, "classes");
    double rows = fmax(classes, largest(spec, "width"));
    double entries = rows * classes * largest(spec, "samples");
    if (entries <= INT_MAX) return ERROR_NONE;
    return spec_fail(spec, given(spec, "classes"),
                     "a feature matrix of %.3g entries (width x classes x "
                     "samples)\nexpected at most 2^31 - 1; lower the largest of them",
                     entries);
}

/* One value of lambdas for every layer of every depth. */
static enum error need_lambda_for_layers(const struct spec *spec) {
    const struct axis *lambdas = sweep_find(spec->sweep, parameter_find("lambdas"));
    const struct axis *depth = sweep_find(spec->sweep, parameter_find("depth"));
    if (lambdas == NULL) return ERROR_NONE;
    for (uint64_t i = 0; i < lambdas->count; i++)
        for (uint64_t j = 0; j < depth->count; j++)
            if (lambdas->lengths[i] != axis_value(depth, j))
                return spec_fail(
                    spec, given(spec, "lambdas"),
                    "%d lambdas for depth %.12g (line %d)\nexpected one "
                    "value for each of W_1 .. W_L in every depth of the grid",
                    lambdas->lengths[i], axis_value(depth, j),
                    spec_place(spec, given(spec, "depth")).line);
    return ERROR_NONE;
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

static bool is_wide(const struct point *point) {
    return point->width >= point->classes;
}

static const struct demand demands[] = {
    {"classes", has_graph, true,
     "classes r(r-1)/2 with r >= 4 for this start: 6, 10, 15, 21, 28, ..."},
    {"depth", has_three_layers, true, "depth 3 or more for this start"},
    {"activation", has_relu, true, "activation relu for this start"},
    {"width", is_wide, false, "a width of at least the number of classes for this start"},
};

static bool is_planted(const struct point *point) {
    return point->init == INIT_DNC || point->init == INIT_SRG ||
           point->init == INIT_CLIQUE;
}

static enum error check_start(const struct spec *spec, const struct point *point) {
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

/* Whether some value of the axis of `init` plants a solution. */
static bool plants_somewhere(const struct sweep *sweep) {
    const struct axis *init = sweep_find(sweep, parameter_find("init"));
    for (uint64_t i = 0; init != NULL && i < init->count; i++)
        if (axis_value(init, i) >= INIT_DNC) return true;
    return false;
}

static enum error need_solutions_to_plant(const struct spec *spec) {
    static const char *const involved[] = {"init",    "depth",      "width",
                                           "classes", "activation", NULL};
    if (!plants_somewhere(spec->sweep)) return ERROR_NONE;
    struct grid_view view = grid_project(spec->sweep, involved);
    for (uint64_t i = 0; i < view.count; i++) {
        struct point point;
        grid_view_point(&view, i, &point);
        TRY(check_start(spec, &point));
    }
    return ERROR_NONE;
}

/* A parameter that only some choices look at. */
struct dependent {
    const char *parameter;
    const char *choice;
    bool (*used)(const struct point *point);
};

static bool uses_momentum(const struct point *point) {
    return point->optimizer == OPTIMIZER_MOMENTUM;
}

static bool uses_feature_scale(const struct point *point) {
    return !is_planted(point);
}

static const struct dependent dependents[] = {
    {"momentum", "optimizer", uses_momentum},
    {"init_noise", "init", is_planted},
    {"init_scale_h", "init", uses_feature_scale},
};

/* An axis without effect would run the same point once for each of its values. */
static enum error need_axis_with_effect(const struct spec *spec,
                                        const struct dependent *dependent) {
    const char *const involved[] = {dependent->choice, NULL};
    const struct axis *axis =
        sweep_find(spec->sweep, parameter_find(dependent->parameter));
    if (axis == NULL || axis->count < 2) return ERROR_NONE;
    struct grid_view view = grid_project(spec->sweep, involved);
    for (uint64_t i = 0; i < view.count; i++) {
        struct point point;
        char choice[NEED_BYTES];
        grid_view_point(&view, i, &point);
        if (dependent->used(&point)) continue;
        return spec_fail(
            spec, given(spec, dependent->parameter),
            "%s is an axis, but has no effect with %s\nexpected an axis that "
            "every point uses; put the choices into two sweeps",
            dependent->parameter, describe(spec, dependent->choice, &point, choice));
    }
    return ERROR_NONE;
}

enum error spec_rules(const struct spec *spec) {
    TRY(need_one_lambda(spec));
    TRY(need_required(spec));
    TRY(need_countable_grid(spec));
    TRY(need_indexable_matrices(spec));
    TRY(need_lambda_for_layers(spec));
    TRY(need_solutions_to_plant(spec));
    for (size_t i = 0; i < sizeof dependents / sizeof *dependents; i++)
        TRY(need_axis_with_effect(spec, &dependents[i]));
    return ERROR_NONE;
}

/* dufm reference: losses of the known structured solutions for one configuration. */
#include "dufm/reference.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/command.h"
#include "dufm/graph.h"
#include "dufm/point.h"
#include "dufm/srg.h"

/* The command line, as given. */
struct request {
    struct point point;
    struct option_reals lambdas; /* count 0: not given */
    const char *loss, *activation;
    bool json;
};

/* One line of the answer. */
struct line {
    const char *name;  /* a key of the JSON form, a variable of the result file */
    double value;      /* NaN: does not exist */
    const char *note;  /* what it is */
    const char *needs; /* what it needs where it does not exist; NULL: no line then */
};

/* What is said beside the lines. */
struct details {
    double *clique_loss; /* size r; NULL without the graph K_r; owned */
    struct mixture mixture;
    struct graph_solution graph;
    char graph_name[128];
};

enum { LINES_MAX = 14, NOT_GIVEN = INT_MIN };

static enum error check_bounds(const char *option, double value) {
    char name[16];
    snprintf(name, sizeof name, "%s", option);
    for (char *at = name; *at != '\0'; at++) /* lambda-h on the command line */
        if (*at == '-') *at = '_';
    const struct parameter *bounds = parameter_find(name);
    bool low =
        bounds->above_minimum ? !(value > bounds->minimum) : !(value >= bounds->minimum);
    if (low || value > bounds->maximum)
        return RAISE(ERROR_USAGE, "--%s is %.15g; it must be %s %g and at most %g",
                     option, value, bounds->above_minimum ? "above" : "at least",
                     bounds->minimum, bounds->maximum);
    return ERROR_NONE;
}

static enum error check_shape(const struct point *point) {
    if (point->classes == NOT_GIVEN) return RAISE(ERROR_USAGE, "--classes is missing");
    if (point->depth == NOT_GIVEN) return RAISE(ERROR_USAGE, "--depth is missing");
    TRY(check_bounds("classes", point->classes));
    TRY(check_bounds("depth", point->depth));
    TRY(check_bounds("samples", point->samples));
    return point->width == NOT_GIVEN ? ERROR_NONE : check_bounds("width", point->width);
}

/* --lambda for all layers, or --lambdas one by one. */
static enum error take_lambdas(struct request *request) {
    struct point *point = &request->point;
    const struct option_reals *list = &request->lambdas;
    bool one = !isnan(point->lambda);
    if (one == (list->count > 0))
        return RAISE(ERROR_USAGE,
                     one ? "--lambda and --lambdas are both given; keep one"
                         : "--lambda (or --lambdas, one a layer) is missing");
    if (!one && list->count != point->depth)
        return RAISE(ERROR_USAGE,
                     "--lambdas has %d values for a depth of %d; it takes one a layer",
                     list->count, point->depth);
    for (int i = 0; i < point->depth; i++) {
        point->lambdas[i] = one ? point->lambda : list->values[i];
        TRY(check_bounds(one ? "lambda" : "lambdas", point->lambdas[i]));
    }
    if (isnan(point->lambda_h)) point->lambda_h = point->lambdas[0];
    return check_bounds("lambda-h", point->lambda_h);
}

static enum error take_choices(struct request *request) {
    bool entropy = strcmp(request->loss, "ce") == 0;
    if (!entropy && strcmp(request->loss, "mse") != 0)
        return RAISE(ERROR_USAGE, "--loss takes mse or ce, not '%s'", request->loss);
    bool linear = strcmp(request->activation, "linear") == 0;
    if (!linear && strcmp(request->activation, "relu") != 0)
        return RAISE(ERROR_USAGE, "--activation takes relu or linear, not '%s'",
                     request->activation);
    request->point.loss = entropy ? LOSS_CE : LOSS_MSE;
    request->point.activation = linear ? ACTIVATION_LINEAR : ACTIVATION_RELU;
    return ERROR_NONE;
}

/* Why a solution does not exist: what the shape lacks, or the lambdas. */
static const char *missing(const char *needs) {
    return needs != NULL ? needs : "smaller lambdas";
}

/* What the other graphs need. */
static const char *missing_graph(const struct problem *problem) {
    const char *why;
    if (problem->loss != LOSS_MSE) return "the mse loss";
    if (!reference_has_dnc(problem, &why)) return why;
    if (problem->shape.depth < 3) return "a depth of at least 3";
    if (problem->activation != ACTIVATION_RELU) return "the ReLU activation";
    return problem->shape.classes > GRAPH_CLASSES_MAX ? "at most 40 classes"
                                                      : "smaller lambdas";
}

static int list_lines(const struct problem *problem, const struct reference *reference,
                      const struct details *details, struct line lines[LINES_MAX]) {
    const char *dnc, *srg, *low_rank, *bound;
    double order = reference->clique_order;
    bool entropy = problem->loss == LOSS_CE;
    bool beaten = reference_dnc_is_beaten(problem, reference) ||
                  reference_is_below_dnc(reference, details->graph.loss);
    (void)reference_has_dnc(problem, &dnc);
    (void)reference_has_srg(problem, &srg);
    (void)reference_has_low_rank(problem, &low_rank);
    (void)reference_has_dnc_bound(problem, &bound);
    const struct line all[] = {
        {"loss_trivial", reference->loss_trivial, "all parameters zero", NULL},
        {"loss_dnc", reference->loss_dnc, "deep neural collapse", missing(dnc)},
        {"loss_dnc_bound", reference->loss_dnc_bound,
         "deep neural collapse costs at least this", entropy ? missing(bound) : NULL},
        {"loss_srg", reference->loss_srg, "strongly regular graph", missing(srg)},
        {"loss_srg_relaxed", reference->loss_srg_relaxed,
         "the same, adjacent entries of the last features free", missing(srg)},
        {"loss_srg_clique", reference->loss_srg_clique,
         "the same, one last hidden neuron for each clique", missing(srg)},
        {"loss_low_rank", reference->loss_low_rank, "rank K/2", missing(low_rank)},
        {"clique_order", order > 0 ? order : (double)NAN,
         "vertices of the cliques of loss_srg_clique", missing(srg)},
        {"rho", reference->rho, "loss_srg is below loss_dnc where rho < 1", missing(srg)},
        {"kappa_ratio", reference->kappa_ratio,
         entropy ? "K lbar / kappa_max(L), a threshold of mse alone"
                 : "loss_dnc is below loss_trivial where kappa_ratio < 1",
         NULL},
        {"dnc_not_optimal", beaten ? 1 : (double)NAN, "shown: another solution is lower",
         NULL},
        {"crossing_lambda", reference_crossing_lambda(problem),
         "equal lambdas above which loss_low_rank is the lower", NULL},
        {"loss_mixture", reference->loss_mixture,
         "several families of last hidden neurons at once", missing(srg)},
        {"loss_graph", details->graph.loss, details->graph_name, missing_graph(problem)},
    };
    memcpy(lines, all, sizeof all);
    return sizeof all / sizeof *all;
}

static bool is_solution(const struct line *line) {
    return strncmp(line->name, "loss_", 5) == 0 &&
           strcmp(line->name, "loss_dnc_bound") != 0;
}

/* One that is true, or that nothing is known of. */
static bool is_statement(const struct line *line) {
    return strcmp(line->name, "dnc_not_optimal") == 0;
}

static void print_text(const struct problem *problem, const struct line *lines,
                       int count) {
    const struct shape *shape = &problem->shape;
    const struct line *lowest = &lines[0];
    printf("%d classes, depth %d, ", shape->classes, shape->depth);
    if (shape->width == NOT_GIVEN)
        printf("any width");
    else
        printf("width %d", shape->width);
    printf(", %d sample%s a class\n\n", shape->samples, shape->samples == 1 ? "" : "s");
    for (int i = 0; i < count; i++) {
        const struct line *line = &lines[i];
        if (isnan(line->value) && line->needs == NULL) continue;
        if (isnan(line->value))
            printf("%-16s  %-14s  needs %s\n", line->name, "-", line->needs);
        else if (is_statement(line))
            printf("%-16s  %-14s  %s\n", line->name, "true", line->note);
        else
            printf("%-16s  %-14.10g  %s\n", line->name, line->value, line->note);
        if (is_solution(line) && line->value < lowest->value) lowest = line;
    }
    printf("\nlowest of these: %s; descent may still end below it\n", lowest->name);
}

/* A number, or null where there is none. */
static json_t *json_value(const struct line *line) {
    if (isnan(line->value)) return json_null();
    if (is_statement(line)) return json_true();
    if (strcmp(line->name, "clique_order") == 0)
        return json_integer((json_int_t)line->value);
    return json_real(line->value);
}

/* Put a piece at the end of a list; owns the piece. The list, or NULL and both freed. */
static json_t *json_extend(json_t *list, json_t *piece) {
    if (json_array_append_new(list, piece) == 0) return list;
    json_decref(list);
    return NULL;
}

/* [{order, loss}] of every clique order that has a branch and fits the width. */
static json_t *json_cliques(const struct details *details, int order) {
    json_t *list = json_array();
    if (details->clique_loss == NULL) return list;
    for (int m = 2; m < order && list != NULL; m++)
        if (!isnan(details->clique_loss[m]))
            list = json_extend(list, json_pack("{s:i, s:f}", "order", m, "loss",
                                               details->clique_loss[m]));
    return list;
}

/* [{vertices, share}] of the families of loss_mixture. */
static json_t *json_mixture(const struct details *details) {
    json_t *list = json_array();
    if (isnan(details->mixture.loss)) return list;
    for (int f = 0; f < details->mixture.families && list != NULL; f++) {
        const struct mixture_family *family = &details->mixture.family[f];
        if (!(family->share > 0)) continue;
        list = json_extend(list, json_pack("{s:i, s:f}", "vertices", family->size[0],
                                           "share", family->share));
    }
    return list;
}

static json_t *json_graph(const struct details *details) {
    return isnan(details->graph.loss) ? json_null() : json_string(details->graph_name);
}

static enum error print_json(const struct line *lines, int count,
                             const struct details *details, int order) {
    json_t *object = json_object();
    int failed = object == NULL;
    for (int i = 0; i < count && !failed; i++)
        failed = json_object_set_new(object, lines[i].name, json_value(&lines[i])) != 0;
    failed = failed || json_object_set_new(object, "graph", json_graph(details)) ||
             json_object_set_new(object, "clique_orders", json_cliques(details, order)) ||
             json_object_set_new(object, "mixture", json_mixture(details)) ||
             json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) != 0;
    json_decref(object);
    if (failed) return RAISE(ERROR_SYSTEM, "cannot make or write the JSON form");
    printf("\n");
    return ERROR_NONE;
}

static enum error find_details(const struct problem *problem, struct details *details) {
    const char *why;
    *details = (struct details){.mixture = {.loss = NAN}};
    TRY(graph_best(problem, &details->graph));
    graph_describe(&details->graph, details->graph_name, sizeof details->graph_name);
    if (!reference_has_srg(problem, &why)) return ERROR_NONE;
    void *losses;
    size_t order = (size_t)reference_graph_order(problem->shape.classes);
    TRY(memory_allocate(order, sizeof(double), &losses));
    details->clique_loss = losses;
    srg_clique_losses(problem, details->clique_loss);
    srg_mixture(problem, &details->mixture);
    return ERROR_NONE;
}

static enum error say(const struct problem *problem, const struct reference *reference,
                      const struct details *details, bool json) {
    struct line lines[LINES_MAX];
    int count = list_lines(problem, reference, details, lines);
    if (json)
        return print_json(lines, count, details,
                          reference_graph_order(problem->shape.classes));
    print_text(problem, lines, count);
    return ERROR_NONE;
}

static enum error answer(struct request *request) {
    TRY(check_shape(&request->point));
    TRY(take_lambdas(request));
    TRY(take_choices(request));
    struct problem problem = problem_of_point(&request->point);
    struct reference reference;
    struct details details;
    TRY(find_details(&problem, &details));
    reference_compute(&problem, &reference);
    enum error error = say(&problem, &reference, &details, request->json);
    free(details.clique_loss);
    TRY(error);
    if (fflush(stdout) != 0 || ferror(stdout))
        return RAISE(ERROR_SYSTEM, "cannot write to standard output: %s",
                     strerror(errno));
    return ERROR_NONE;
}

static int run(int argc, char **argv) {
    struct request request = {.point = {.classes = NOT_GIVEN,
                                        .depth = NOT_GIVEN,
                                        .width = NOT_GIVEN,
                                        .samples = 1,
                                        .lambda = NAN,
                                        .lambda_h = NAN},
                              .loss = "mse",
                              .activation = "relu"};
    struct point *point = &request.point;
    const struct option_row rows[] = {
        {"classes", 'K', OPTION_INTEGER, &point->classes, "K", "number of classes"},
        {"depth", 'L', OPTION_INTEGER, &point->depth, "L", "number of weight layers"},
        {"lambda", 'l', OPTION_REAL, &point->lambda, "X",
         "regularization of all factors"},
        {"lambdas", 0, OPTION_REALS, &request.lambdas, "X1,X2,..",
         "the same, one value for each of W_1 .. W_L"},
        {"lambda-h", 0, OPTION_REAL, &point->lambda_h, "Y",
         "regularization of the features H_1 (default: that of W_1)"},
        {"samples", 'n', OPTION_INTEGER, &point->samples, "N", "samples a class (1)"},
        {"width", 'd', OPTION_INTEGER, &point->width, "D",
         "width of the hidden layers (default: any)"},
        {"loss", 0, OPTION_TEXT, &request.loss, "mse|ce",
         "fit term: squares (mse) or the cross-entropy"},
        {"activation", 0, OPTION_TEXT, &request.activation, "relu|linear",
         "activation between layers (relu)"},
        {"json", 0, OPTION_FLAG, &request.json, NULL,
         "one JSON object; null where there is no such solution"},
    };
    const struct option_set set = {&command_reference, rows, sizeof rows / sizeof *rows};
    int found;
    bool helped;
    enum error code = option_parse(&set, argc, argv, NULL, 0, &found, &helped);
    if (code == ERROR_NONE && helped) return EXIT_CODE_OK;
    if (code == ERROR_NONE) code = answer(&request);
    return code == ERROR_NONE ? EXIT_CODE_OK : option_fail(&command_reference, code);
}

const struct command command_reference = {
    .name = "reference",
    .summary = "Losses of the known structured solutions of one configuration",
    .arguments = "",
    .details =
        "Trivial: all parameters zero. DNC: orthogonal class means in every layer.\n"
        "SRG: the classes are the edges of a complete graph, so that the layers in\n"
        "between have its few vertices as rank. loss_mixture: several families of last\n"
        "hidden neurons at once. loss_graph: the classes in blocks, each the edges of a\n"
        "graph that the answer names. Cross-entropy (ce): simplex ETFs in every layer,\n"
        "and pairs of classes (rank K/2) with linear activation; behind a ReLU a neuron\n"
        "for each class. None is a proven global minimum.\n\n"
        "Examples:\n"
        "  dufm reference --classes 10 --depth 4 --lambda 0.004\n"
        "  dufm reference -K 6 -L 3 --lambdas 0.003,0.004,0.005 --lambda-h 0.002 "
        "--json\n"
        "  dufm reference -K 10 -L 2 -n 5 -l 0.001 --loss ce --activation linear\n",
    .run = run,
};

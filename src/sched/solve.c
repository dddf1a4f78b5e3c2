#include "dufm/solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/collapse.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/monitor.h"
#include "dufm/optimizer.h"
#include "dufm/outcome.h"
#include "dufm/reference.h"
#include "dufm/spectra.h"
#include "dufm/structure.h"
#include "dufm/train.h"

struct solver {
    const struct sweep *sweep; /* not owned */
    struct arena arena;        /* everything below, laid out anew for each point */
    struct model model;
    struct factors parameters;
    struct factors gradient;
    struct optimizer optimizer;
    struct spectra spectra;
    struct collapse collapse;
    struct monitor monitor;
    struct structure structure;
    struct result result;

    /* References depend on few parameters: the last ones are kept. */
    struct problem reference_problem;
    struct reference reference;
    bool reference_known;
};

static void carve_factors(struct factors *factors, const struct shape *shape,
                          struct arena *arena) {
    factors_view(factors, shape,
                 arena_take(arena, shape_parameter_count(shape), sizeof(double)));
}

static void carve(struct solver *solver, const struct problem *problem,
                  enum optimizer_kind optimizer, const struct extent *extent) {
    struct arena *arena = &solver->arena;
    const struct shape *shape = &problem->shape;
    arena->used = 0;
    carve_factors(&solver->parameters, shape, arena);
    carve_factors(&solver->gradient, shape, arena);
    model_carve(&solver->model, problem, arena);
    optimizer_carve(&solver->optimizer, optimizer, &solver->model, &solver->parameters,
                    arena);
    spectra_carve(&solver->spectra, shape, arena);
    collapse_carve(&solver->collapse, shape, arena);
    monitor_carve(&solver->monitor, shape, arena);
    structure_carve(&solver->structure, shape, arena);
    result_carve(&solver->result, extent, arena);
}

/* Lay out a point as large as the sweep's maxima: every point fits into it. */
static void carve_largest(struct solver *solver, const struct sweep *sweep) {
    struct extent extent = extent_of_sweep(sweep);
    struct problem problem = {
        .shape = {.depth = extent.layer,
                  .width = extent.index,
                  .classes = extent.class_,
                  .samples = (extent.sample + extent.class_ - 1) / extent.class_}};
    carve(solver, &problem, OPTIMIZER_MOMENTUM, &extent);
}

size_t solver_memory(const struct sweep *sweep) {
    struct solver measured = {0};
    carve_largest(&measured, sweep);
    return measured.arena.used;
}

enum error solver_create(const struct sweep *sweep, struct solver **out) {
    void *memory = NULL;
    TRY(memory_allocate(1, sizeof(struct solver), &memory));
    struct solver *solver = memory;
    solver->sweep = sweep;
    carve_largest(solver, sweep);
    enum error error = arena_reserve(&solver->arena);
    if (error != ERROR_NONE) {
        free(solver);
        return error;
    }
    *out = solver;
    return ERROR_NONE;
}

void solver_destroy(struct solver **solver) {
    if (*solver == NULL) return;
    arena_release(&(*solver)->arena);
    free(*solver);
    *solver = NULL;
}

static void start(struct solver *solver, const struct point *point) {
    struct random_key key = point_random_key(point);
    enum init_kind init = (enum init_kind)point->init;
    if (init == INIT_FAN_IN || init == INIT_CONSTANT) {
        struct random_start random = {init, point->init_scale, point->init_scale_h};
        model_random_start(&solver->parameters, &random, &key);
    } else {
        struct planting planting = {init, point->init_scale, point->init_noise, key};
        reference_plant(&solver->model.problem, &planting, &solver->parameters);
    }
}

/* History into the result's arrays, with what the monitor sees at each record. */
static struct history history_of(struct solver *solver) {
    struct result *result = &solver->result;
    struct monitor *monitor = &solver->monitor;
    monitor->model = &solver->model;
    monitor->parameters = &solver->parameters;
    monitor->result = result;
    return (struct history){
        .capacity = result->extent.record,
        .depth = result->extent.layer,
        .step = result->history_step,
        .loss = result->history_loss,
        .loss_fit = result->history_loss_fit,
        .norm = result->history_norm,
        .observe = monitor_observe,
        .observer = monitor,
    };
}

static void train(struct solver *solver, const struct point *point,
                  struct training *training, struct training_report *report) {
    solver->optimizer.momentum = point->momentum;
    training->model = &solver->model;
    training->optimizer = &solver->optimizer;
    training->gradient = &solver->gradient;
    training->learning_rate = point->learning_rate;
    training->decay_steps = point->decay_steps;
    training->rules = (struct stopping_rules){
        .max_steps = point->max_steps,
        .max_seconds = point->max_seconds,
        .loss_change = point->stop_loss_change,
        .window = point->stop_window,
        .gradient = point->stop_gradient,
    };
    training_run(training, report);
}

static void keep_report(struct result *result, const struct training_report *report) {
    const struct loss_terms *terms = &report->terms;
    result->stop_reason = report->reason;
    result->steps = report->steps;
    result->wall_time = report->seconds;
    result->loss = terms->total;
    result->loss_fit = terms->fit;
    result->loss_regularization = terms->regularization;
    result->loss_before_decay = report->loss_before_decay;
    result->gradient_norm = report->gradient_norm;
    result->regularization_feature = terms->feature_regularization;
    memcpy(result->regularization_weight, terms->weight_regularization,
           (size_t)result->extent.layer * sizeof(double));
}

/* Only the shape's and the regularization's values decide. Should padding differ, the
 * same references are computed once more. */
static const struct reference *reference_of(struct solver *solver) {
    const struct problem *problem = &solver->model.problem;
    if (!solver->reference_known ||
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-*): see above */
        memcmp(&solver->reference_problem, problem, sizeof *problem) != 0) {
        reference_compute(problem, &solver->reference);
        solver->reference_problem = *problem;
        solver->reference_known = true;
    }
    return &solver->reference;
}

/* Column-major parameters into the row-major arrays of the result, where they are stored.
 */
static void keep_weights(struct result *result, const struct factors *parameters) {
    const struct shape *shape = &parameters->shape;
    size_t width = (size_t)shape->width, samples = (size_t)shape_sample_count(shape);
    if (result->weight == NULL) return;
    for (int layer = 1; layer <= shape->depth; layer++) {
        const double *weight = parameters->weight[layer - 1];
        size_t rows = (size_t)shape_rows(shape, layer);
        double *out =
            result->weight + (size_t)(layer - 1) * (size_t)result->extent.row * width;
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < width; j++)
                out[i * width + j] = weight[j * rows + i];
    }
    for (size_t i = 0; i < width; i++)
        for (size_t j = 0; j < samples; j++)
            result->feature[i * samples + j] = parameters->feature[j * width + i];
}

/* Nothing is measured of a point that diverged: its arrays keep NaN and -1. */
static enum error measure_layers(struct solver *solver) {
    struct result *result = &solver->result;
    const struct factors *parameters = &solver->parameters;
    TRY(solver->monitor.error);
    if (!isfinite(result->loss)) return ERROR_NONE;
    TRY(spectra_measure(&solver->spectra, &solver->model, parameters, result));
    TRY(collapse_measure(&solver->collapse, &solver->model, parameters, result));
    structure_measure(&solver->structure, &solver->model, result);
    return ERROR_NONE;
}

static enum error measure(struct solver *solver) {
    struct result *result = &solver->result;
    TRY(measure_layers(solver));
    result->outcome = outcome_classify(&solver->model.problem, result);
    keep_weights(result, &solver->parameters);
    result->status = STATUS_DONE;
    return ERROR_NONE;
}

enum error solver_run(struct solver *solver, const struct point *point, solver_poll *poll,
                      void *context, const struct result **out) {
    struct result *result = &solver->result;
    struct problem problem = problem_of_point(point);
    struct extent extent = extent_of_point(point, &solver->sweep->output);
    carve(solver, &problem, (enum optimizer_kind)point->optimizer, &extent);
    result_clear(result);
    result->reference = *reference_of(solver);
    *out = result;

    struct history history = history_of(solver);
    struct training training = {
        .poll = poll, .poll_context = context, .history = &history};
    struct training_report report;
    start(solver, point);
    train(solver, point, &training, &report);
    if (report.reason == STOP_INTERRUPTED)
        return RAISE(ERROR_INTERRUPTED, "interrupted after %d steps", report.steps);
    keep_report(result, &report);
    enum error error = measure(solver);
    if (error != ERROR_NONE) result->status = STATUS_FAILED;
    return error;
}

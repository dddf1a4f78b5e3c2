#include "dufm/solve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/curvature.h"
#include "dufm/memory.h"
#include "dufm/model.h"
#include "dufm/monitor.h"
#include "dufm/optimizer.h"
#include "dufm/reference.h"
#include "dufm/train.h"
#include "gauge.h"
#include "kick.h"

struct solver {
    const struct sweep *sweep; /* not owned */
    struct point point;        /* begun last */
    struct arena arena;        /* everything below, laid out anew for each point */
    struct model model;
    struct factors parameters;
    struct factors gradient;
    struct optimizer optimizer;
    struct monitor monitor;
    struct gauge gauge;
    struct result result;
    struct curvature curvature; /* where the point asks for it ... */
    struct kick kick;           /* ... as for this */
    struct history history;     /* arrays of `result` */
    struct training training;   /* of the point begun last */
    struct training *under_way; /* that, or the way back from a kick */

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

static struct optimizer_settings settings_of(const struct point *point) {
    return (struct optimizer_settings){.kind = (enum optimizer_kind)point->optimizer,
                                       .momentum = point->momentum,
                                       .beta1 = point->beta1,
                                       .beta2 = point->beta2,
                                       .epsilon = point->epsilon,
                                       .memory = point->lbfgs_memory,
                                       .undo = point->schedule == SCHEDULE_AUTO};
}

/* What of the optional measurements is laid out. */
struct extras {
    bool curvature, kick;
};

/* Everything but what depends on more than the shape, and may be the largest part by far: the
 * optimizer's memory, Lanczos' basis, the way back from a kick. */
static void carve(struct solver *solver, const struct problem *problem,
                  const struct extent *extent, struct extras extras) {
    struct arena *arena = &solver->arena;
    const struct shape *shape = &problem->shape;
    arena->used = 0;
    carve_factors(&solver->parameters, shape, arena);
    carve_factors(&solver->gradient, shape, arena);
    model_carve(&solver->model, problem, arena);
    gauge_carve(&solver->gauge, shape, arena);
    monitor_carve(&solver->monitor, shape, arena);
    result_carve(&solver->result, extent, arena);
    if (extras.curvature) curvature_carve(&solver->curvature, problem, arena);
    if (extras.kick) kick_carve(&solver->kick, shape, extent, arena);
}

/* The rest, of one point. */
static void carve_rest(struct solver *solver, const struct point *point) {
    struct arena *arena = &solver->arena;
    struct optimizer_settings settings = settings_of(point);
    optimizer_carve(&solver->optimizer, &settings, &solver->model, &solver->parameters,
                    arena);
    if (point->curvature > 0)
        curvature_carve_basis(&solver->curvature, &solver->parameters.shape,
                              point->curvature, arena);
    if (point->kick > 0)
        kick_carve_descent(&solver->kick, &settings, &solver->model, arena);
}

/* Bytes that carve_rest takes. Pure. */
static size_t rest_bytes(const struct point *point) {
    struct problem problem = problem_of_point(point);
    struct optimizer_settings settings = settings_of(point);
    size_t bytes = optimizer_bytes(&settings, &problem.shape);
    if (point->curvature > 0)
        bytes += lanczos_bytes(shape_parameter_count(&problem.shape), point->curvature);
    if (point->kick > 0) bytes += kick_descent_bytes(&settings, &problem.shape);
    return bytes;
}

/* What carve_rest takes for the sweep's most demanding point, and which optional
 * measurements some point asks for. ERROR_SYSTEM. */
static enum error measure_rest(const struct sweep *sweep, size_t *bytes,
                               struct extras *extras) {
    static const char *const demanding[] = {
        "depth",        "width",    "classes",   "samples", "imbalance", "optimizer",
        "lbfgs_memory", "schedule", "curvature", "kick",    NULL};
    *bytes = 0;
    *extras = (struct extras){false, false};
    for (int i = 0; i < sweep->grid_count; i++) {
        struct grid_view view;
        TRY(grid_view_create(&sweep->grids[i], demanding, &view));
        for (uint64_t j = 0; j < view.count; j++) {
            struct point point;
            if (grid_view_point(&view, j, &point) == 0) continue;
            extras->curvature |= point.curvature > 0;
            extras->kick |= point.kick > 0;
            size_t needed = rest_bytes(&point);
            if (needed > *bytes) *bytes = needed;
        }
        grid_view_destroy(&view);
    }
    return ERROR_NONE;
}

/* Lay out a point as large as the sweep's maxima: every point fits into it. ERROR_SYSTEM.
 */
static enum error carve_largest(struct solver *solver, const struct sweep *sweep) {
    struct extent extent = extent_of_sweep(sweep);
    struct problem problem = {
        .shape = {.depth = extent.layer,
                  .width = extent.index,
                  .classes = extent.class_,
                  .samples = (extent.sample + extent.class_ - 1) / extent.class_}};
    struct extras extras;
    size_t rest;
    TRY(measure_rest(sweep, &rest, &extras));
    carve(solver, &problem, &extent, extras);
    arena_take(&solver->arena, rest, 1);
    return ERROR_NONE;
}

enum error solver_memory(const struct sweep *sweep, size_t *bytes) {
    struct solver measured = {0};
    TRY(carve_largest(&measured, sweep));
    *bytes = measured.arena.used;
    return ERROR_NONE;
}

enum error solver_create(const struct sweep *sweep, struct solver **out) {
    void *memory = NULL;
    TRY(memory_allocate(1, sizeof(struct solver), &memory));
    struct solver *solver = memory;
    solver->sweep = sweep;
    enum error error = carve_largest(solver, sweep);
    if (error == ERROR_NONE) error = arena_reserve(&solver->arena);
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

static enum error start(struct solver *solver, const struct point *point) {
    struct random_key key = point_random_key(point);
    enum init_kind init = (enum init_kind)point->init;
    if (init == INIT_FAN_IN || init == INIT_CONSTANT) {
        struct random_start random = {init, point->init_scale, point->init_scale_h};
        model_random_start(&solver->parameters, &random, &key);
    } else {
        const char *why;
        if (!reference_can_plant(init, &solver->model.problem, &why))
            return RAISE(ERROR_INPUT, "nothing to plant: it needs %s", why);
        struct planting planting = {init, point->init_scale, point->init_noise, key};
        reference_plant(&solver->model.problem, &planting, &solver->parameters);
    }
    return ERROR_NONE;
}

/* History into the result's arrays, with what the monitor sees at each record. */
static void set_history(struct solver *solver) {
    struct result *result = &solver->result;
    struct monitor *monitor = &solver->monitor;
    monitor->model = &solver->model;
    monitor->parameters = &solver->parameters;
    monitor->result = result;
    solver->history = (struct history){
        .capacity = result->extent.record,
        .depth = result->extent.layer,
        .step = result->history_step,
        .loss = result->history_loss,
        .loss_fit = result->history_loss_fit,
        .norm = result->history_norm,
        .nc1 = result->history_nc1,
        .rank = result->history_rank,
        .observe = monitor_observe,
        .observer = monitor,
    };
}

static void set_training(struct solver *solver, const struct point *point) {
    solver->training = (struct training){
        .model = &solver->model,
        .optimizer = &solver->optimizer,
        .gradient = &solver->gradient,
        .history = &solver->history,
        .schedule = {.kind = (enum schedule_kind)point->schedule,
                     .rate = point->learning_rate,
                     .steps = point->schedule_steps},
        .decay_steps = point->decay_steps,
        .rules =
            {
                .max_steps = point->max_steps,
                .max_seconds = point->max_seconds,
                .loss_change = point->stop_loss_change,
                .window = point->stop_window,
                .gradient = point->stop_gradient,
            },
    };
    training_start(&solver->training);
    solver->under_way = &solver->training;
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

/* There, and back. */
static enum error measure_kick(struct solver *solver, const struct solver_watch *watch,
                               struct result *result) {
    struct kick *kick = &solver->kick;
    kick_set_out(kick, &solver->point, &solver->training);
    if (watch->set_out)
        watch->set_out(watch->context, &solver->training, &kick->training);
    solver->under_way = &kick->training;
    return kick_come_back(kick, &solver->gauge, result);
}

/* How firm the ending is, where the point asks for it and there is one. Curvature before
 * the kick: both write the model's buffers, of which the kick needs those of the ending. */
static enum error measure_firmness(struct solver *solver,
                                   const struct solver_watch *watch,
                                   struct result *result) {
    const struct point *point = &solver->point;
    const struct training *training = &solver->training;
    if (!isfinite(result->loss)) return ERROR_NONE;
    if (point->curvature > 0) {
        struct curvature_site site = {.model = &solver->model,
                                      .parameters = &solver->parameters,
                                      .point = point,
                                      .poll = training->poll,
                                      .poll_context = training->poll_context};
        TRY(curvature_measure(&solver->curvature, &site, &result->firmness));
    }
    return point->kick > 0 ? measure_kick(solver, watch, result) : ERROR_NONE;
}

static enum error measure(struct solver *solver, const struct solver_watch *watch) {
    struct result *result = &solver->result;
    TRY(solver->monitor.error);
    TRY(gauge_ending(&solver->gauge, &solver->model, &solver->parameters, result));
    keep_weights(result, &solver->parameters);
    TRY(measure_firmness(solver, watch, result));
    result->status = STATUS_DONE;
    return ERROR_NONE;
}

enum error solver_begin(struct solver *solver, const struct point *point) {
    struct problem problem = problem_of_point(point);
    struct extent extent = extent_of_point(point, &solver->sweep->output);
    struct extras extras = {point->curvature > 0, point->kick > 0};
    solver->point = *point;
    carve(solver, &problem, &extent, extras);
    carve_rest(solver, point);
    result_clear(&solver->result);
    solver->result.reference = *reference_of(solver);
    set_history(solver);
    set_training(solver, point);
    return start(solver, point);
}

struct training *solver_training(struct solver *solver) {
    return solver->under_way;
}

enum error solver_run(struct solver *solver, const struct solver_watch *watch,
                      const struct result **out) {
    struct training_report report;
    *out = &solver->result;
    solver->training.poll = watch->poll;
    solver->training.poll_context = watch->context;
    solver->gauge.spectra.poll = watch->poll;
    solver->gauge.spectra.poll_context = watch->context;
    training_run(&solver->training, &report);
    if (report.reason == STOP_INTERRUPTED)
        return RAISE(ERROR_INTERRUPTED, "interrupted after %d steps", report.steps);
    gauge_keep_report(&solver->result, &report);
    enum error error = measure(solver, watch);
    if (error != ERROR_NONE) solver->result.status = STATUS_FAILED;
    return error;
}

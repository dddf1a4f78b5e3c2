/* L-BFGS: steps along -B g with B, an approximate inverse Hessian, made of the last pairs
 *     s = change of the parameters,  y = change of the gradient,     s^T y > 0,
 * both kept divided by sqrt(s^T y), by the two-loop recursion (Nocedal 1980) with
 * B_0 = s^T y / y^T y of the newest pair. With a weak Wolfe search it works at kinks, too
 * (linesearch.h). Where the search finds nothing, it starts anew from steepest descent;
 * where that finds nothing either, no step lowers the loss. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "dufm/blas.h"
#include "dufm/linesearch.h"
#include "dufm/vector.h"
#include "types.h"

/* One place more than pairs: where the next pair is made. The gradient here comes first,
 * then the changes of parameters, then those of gradients. */
static size_t places(const struct optimizer_settings *settings) {
    return (size_t)settings->memory + 1;
}

static size_t blocks_of_lbfgs(const struct optimizer_settings *settings) {
    return 1 + 2 * places(settings);
}

/* Memory by name, and the search under way. */
struct lbfgs {
    struct optimizer *optimizer;
    size_t count;            /* of parameters */
    double *parameters;      /* here */
    struct factors gradient; /* here */
    double *direction;
    double fit, loss; /* at the last trial */
    bool sloped;      /* its gradient is known, too */
};

static double *moved(const struct lbfgs *lbfgs, size_t place) {
    return optimizer_block(lbfgs->optimizer, lbfgs->optimizer->saved, 1 + place);
}

static double *turned(const struct lbfgs *lbfgs, size_t place) {
    return moved(lbfgs, places(&lbfgs->optimizer->settings) + place);
}

/* Place of the pair that is `age` pairs older than the newest one. */
static size_t place_of(const struct lbfgs *lbfgs, int age) {
    const struct optimizer *optimizer = lbfgs->optimizer;
    int ring = optimizer->settings.memory + 1;
    return (size_t)((optimizer->progress.next - 1 - age + 2 * ring) % ring);
}

static double total_loss(const struct lbfgs *lbfgs, double fit) {
    const struct optimizer *optimizer = lbfgs->optimizer;
    struct loss_terms terms;
    model_loss_terms(&optimizer->model->problem, optimizer->parameters, fit, &terms);
    return terms.total;
}

static void find_gradient(struct lbfgs *lbfgs) {
    struct optimizer *optimizer = lbfgs->optimizer;
    model_gradient_after_forward(optimizer->model, optimizer->parameters,
                                 &lbfgs->gradient);
    lbfgs->sloped = true;
}

/* ---- the direction ---- */

/* d <- -B g; with s^T y = 1 for every pair nothing is left to divide by but |y|^2. */
static void find_direction(struct lbfgs *lbfgs) {
    double *d = lbfgs->direction, factor[LBFGS_MEMORY_MAX] = {0};
    size_t count = lbfgs->count;
    int pairs = lbfgs->optimizer->progress.pairs;
    memcpy(d, lbfgs->gradient.data, count * sizeof *d);
    vector_scale(-1.0, d, count);
    for (int age = 0; age < pairs; age++) {
        factor[age] = blas_dot(moved(lbfgs, place_of(lbfgs, age)), d, count);
        blas_add(-factor[age], turned(lbfgs, place_of(lbfgs, age)), d, count);
    }
    if (pairs > 0)
        vector_scale(1.0 / blas_square_sum(turned(lbfgs, place_of(lbfgs, 0)), count), d,
                     count);
    for (int age = pairs - 1; age >= 0; age--) {
        double product = blas_dot(turned(lbfgs, place_of(lbfgs, age)), d, count);
        blas_add(factor[age] - product, moved(lbfgs, place_of(lbfgs, age)), d, count);
    }
}

/* ---- the search ---- */

/* The loss at the old parameters plus t d; those lie where the next pair is made. */
static double value_at(void *context, double t) {
    struct lbfgs *lbfgs = context;
    struct optimizer *optimizer = lbfgs->optimizer;
    const double *old = moved(lbfgs, (size_t)optimizer->progress.next);
    memcpy(lbfgs->parameters, old, lbfgs->count * sizeof *old);
    blas_add(t, lbfgs->direction, lbfgs->parameters, lbfgs->count);
    lbfgs->fit = model_forward(optimizer->model, optimizer->parameters);
    lbfgs->loss = total_loss(lbfgs, lbfgs->fit);
    lbfgs->sloped = false;
    optimizer_count_evaluation(optimizer);
    return lbfgs->loss;
}

static double slope_here(void *context) {
    struct lbfgs *lbfgs = context;
    find_gradient(lbfgs);
    return blas_dot(lbfgs->gradient.data, lbfgs->direction, lbfgs->count);
}

/* The first trial: the whole step, but no longer than 1 where nothing is known of its
 * length. */
static double first_trial(const struct lbfgs *lbfgs) {
    if (lbfgs->optimizer->progress.pairs > 0) return 1.0;
    double norm = sqrt(blas_square_sum(lbfgs->gradient.data, lbfgs->count));
    return norm > 1.0 ? 1.0 / norm : 1.0;
}

/* Search along the direction. Old parameters and gradient are put where the next pair is
 * made, and the former are restored when nothing is found. */
static bool search(struct lbfgs *lbfgs) {
    struct optimizer *optimizer = lbfgs->optimizer;
    size_t place = (size_t)optimizer->progress.next;
    size_t bytes = lbfgs->count * sizeof(double);
    double step;
    const struct line line = {
        .value = optimizer->progress.loss,
        .slope = blas_dot(lbfgs->gradient.data, lbfgs->direction, lbfgs->count),
        .value_at = value_at,
        .slope_here = slope_here,
        .context = lbfgs};
    if (!(line.slope < 0)) return false;
    memcpy(moved(lbfgs, place), lbfgs->parameters, bytes);
    memcpy(turned(lbfgs, place), lbfgs->gradient.data, bytes);
    if (linesearch_run(&line, first_trial(lbfgs), &step) != LINE_NOWHERE) return true;
    memcpy(lbfgs->parameters, moved(lbfgs, place), bytes);
    memcpy(lbfgs->gradient.data, turned(lbfgs, place), bytes);
    return false;
}

/* ---- the step ---- */

/* Make the next pair of the old and the new place, so that s^T y = 1; without curvature
 * along the step it is none. */
static void keep_pair(struct lbfgs *lbfgs) {
    struct optimizer *optimizer = lbfgs->optimizer;
    struct optimizer_progress *progress = &optimizer->progress;
    double *s = moved(lbfgs, (size_t)progress->next);
    double *y = turned(lbfgs, (size_t)progress->next);
    vector_blend(1.0, lbfgs->parameters, -1.0, s, lbfgs->count);
    vector_blend(1.0, lbfgs->gradient.data, -1.0, y, lbfgs->count);
    double product = blas_dot(s, y, lbfgs->count);
    if (!(product > DBL_EPSILON * blas_square_sum(y, lbfgs->count))) return;
    vector_scale(1.0 / sqrt(product), s, lbfgs->count);
    vector_scale(1.0 / sqrt(product), y, lbfgs->count);
    progress->next = (progress->next + 1) % (optimizer->settings.memory + 1);
    if (progress->pairs < optimizer->settings.memory) progress->pairs++;
}

static void arrive(struct lbfgs *lbfgs) {
    struct optimizer *optimizer = lbfgs->optimizer;
    if (!lbfgs->sloped) find_gradient(lbfgs);
    keep_pair(lbfgs);
    optimizer->progress.loss = lbfgs->loss;
    optimizer->fit = lbfgs->fit;
    optimizer->passed = true;
}

/* The gradient and the loss at the start, later ones are kept. */
static void know_start(struct lbfgs *lbfgs, double fit) {
    struct optimizer *optimizer = lbfgs->optimizer;
    if (optimizer->progress.known) return;
    find_gradient(lbfgs);
    optimizer_count_evaluation(optimizer);
    optimizer->progress.loss = total_loss(lbfgs, fit);
    optimizer->progress.known = true;
}

static bool step_lbfgs(struct optimizer *optimizer, double fit) {
    struct lbfgs lbfgs = {.optimizer = optimizer,
                          .count = optimizer_block_count(optimizer),
                          .parameters = optimizer->parameters->data,
                          .gradient =
                              optimizer_block_factors(optimizer, optimizer->saved, 0),
                          .direction = optimizer->scratch};
    know_start(&lbfgs, fit);
    for (;;) {
        find_direction(&lbfgs);
        if (search(&lbfgs)) break;
        if (optimizer->progress.pairs == 0) return false;
        optimizer->progress.pairs = 0;
    }
    arrive(&lbfgs);
    return true;
}

const struct optimizer_type optimizer_type_lbfgs = {OPTIMIZER_LBFGS, blocks_of_lbfgs, 1,
                                                    step_lbfgs};

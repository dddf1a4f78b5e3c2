#include "dufm/train.h"

#include <math.h>

#include "dufm/blas.h"
#include "dufm/clock.h"

/* What the loop carries from step to step. */
struct loop {
    struct training *training;
    struct training_report *report;
    struct stopping_state stopping;
    double start;      /* clock at the start */
    int poll_interval; /* steps between two polls */
    int next_record;   /* step of the next history record */
    int last_step;     /* of both phases */
};

/* Poll about every 20 million floating-point operations: a few milliseconds. */
static int poll_interval(const struct shape *shape) {
    double operations = 0;
    for (int layer = 1; layer <= shape->depth; layer++)
        operations +=
            6.0 * shape_rows(shape, layer) * shape->width * shape_sample_count(shape);
    double interval = 2e7 / operations;
    if (interval < 1) return 1;
    return interval < TRAINING_CHECK_INTERVAL ? (int)interval : TRAINING_CHECK_INTERVAL;
}

static double gradient_norm(const struct training *training) {
    struct factors *gradient = training->gradient;
    model_gradient_after_forward(training->model, training->optimizer->parameters,
                                 gradient);
    return sqrt(blas_square_sum(gradient->data, shape_parameter_count(&gradient->shape)));
}

static void record(struct history *history, int step, const struct loss_terms *terms,
                   const struct problem *problem) {
    int at = history->count++;
    history->step[at] = step;
    history->loss[at] = terms->total;
    history->loss_fit[at] = terms->fit;
    for (int layer = 0; layer < history->depth; layer++)
        history->norm[at * history->depth + layer] =
            sqrt(2.0 * terms->weight_regularization[layer] / problem->lambdas[layer]);
    if (history->observe != NULL) history->observe(history->observer, at);
}

/* Record when due; the last place is kept for the end of the descent. */
static void record_if_due(struct loop *loop, int step, const struct loss_terms *terms) {
    struct history *history = loop->training->history;
    if (history->count >= history->capacity - 1 || step < loop->next_record) return;
    record(history, step, terms, &loop->training->model->problem);
    loop->next_record =
        history_target(history->count, history->capacity, loop->last_step);
}

static void look(struct loop *loop, int step, double fit, struct loss_terms *terms) {
    const struct training *training = loop->training;
    model_loss_terms(&training->model->problem, training->optimizer->parameters, fit,
                     terms);
    record_if_due(loop, step, terms);
}

static enum stop_reason judge(struct loop *loop, int step,
                              const struct loss_terms *terms) {
    const struct training *training = loop->training;
    struct observation seen = {
        .step = step,
        .seconds = clock_seconds() - loop->start,
        .loss = terms->total,
        .gradient_norm = training->rules.gradient > 0 ? gradient_norm(training) : NAN,
        .trivial = stopping_is_trivial(&training->model->problem, terms),
    };
    return stopping_judge(&training->rules, &loop->stopping, &seen);
}

static bool interrupted(const struct loop *loop, int step) {
    const struct training *training = loop->training;
    return step % loop->poll_interval == 0 && training->poll != NULL &&
           training->poll(training->poll_context);
}

/* Constant rate until a rule holds; returns the steps taken. */
static int main_phase(struct loop *loop) {
    struct training *training = loop->training;
    const struct stopping_rules *rules = &training->rules;
    training->optimizer->rate = training->learning_rate;
    for (int step = 0;; step++) {
        double fit = model_forward(training->model, training->optimizer->parameters);
        bool check = step % TRAINING_CHECK_INTERVAL == 0 || step >= rules->max_steps;
        bool timed = isfinite(rules->max_seconds) && step % loop->poll_interval == 0;
        if (check || timed || step == loop->next_record) {
            struct loss_terms terms;
            look(loop, step, fit, &terms);
            loop->report->loss_before_decay = terms.total;
            if (check || timed) loop->report->reason = judge(loop, step, &terms);
        }
        if (interrupted(loop, step)) loop->report->reason = STOP_INTERRUPTED;
        if (loop->report->reason != STOP_NONE) return step;
        optimizer_step(training->optimizer, training->model);
    }
}

/* The rate falls linearly from learning_rate to 0 over decay_steps; the buffers hold a
 * forward pass of step `first`. Returns the steps taken in all. */
static int decay_phase(struct loop *loop, int first) {
    struct training *training = loop->training;
    int count = training->decay_steps;
    for (int i = 0; i < count; i++) {
        if (interrupted(loop, first + i)) {
            loop->report->reason = STOP_INTERRUPTED;
            return first + i;
        }
        training->optimizer->rate = training->learning_rate * (count - i) / (count + 1.0);
        optimizer_step(training->optimizer, training->model);
        double fit = model_forward(training->model, training->optimizer->parameters);
        if (first + i + 1 == loop->next_record) {
            struct loss_terms terms;
            look(loop, first + i + 1, fit, &terms);
        }
    }
    return first + count;
}

static bool has_decay(const struct training *training, enum stop_reason reason) {
    return training->decay_steps > 0 &&
           (reason == STOP_PLATEAU || reason == STOP_GRADIENT ||
            reason == STOP_MAX_STEPS);
}

static void finish(struct loop *loop) {
    struct training *training = loop->training;
    struct training_report *report = loop->report;
    struct history *history = training->history;
    factors_normalize(training->optimizer->parameters);
    model_loss(training->model, training->optimizer->parameters, &report->terms);
    report->gradient_norm = gradient_norm(training);
    if (!isfinite(report->terms.total)) report->reason = STOP_DIVERGED;
    bool recorded =
        history->count > 0 && history->step[history->count - 1] == report->steps;
    if (history->count < history->capacity && !recorded)
        record(history, report->steps, &report->terms, &training->model->problem);
}

void training_run(struct training *training, struct training_report *report) {
    struct loop loop = {
        .training = training,
        .report = report,
        .start = clock_seconds(),
        .poll_interval = poll_interval(&training->model->problem.shape),
        .last_step = training->rules.max_steps + training->decay_steps,
    };
    *report = (struct training_report){.reason = STOP_NONE};
    training->history->count = 0;
    stopping_start(&loop.stopping);
    optimizer_reset(training->optimizer);
    report->steps = main_phase(&loop);
    if (has_decay(training, report->reason))
        report->steps = decay_phase(&loop, report->steps);
    else
        report->loss_before_decay = NAN;
    report->seconds = clock_seconds() - loop.start;
    finish(&loop);
}

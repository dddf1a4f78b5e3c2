#include "dufm/train.h"

#include <limits.h>
#include <math.h>

#include "dufm/blas.h"
#include "dufm/clock.h"

/* What the loop carries from step to step besides the state. */
struct loop {
    struct training *training;
    struct training_report *report;
    double start;      /* clock at which the descent would have started uninterrupted */
    double spacing;    /* of the history */
    int next_record;   /* step of the next history record */
    int poll_interval; /* steps between two polls */
    bool stalled;      /* no step lowers the loss */
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
    loop->next_record = history_next(loop->spacing, step);
}

static void look(struct loop *loop, int step, double fit, struct loss_terms *terms) {
    const struct training *training = loop->training;
    model_loss_terms(&training->model->problem, training->optimizer->parameters, fit,
                     terms);
    record_if_due(loop, step, terms);
}

static enum stop_reason judge(struct loop *loop, int step,
                              const struct loss_terms *terms) {
    struct training *training = loop->training;
    struct observation seen = {
        .step = step,
        .seconds = clock_seconds() - loop->start,
        .loss = terms->total,
        .gradient_norm = training->rules.gradient > 0 ? gradient_norm(training) : NAN,
        .trivial = stopping_is_trivial(&training->model->problem, terms),
        .stalled = loop->stalled,
    };
    return stopping_judge(&training->rules, &training->state.stopping, &seen);
}

/* Ask whether to stop, with everything in place for the descent to be saved. */
static bool interrupted(struct loop *loop, bool always) {
    struct training *training = loop->training;
    if (!always && training->state.step % loop->poll_interval != 0) return false;
    if (training->poll == NULL) return false;
    training->state.seconds = clock_seconds() - loop->start;
    return training->poll(training->poll_context);
}

static double main_rate(const struct training *training, int step) {
    return training->schedule.kind == SCHEDULE_AUTO
               ? training->state.automatic.rate
               : schedule_rate(&training->schedule, step);
}

/* Forward to where the last step has led; steps at an automatic rate may be taken back,
 * those before the end, too. */
static double arrive(struct training *training, bool last) {
    double fit = optimizer_forward(training->optimizer);
    if (training->schedule.kind != SCHEDULE_AUTO) return fit;
    return automatic_settle(&training->state.automatic, training->optimizer, fit, last);
}

/* Between two of an automatic rate's judgements the loss may be higher than it will be. */
static int check_interval(const struct training *training) {
    return training->schedule.kind == SCHEDULE_AUTO ? AUTOMATIC_INTERVAL
                                                    : TRAINING_CHECK_INTERVAL;
}

/* At the schedule's rate until a rule holds. A descent that has stalled is not asked
 * whether to stop: gone on with later, it would stall once more. */
static enum stop_reason main_phase(struct loop *loop) {
    struct training *training = loop->training;
    const struct stopping_rules *rules = &training->rules;
    struct training_state *state = &training->state;
    for (;;) {
        int step = state->step;
        bool last = step >= rules->max_steps || loop->stalled;
        if (!loop->stalled && interrupted(loop, last)) return STOP_INTERRUPTED;
        bool timed = isfinite(rules->max_seconds) && step % loop->poll_interval == 0 &&
                     clock_seconds() - loop->start >= rules->max_seconds;
        double fit = arrive(training, last || timed);
        bool check = last || timed || step % check_interval(training) == 0;
        if (check || step == loop->next_record) {
            struct loss_terms terms;
            enum stop_reason reason = STOP_NONE;
            look(loop, step, fit, &terms);
            state->loss_before_decay = terms.total;
            if (check) reason = judge(loop, step, &terms);
            if (reason != STOP_NONE) return reason;
        }
        training->optimizer->rate = main_rate(training, step);
        loop->stalled = !optimizer_step(training->optimizer, fit);
        if (!loop->stalled) state->step++;
    }
}

/* The rate falls linearly from that of the last step to 0 over decay_steps. */
static enum stop_reason decay_phase(struct loop *loop) {
    struct training *training = loop->training;
    struct training_state *state = &training->state;
    int count = training->decay_steps, end = state->main_steps + count;
    double rate = main_rate(training, state->main_steps > 0 ? state->main_steps - 1 : 0);
    double fit = optimizer_forward(training->optimizer);
    while (state->step < end) {
        if (interrupted(loop, false)) return STOP_INTERRUPTED;
        int left = end - state->step;
        training->optimizer->rate = rate * left / (count + 1.0);
        if (!optimizer_step(training->optimizer, fit)) break;
        fit = optimizer_forward(training->optimizer);
        if (++state->step == loop->next_record) {
            struct loss_terms terms;
            look(loop, state->step, fit, &terms);
        }
    }
    return state->main_ended;
}

static bool has_decay(const struct training *training, enum stop_reason reason) {
    return training->decay_steps > 0 &&
           (reason == STOP_PLATEAU || reason == STOP_GRADIENT ||
            reason == STOP_MAX_STEPS);
}

/* Both phases, or what is left of them. */
static enum stop_reason descend(struct loop *loop) {
    struct training_state *state = &loop->training->state;
    if (state->main_ended == STOP_NONE) {
        enum stop_reason reason = main_phase(loop);
        if (!has_decay(loop->training, reason)) {
            if (reason != STOP_INTERRUPTED) state->loss_before_decay = NAN;
            return reason;
        }
        state->main_ended = reason;
        state->main_steps = state->step;
    }
    return decay_phase(loop);
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

void training_start(struct training *training) {
    training->state = (struct training_state){
        .main_ended = STOP_NONE, .ended = STOP_NONE, .loss_before_decay = NAN};
    stopping_start(&training->state.stopping);
    automatic_start(&training->state.automatic, training->schedule.rate);
    training->history->count = 0;
    optimizer_reset(training->optimizer);
}

static struct loop start_loop(struct training *training, struct training_report *report) {
    const struct history *history = training->history;
    struct loop loop = {.training = training,
                        .report = report,
                        .start = clock_seconds() - training->state.seconds,
                        .poll_interval = poll_interval(&training->model->problem.shape),
                        .next_record = INT_MAX};
    if (history->capacity == 0) return loop;
    loop.spacing = history_spacing(history->capacity,
                                   training->rules.max_steps + training->decay_steps);
    loop.next_record =
        history->count == 0
            ? 0
            : history_next(loop.spacing, history->step[history->count - 1]);
    return loop;
}

void training_run(struct training *training, struct training_report *report) {
    struct loop loop = start_loop(training, report);
    enum stop_reason reason = training->state.ended;
    if (reason == STOP_NONE) reason = descend(&loop);
    if (reason != STOP_INTERRUPTED) training->state.ended = reason;
    *report = (struct training_report){.reason = reason};
    report->steps = training->state.step;
    report->evaluations = training->optimizer->progress.evaluations;
    report->loss_before_decay = training->state.loss_before_decay;
    report->seconds = training->state.seconds = clock_seconds() - loop.start;
    if (report->reason != STOP_INTERRUPTED) finish(&loop);
}

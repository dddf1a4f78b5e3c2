/* The training loop: descend from the given parameters until a stopping rule holds, then
 * optionally let the rate fall to zero; record history on the way. Allocates nothing. */
#ifndef DUFM_TRAIN_H
#define DUFM_TRAIN_H

#include <stdbool.h>

#include "dufm/kind.h"
#include "dufm/model.h"
#include "dufm/optimizer.h"
#include "dufm/stopping.h"

/* Told of each record once its other values are written, while the model holds the
 * forward pass of the record's parameters; may change nothing that the descent reads. */
typedef void history_observer(void *context, int record);

/* Records at log-spaced steps, caller's arrays; a descent that ends early fills fewer. */
struct history {
    int capacity;              /* records the arrays hold; 0: no history */
    int depth;                 /* L */
    int count;                 /* records written */
    int *step;                 /* (capacity) */
    double *loss;              /* (capacity) */
    double *loss_fit;          /* (capacity) */
    double *norm;              /* (capacity, depth) |W_l|_F */
    history_observer *observe; /* may be NULL */
    void *observer;            /* its context */
};

/* Step of record `index` of `capacity` for a descent of at most `last` steps: record 0 is
 * the start, the others are spaced evenly in log(step) up to `last`; where that would
 * repeat a step, the next one is taken, so that the steps are strictly increasing. Pure.
 */
int history_target(int index, int capacity, int last);

/* Asked now and then during the descent; true stops it with STOP_INTERRUPTED. */
typedef bool train_poll(void *context);

struct training {
    struct model *model;
    struct optimizer *optimizer; /* holds the parameters */
    struct factors
        *gradient; /* scratch of the parameters' shape, for the gradient norm */
    struct stopping_rules rules;
    double learning_rate;
    int decay_steps; /* steps of the final phase, whose rate falls linearly to 0 */
    struct history *history;
    train_poll *poll; /* may be NULL */
    void *poll_context;
};

struct training_report {
    enum stop_reason reason;
    int steps;                /* taken, both phases */
    double seconds;           /* of the descent alone */
    double loss_before_decay; /* NaN where there was no final phase */
    double gradient_norm;     /* at the end, of the whole gradient */
    struct loss_terms terms;  /* at the end */
};

/* Train to the end. The rules are looked at every TRAINING_CHECK_INTERVAL steps, so that
 * a trajectory does not depend on what is recorded. After STOP_PLATEAU, STOP_GRADIENT or
 * STOP_MAX_STEPS the final phase follows when decay_steps > 0. */
void training_run(struct training *training, struct training_report *report);

/* Steps between two looks at the stopping rules. */
enum { TRAINING_CHECK_INTERVAL = 100 };

#endif

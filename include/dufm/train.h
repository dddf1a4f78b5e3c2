/* The training loop: descend from the given parameters until a stopping rule holds, then
 * optionally let the rate fall to zero; record history on the way. Allocates nothing. */
#ifndef DUFM_TRAIN_H
#define DUFM_TRAIN_H

#include <stdbool.h>

#include "dufm/automatic.h"
#include "dufm/kind.h"
#include "dufm/model.h"
#include "dufm/optimizer.h"
#include "dufm/schedule.h"
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
    double *nc1;               /* (capacity, depth) the observer's; may be NULL */
    int *rank;                 /* (capacity, depth) the observer's; may be NULL */
    history_observer *observe; /* may be NULL */
    void *observer;            /* its context */
};

/* Recorded are the start, the steps floor(2^(i spacing)) for whole i, and the end. The
 * spacing is the smallest power of two (halves, quarters, ... included) for which a
 * descent of at most `last` steps fits the capacity, at least 2 and at most 512. So the
 * steps of a longer descent are among those of a shorter one, and a descent that goes on
 * past its limit has the history it would have had with the later limit. Pure. */
double history_spacing(int capacity, int last);

/* The first such step after `step`. Pure. */
int history_next(double spacing, int step);

/* Drop the records whose steps do not belong to the spacing; the places behind the others
 * become what they are in a result without them: -1 and NaN. */
void history_thin(struct history *history, double spacing);

/* Where a descent stands between two steps. With the parameters, the optimizer's memory
 * and progress and the history this is all that its rest depends on. */
struct training_state {
    int step;                    /* steps taken */
    enum stop_reason main_ended; /* why the main phase did; STOP_NONE: not yet */
    int main_steps;              /* steps of the main phase, once it has ended */
    enum stop_reason ended;      /* why the whole descent did; STOP_NONE: not yet */
    struct stopping_state stopping;
    struct automatic automatic; /* of schedule auto */
    double loss_before_decay;   /* last loss seen in the main phase */
    double seconds;             /* of descent so far, by all processes that took part */
};

/* Asked now and then between two steps; true stops the descent with STOP_INTERRUPTED.
 * `training->state`, the parameters, the optimizer and the history are consistent then:
 * the descent can be saved, and goes on from there (checkpoint.h). Always asked when the
 * main phase has taken max_steps. */
typedef bool train_poll(void *context);

struct training {
    struct model *model;
    struct optimizer *optimizer; /* holds the parameters */
    struct factors
        *gradient; /* scratch of the parameters' shape, for the gradient norm */
    struct stopping_rules rules;
    struct schedule schedule; /* of the main phase; auto needs an optimizer with undo */
    int decay_steps; /* steps of the final phase, whose rate falls linearly to 0 */
    struct history *history;
    struct training_state state;
    train_poll *poll; /* may be NULL */
    void *poll_context;
};

struct training_report {
    enum stop_reason reason;
    int steps;                /* taken, both phases */
    int evaluations;          /* of the loss and its gradient (optimizer_progress) */
    double seconds;           /* of the descent alone */
    double loss_before_decay; /* NaN where there was no final phase */
    double gradient_norm;     /* at the end, of the whole gradient */
    struct loss_terms terms;  /* at the end */
};

/* Stand at the beginning: no step taken, nothing recorded or remembered. */
void training_start(struct training *training);

/* Train from where the state stands to the end; a descent that has ended is only looked at
 * again, to the same bits. The rules are looked at every
 * TRAINING_CHECK_INTERVAL steps (schedule auto: AUTOMATIC_INTERVAL), so that a trajectory
 * does not depend on what is recorded, and where no step lowers the loss: STOP_PLATEAU unless another rule holds.
 * After STOP_PLATEAU, STOP_GRADIENT or STOP_MAX_STEPS the final phase follows when
 * decay_steps > 0, from the last step's rate. After STOP_INTERRUPTED the state is where
 * the descent goes on, and the parameters are untouched since. */
void training_run(struct training *training, struct training_report *report);

/* Steps between two looks at the stopping rules. */
enum { TRAINING_CHECK_INTERVAL = 100 };

#endif

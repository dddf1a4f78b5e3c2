/* The choices a point makes among losses, activations, optimizers and starts; and the
 * codes of what came out.  Their numbers are stored in the result file (CF flag_values):
 * append only. */
#ifndef DUFM_KIND_H
#define DUFM_KIND_H

enum loss_kind { LOSS_MSE, LOSS_CE };
enum activation_kind { ACTIVATION_RELU, ACTIVATION_LINEAR };
enum optimizer_kind { OPTIMIZER_GD, OPTIMIZER_MOMENTUM, OPTIMIZER_ADAM, OPTIMIZER_LBFGS };

/* How the rate changes during the main phase (schedule.h). */
enum schedule_kind {
    SCHEDULE_CONSTANT,
    SCHEDULE_COSINE,
    SCHEDULE_INVERSE,
    SCHEDULE_AUTO
};

/* Starts: random with a deviation by fan-in or constant, or planted with noise. */
enum init_kind { INIT_FAN_IN, INIT_CONSTANT, INIT_DNC, INIT_SRG, INIT_CLIQUE };

/* State of a row of the result file. */
enum status {
    STATUS_PENDING,
    STATUS_RUNNING,
    STATUS_DONE,
    STATUS_FAILED,
    STATUS_QUARANTINED
};

/* Why a row is failed or quarantined. */
enum failure {
    FAILURE_NONE,
    FAILURE_NO_CONVERGENCE, /* of LAPACK's decompositions */
    FAILURE_SIGNAL_SEGV,    /* the point brought its process down, again and again */
    FAILURE_SIGNAL_BUS,
    FAILURE_SIGNAL_FPE,
    FAILURE_SIGNAL_ILL,
    FAILURE_SIGNAL_ABORT,
};

/* What an ending is, by structure. */
enum outcome {
    OUTCOME_NONE,     /* not finite: nothing can be said */
    OUTCOME_TRIVIAL,  /* the output has rank 0 */
    OUTCOME_DNC,      /* deep neural collapse: orthogonal class means in every layer */
    OUTCOME_PARTIAL,  /* collapsed in the last layers only */
    OUTCOME_SRG,      /* strongly regular graph */
    OUTCOME_CLIQUE,   /* its clique variant */
    OUTCOME_LOW_RANK, /* a hidden layer of rank below K, loss below the DNC loss */
    OUTCOME_LOW_RANK_HIGH, /* the same, loss above the DNC loss */
    OUTCOME_OTHER,
};

/* Why descent ended. */
enum stop_reason {
    STOP_NONE,        /* not run */
    STOP_PLATEAU,     /* the loss stopped falling */
    STOP_GRADIENT,    /* the gradient norm fell below its bound */
    STOP_MAX_STEPS,   /* all steps were taken */
    STOP_MAX_SECONDS, /* the time was used up: not reproducible */
    STOP_DIVERGED,    /* the loss is not finite */
    STOP_INTERRUPTED, /* asked to stop */
    STOP_TRIVIAL,     /* every factor decayed to zero */
};

#endif

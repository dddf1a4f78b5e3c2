/* A point: one configuration of the sweep, every parameter resolved; and the table of all
 * parameters, from which the sweep reader, the result file, the help texts and the
 * identity of a point are derived. To add a parameter: a field here and a row in
 * src/sweep/parameter.c.
 */
#ifndef DUFM_POINT_H
#define DUFM_POINT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/kind.h"
#include "dufm/random.h"

enum { DEPTH_MAX = 64, LBFGS_MEMORY_MAX = 200, CURVATURE_STEPS_MAX = 2000 };

struct point {
    int depth;        /* L: number of weight layers */
    int width;        /* d */
    int classes;      /* K */
    int samples;      /* n: samples a class */
    double imbalance; /* R: the second half of the classes has n/R instead; 1: balanced */
    int seed;
    double lambda;             /* as given; NaN where lambdas was given instead */
    double lambdas[DEPTH_MAX]; /* size depth: lambda of W_1 .. W_L, always resolved */
    double lambda_h;           /* lambda of H_1, always resolved */
    int loss;                  /* enum loss_kind */
    int activation;            /* enum activation_kind */
    int optimizer;             /* enum optimizer_kind */
    double learning_rate;
    double momentum;     /* of optimizer momentum */
    double beta1;        /* of optimizer adam: decay of the mean gradient ... */
    double beta2;        /* ... and of the mean squared gradient */
    double epsilon;      /* of optimizer adam: added to the root of the latter */
    int lbfgs_memory;    /* of optimizer lbfgs: pairs of steps and gradient changes */
    int schedule;        /* enum schedule_kind */
    int schedule_steps;  /* of schedules cosine and inverse */
    int init;            /* enum init_kind */
    double init_scale;   /* scale of W (random starts) or of all parameters (planted) */
    double init_scale_h; /* scale of H_1 (random starts) */
    double init_noise;   /* deviation added to every parameter of a planted start */
    int max_steps;       /* of the main phase */
    double max_seconds;  /* of the whole descent; infinity when unlimited */
    double stop_loss_change; /* relative; 0: no plateau rule */
    int stop_window;         /* steps; 0: no plateau rule */
    double stop_gradient;    /* Euclidean norm of the whole gradient; 0: no such rule */
    int decay_steps;         /* steps of a final phase whose rate falls to 0; 0: none */
    int curvature;           /* most steps of Lanczos' method; 0: not measured */
    double kick; /* size, relative to the parameters, of a kick to return from; 0: none */
    /* Given in place of width, lambda and max_steps (derived.h); NaN or 0: not given.
     * No part of the point's identity. */
    double width_per_class;
    double kappa_ratio;
    double horizon;
};

enum parameter_type {
    PARAMETER_INTEGER, /* int */
    PARAMETER_REAL,    /* double */
    PARAMETER_CHOICE,  /* int, an index into choices */
    PARAMETER_LAYERS,  /* double[DEPTH_MAX], one value a layer */
};

struct parameter {
    const char *name;        /* in sweep files and on the command line */
    const char *stored_name; /* variable of the result file (loss: "loss_function") */
    enum parameter_type type;
    size_t offset;      /* of the field in struct point */
    double minimum;     /* least value allowed ... */
    bool above_minimum; /* ... or first value not allowed */
    double maximum;     /* largest value allowed (may be infinite) */
    bool required;      /* must be given (lambda, lambdas: one of the two) */
    double fallback;    /* value where not given; NaN: derived from other parameters */
    const char *const *choices; /* NULL-terminated, for PARAMETER_CHOICE */
    const char *units;          /* UDUNITS text, "1" for pure numbers */
    const char *summary;        /* one line for people: help, long_name */
    const char *definition;     /* its symbol and formula: comment in the result file */
};

/* The table, in the order in which parameters are stored; parameter_count rows. */
extern const struct parameter parameter_table[];
extern const int parameter_count;

/* An integer parameter that is not given and is derived from others (a fallback of NaN).
 */
enum { PARAMETER_DERIVED = INT_MIN };

/* Row of that name, or NULL. */
const struct parameter *parameter_find(const char *name);

/* The field of `point` that the row describes, as a number (not for PARAMETER_LAYERS). */
double parameter_value(const struct parameter *parameter, const struct point *point);

/* Set that field; NaN means "derived". Not for PARAMETER_LAYERS. */
void parameter_set(const struct parameter *parameter, double value, struct point *point);

/* Whether two resolved points are the same: equal in everything that enters their
 * identity. */
bool point_equals(const struct point *one, const struct point *other);

/* Every parameter at its fallback, those without one at NaN or PARAMETER_DERIVED. */
void point_clear(struct point *out);

/* Derive what was not given, once all given parameters are set: width, lambda and
 * max_steps from what is given in their place (derived.h), lambdas from lambda, lambda_h
 * from the lambda of W_1, stop_window from the slowest decay 1/(learning_rate lambda),
 * schedule_steps from max_steps; what the optimizer does not look at gets its idle value
 * (effect.h). */
void point_resolve(struct point *point);

/* Identity of a point: hash of the canonical text of every parameter that differs from
 * its fallback, given or derived: lines "name=value", 17 significant digits, choices by
 * name. One lambda and a list of equal lambdas are the same point. The same on every
 * machine; adding a parameter with a fallback keeps old identities. */
uint64_t point_identity(const struct point *point);

/* Identity of the descent regardless of its limit max_steps: points that differ in nothing
 * else go the same way up to the lower limit. */
uint64_t point_trail(const struct point *point);

/* Samples of each class of the second half, the last floor(K/2) ones: n/R, rounded, at
 * least 1. */
int point_minority(const struct point *point);

/* N: samples of all classes. */
int64_t point_sample_count(const struct point *point);

/* Key of the point's random numbers: the features of an unbalanced point are the first of
 * those of the balanced one. */
struct random_key point_random_key(const struct point *point);

#endif

/* The table of all parameters of a point. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "dufm/point.h"

static const char *const losses[] = {"mse", "ce", NULL};
static const char *const activations[] = {"relu", "linear", NULL};
static const char *const optimizers[] = {"gd", "momentum", "adam", "lbfgs", NULL};
static const char *const schedules[] = {"constant", "cosine", "inverse", "auto", NULL};
static const char *const inits[] = {"fan_in", "constant", "dnc", "srg", "clique", NULL};

#define FIELD(field)  #field, #field
#define OFFSET(field) .offset = offsetof(struct point, field)
#define INTEGER(field, least, most)                                                      \
    .type = PARAMETER_INTEGER, OFFSET(field), .minimum = (least), .maximum = (most),     \
    .units = "1"
#define REAL(field, least, most)                                                         \
    .type = PARAMETER_REAL, OFFSET(field), .minimum = (least), .maximum = (most),        \
    .units = "1"
#define POSITIVE(field, most) REAL(field, 0, most), .above_minimum = true
#define CHOICE(field, names)                                                             \
    .type = PARAMETER_CHOICE, OFFSET(field), .choices = (names),                         \
    .maximum = sizeof(names) / sizeof *(names)-2, .units = "1"

/* The bounds of shapes keep every matrix dimension and every count of steps within an
 * int; those of reals only shut out slips of the exponent. That of lambdas also keeps the
 * powers of their products, of which the reference losses are made, within the doubles. */
#define LAMBDA_MIN 1e-30
const struct parameter parameter_table[] = {
    {FIELD(depth), INTEGER(depth, 1, DEPTH_MAX), .required = true, .fallback = NAN,
     .summary = "number of weight layers L", .definition = "weights W_1 .. W_L"},
    {FIELD(width), INTEGER(width, 1, 32768), .required = true, .fallback = NAN,
     .summary = "width d of the hidden layers",
     .definition = "d; the features H_1 .. H_L have d rows"},
    {FIELD(classes), INTEGER(classes, 2, 32768), .required = true, .fallback = NAN,
     .summary = "number of classes K", .definition = "K; the output Z has K rows"},
    {FIELD(samples), INTEGER(samples, 1, 1e6), .fallback = 1,
     .summary = "samples a class n",
     .definition = "n; N = K n samples in all where imbalance is 1"},
    {FIELD(imbalance), REAL(imbalance, 1, 1e6), .fallback = 1,
     .summary = "n over the samples of each class of the second half",
     .definition =
         "R; each of the last floor(K/2) classes has n/R samples, rounded, at least 1"},
    {FIELD(seed), INTEGER(seed, 0, INT_MAX), .fallback = 0,
     .summary = "seed of the random start",
     .definition = "with K, L, d and n the key of all random numbers"},
    {FIELD(lambda), REAL(lambda, LAMBDA_MIN, 1e6), .required = true, .fallback = NAN,
     .summary = "regularization of every factor",
     .definition = "lambda_l of all W_l, and lambda_H where it is not given; NaN where "
                   "lambdas was given"},
    {FIELD(lambdas), .type = PARAMETER_LAYERS, OFFSET(lambdas), .minimum = LAMBDA_MIN,
     .maximum = 1e6, .units = "1", .required = true, .fallback = NAN,
     .summary = "regularization of W_1 .. W_L, one value a layer",
     .definition = "lambda_l of the term lambda_l/2 |W_l|_F^2 of the loss"},
    {FIELD(lambda_h), REAL(lambda_h, LAMBDA_MIN, 1e6), .fallback = NAN,
     .summary = "regularization of the features H_1",
     .definition = "lambda_H of the term lambda_H/2 |H_1|_F^2 of the loss"},
    {"loss", "loss_function", CHOICE(loss, losses), .fallback = LOSS_MSE,
     .summary = "fit term of the objective",
     .definition =
         "mse: 1/(2N) |Z - Y|_F^2; ce: 1/N sum_j [logsumexp(z_j) - z_{y_j, j}]"},
    {FIELD(activation), CHOICE(activation, activations), .fallback = ACTIVATION_RELU,
     .summary = "activation between layers",
     .definition = "s; relu: max(x, 0), linear: x; neither on H_1 nor on Z"},
    {FIELD(optimizer), CHOICE(optimizer, optimizers), .fallback = OPTIMIZER_GD,
     .summary = "optimizer of the descent",
     .definition = "gd: x - rate g; momentum: v = momentum v + g, x - rate v; adam: as "
                   "beta1; lbfgs: line searches along quasi-Newton directions"},
    {FIELD(learning_rate), POSITIVE(learning_rate, 1e6), .fallback = 0.5,
     .summary = "step size, where a schedule begins",
     .definition = "rate of the first step"},
    {FIELD(momentum), REAL(momentum, 0, 0.999999), .fallback = 0.9,
     .summary = "momentum of optimizer momentum",
     .definition = "v = momentum v + g, x - rate v"},
    {FIELD(beta1), REAL(beta1, 0, 0.999999), .fallback = 0.9,
     .summary = "decay of the mean gradient of optimizer adam",
     .definition = "m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2; after t "
                   "steps x - rate m/(1 - beta1^t) / (sqrt(v/(1 - beta2^t)) + epsilon)"},
    {FIELD(beta2), REAL(beta2, 0, 0.99999999), .fallback = 0.999,
     .summary = "decay of the mean squared gradient of optimizer adam",
     .definition = "as beta1"},
    {FIELD(epsilon), REAL(epsilon, 0, 1e6), .fallback = 1e-8,
     .summary = "what optimizer adam adds to the root of the mean squared gradient",
     .definition = "as beta1"},
    {FIELD(lbfgs_memory), INTEGER(lbfgs_memory, 0, LBFGS_MEMORY_MAX), .fallback = 10,
     .summary = "pairs of steps and gradient changes of optimizer lbfgs",
     .definition = "0: steepest descent with its line search"},
    {FIELD(schedule), CHOICE(schedule, schedules), .fallback = SCHEDULE_CONSTANT,
     .summary = "how the rate changes during the main phase",
     .definition =
         "after t steps constant: rate; cosine: rate (1 + cos(pi t/T))/2, anew after T; "
         "inverse: rate/(1 + t/T); auto: follows the loss; T = schedule_steps"},
    {FIELD(schedule_steps), INTEGER(schedule_steps, 1, 1e9), .fallback = NAN,
     .summary = "steps of schedules cosine and inverse", .definition = "T"},
    {FIELD(init), CHOICE(init, inits), .fallback = INIT_FAN_IN,
     .summary = "kind of start",
     .definition =
         "fan_in: deviation init_scale/sqrt(d) of W_l and init_scale_h of H_1; constant: "
         "init_scale and init_scale_h; dnc, srg, clique: that solution times init_scale"},
    {FIELD(init_scale), POSITIVE(init_scale, 1e6), .fallback = 1,
     .summary = "scale of the weights at the start", .definition = "as init"},
    {FIELD(init_scale_h), POSITIVE(init_scale_h, 1e6), .fallback = 1,
     .summary = "scale of the features at a random start", .definition = "as init"},
    {FIELD(init_noise), REAL(init_noise, 0, 1e6), .fallback = 0,
     .summary = "deviation of the noise added to a planted start",
     .definition = "of every parameter, of init dnc, srg, clique"},
    {FIELD(max_steps), INTEGER(max_steps, 0, 1e9), .fallback = 200000,
     .summary = "most steps of the main phase",
     .definition = "0: the start alone is measured"},
    {FIELD(max_seconds), .type = PARAMETER_REAL, OFFSET(max_seconds), .maximum = 1e9,
     .above_minimum = true, .units = "s", .fallback = INFINITY,
     .summary = "most seconds of the descent",
     .definition = "infinite: no limit; what it stops is not reproducible"},
    {FIELD(stop_loss_change), REAL(stop_loss_change, 0, 1), .fallback = 1e-7,
     .summary = "relative change of the loss over a window below which descent stops",
     .definition = "stop_reason plateau; 0: no such rule"},
    {FIELD(stop_window), INTEGER(stop_window, 0, 1e9), .fallback = NAN,
     .summary = "steps over which the loss must have stopped changing",
     .definition = "5/(learning_rate least lambda) where it is not given, lbfgs: 500; 0: "
                   "no such rule"},
    {FIELD(stop_gradient), REAL(stop_gradient, 0, 1e6), .fallback = 1e-7,
     .summary = "norm of the gradient below which descent stops",
     .definition = "stop_reason gradient; 0: no such rule"},
    {FIELD(decay_steps), INTEGER(decay_steps, 0, 1e9), .fallback = 0,
     .summary = "steps of a final phase whose rate falls to zero",
     .definition = "linearly, from the rate of the last step; 0: no such phase"},
    {FIELD(curvature), INTEGER(curvature, 0, CURVATURE_STEPS_MAX), .fallback = 0,
     .summary = "most steps to the curvatures of the ending, 0: not measured",
     .definition = "products with the Hessian, of Lanczos' method"},
    {FIELD(kick), REAL(kick, 0, 1e6), .fallback = 0,
     .summary = "size of a kick to return from, relative to the parameters, 0: none",
     .definition = "length of a random vector added to all of them, over their norm"},
};

const int parameter_count = sizeof parameter_table / sizeof *parameter_table;

const struct parameter *parameter_find(const char *name) {
    for (int i = 0; i < parameter_count; i++)
        if (strcmp(parameter_table[i].name, name) == 0) return &parameter_table[i];
    return NULL;
}

static bool is_integer(const struct parameter *parameter) {
    return parameter->type == PARAMETER_INTEGER || parameter->type == PARAMETER_CHOICE;
}

double parameter_value(const struct parameter *parameter, const struct point *point) {
    const char *field = (const char *)point + parameter->offset;
    if (!is_integer(parameter)) return *(const double *)(const void *)field;
    return *(const int *)(const void *)field;
}

void parameter_set(const struct parameter *parameter, double value, struct point *point) {
    char *field = (char *)point + parameter->offset;
    if (!is_integer(parameter))
        *(double *)(void *)field = value;
    else
        *(int *)(void *)field = isnan(value) ? PARAMETER_DERIVED : (int)value;
}

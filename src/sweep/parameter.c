/* The table of all parameters of a point. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "dufm/point.h"

static const char *const losses[] = {"mse", NULL};
static const char *const activations[] = {"relu", "linear", NULL};
static const char *const optimizers[] = {"gd", "momentum", NULL};
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
 * int; those of reals only shut out slips of the exponent. */
const struct parameter parameter_table[] = {
    {FIELD(depth), INTEGER(depth, 1, DEPTH_MAX), .required = true, .fallback = NAN,
     .summary = "number of weight layers L"},
    {FIELD(width), INTEGER(width, 1, 32768), .required = true, .fallback = NAN,
     .summary = "width d of the hidden layers"},
    {FIELD(classes), INTEGER(classes, 2, 32768), .required = true, .fallback = NAN,
     .summary = "number of classes K"},
    {FIELD(samples), INTEGER(samples, 1, 1e6), .fallback = 1,
     .summary = "samples a class n"},
    {FIELD(seed), INTEGER(seed, 0, INT_MAX), .fallback = 0,
     .summary = "seed of the random start"},
    {FIELD(lambda), POSITIVE(lambda, 1e6), .required = true, .fallback = NAN,
     .summary = "regularization of every factor"},
    {FIELD(lambdas), .type = PARAMETER_LAYERS, OFFSET(lambdas), .maximum = 1e6,
     .above_minimum = true, .units = "1", .required = true, .fallback = NAN,
     .summary = "regularization of W_1 .. W_L, one value a layer"},
    {FIELD(lambda_h), POSITIVE(lambda_h, 1e6), .fallback = NAN,
     .summary = "regularization of the features H_1"},
    {"loss", "loss_function", CHOICE(loss, losses), .fallback = LOSS_MSE,
     .summary = "fit term of the objective"},
    {FIELD(activation), CHOICE(activation, activations), .fallback = ACTIVATION_RELU,
     .summary = "activation between layers"},
    {FIELD(optimizer), CHOICE(optimizer, optimizers), .fallback = OPTIMIZER_GD,
     .summary = "optimizer of the descent"},
    {FIELD(learning_rate), POSITIVE(learning_rate, 1e6), .fallback = 0.5,
     .summary = "step size of the main phase"},
    {FIELD(momentum), REAL(momentum, 0, 0.999999), .fallback = 0.9,
     .summary = "momentum of optimizer momentum"},
    {FIELD(init), CHOICE(init, inits), .fallback = INIT_FAN_IN,
     .summary = "kind of start"},
    {FIELD(init_scale), POSITIVE(init_scale, 1e6), .fallback = 1,
     .summary = "scale of the weights at the start"},
    {FIELD(init_scale_h), POSITIVE(init_scale_h, 1e6), .fallback = 1,
     .summary = "scale of the features at a random start"},
    {FIELD(init_noise), REAL(init_noise, 0, 1e6), .fallback = 0,
     .summary = "deviation of the noise added to a planted start"},
    {FIELD(max_steps), INTEGER(max_steps, 0, 1e9), .fallback = 200000,
     .summary = "most steps of the main phase"},
    {FIELD(max_seconds), .type = PARAMETER_REAL, OFFSET(max_seconds), .maximum = 1e9,
     .above_minimum = true, .units = "s", .fallback = INFINITY,
     .summary = "most seconds of the descent"},
    {FIELD(stop_loss_change), REAL(stop_loss_change, 0, 1), .fallback = 1e-7,
     .summary = "relative change of the loss over a window below which descent stops"},
    {FIELD(stop_window), INTEGER(stop_window, 0, 1e9), .fallback = NAN,
     .summary = "steps over which the loss must have stopped changing"},
    {FIELD(stop_gradient), REAL(stop_gradient, 0, 1e6), .fallback = 1e-7,
     .summary = "norm of the gradient below which descent stops"},
    {FIELD(decay_steps), INTEGER(decay_steps, 0, 1e9), .fallback = 0,
     .summary = "steps of a final phase whose rate falls to zero"},
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

/* Time one step of gradient descent, as the program takes it.
 *
 *     step K L d n STEPS [START]
 *
 * descends STEPS steps from a random start with all lambdas 0.004 and the rate 0.02 and
 * prints "microseconds-a-step steps loss". With START the start is first written to that
 * file: H_1, W_1 .. W_L as raw doubles, column major, for another program to begin at.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dufm/blas.h"
#include "dufm/train.h"

/* Everything a descent needs; the views point into the arena. */
struct bench {
    struct problem problem;
    struct model model;
    struct optimizer optimizer;
    struct factors parameters, gradient;
    struct arena arena;
};

static const double bench_lambda = 0.004, bench_rate = 0.02;

static void carve(struct bench *bench) {
    const struct shape *shape = &bench->problem.shape;
    size_t count = shape_parameter_count(shape);
    struct arena *arena = &bench->arena;
    factors_view(&bench->parameters, shape, arena_take(arena, count, sizeof(double)));
    factors_view(&bench->gradient, shape, arena_take(arena, count, sizeof(double)));
    model_carve(&bench->model, &bench->problem, arena);
    const struct optimizer_settings settings = {.kind = OPTIMIZER_GD};
    optimizer_carve(&bench->optimizer, &settings, &bench->model, &bench->parameters,
                    arena);
}

static enum error prepare(struct bench *bench, const struct shape *shape) {
    bench->problem = (struct problem){.shape = *shape,
                                      .loss = LOSS_MSE,
                                      .activation = ACTIVATION_RELU,
                                      .lambda_h = bench_lambda};
    for (int layer = 0; layer < shape->depth; layer++)
        bench->problem.lambdas[layer] = bench_lambda;
    carve(bench);
    TRY(arena_reserve(&bench->arena));
    carve(bench);
    struct random_key key = {.seed = 1,
                             .classes = (uint32_t)shape->classes,
                             .depth = (uint32_t)shape->depth,
                             .width = (uint32_t)shape->width,
                             .samples = (uint32_t)shape->samples};
    struct random_start start = {.init = INIT_FAN_IN, .scale = 1.0, .scale_h = 1.0};
    model_random_start(&bench->parameters, &start, &key);
    return blas_single_thread();
}

static enum error write_start(const char *path, const struct factors *parameters) {
    size_t count = shape_parameter_count(&parameters->shape);
    FILE *file = fopen(path, "wb");
    if (file == NULL) return RAISE(ERROR_SYSTEM, "cannot write %s", path);
    size_t written = fwrite(parameters->data, sizeof(double), count, file);
    if (fclose(file) != 0 || written != count)
        return RAISE(ERROR_SYSTEM, "cannot write %s: is the disk full?", path);
    return ERROR_NONE;
}

static enum error descend(struct bench *bench, int steps) {
    struct history none = {.depth = bench->problem.shape.depth};
    struct training training = {
        .model = &bench->model,
        .optimizer = &bench->optimizer,
        .gradient = &bench->gradient,
        .rules = {.max_steps = steps, .max_seconds = INFINITY},
        .schedule = {.rate = bench_rate},
        .history = &none,
    };
    struct training_report report;
    training_start(&training);
    training_run(&training, &report);
    if (report.reason != STOP_MAX_STEPS)
        return RAISE(ERROR_NUMERIC, "the descent ended after %d of %d steps (reason %d)",
                     report.steps, steps, (int)report.reason);
    printf("%.4f %d %.17g\n", 1e6 * report.seconds / report.steps, report.steps,
           report.terms.total);
    return ERROR_NONE;
}

static enum error run(struct bench *bench, const int *number, const char *start) {
    for (int i = 0; i < 5; i++)
        if (number[i] < 1)
            return RAISE(ERROR_USAGE, "argument %d must be above 0", i + 1);
    if (number[1] > DEPTH_MAX) return RAISE(ERROR_USAGE, "L is at most %d", DEPTH_MAX);
    struct shape shape = {.classes = number[0],
                          .depth = number[1],
                          .width = number[2],
                          .samples = number[3]};
    TRY(prepare(bench, &shape));
    if (start != NULL) TRY(write_start(start, &bench->parameters));
    return descend(bench, number[4]);
}

int main(int count, char **words) {
    if (count != 6 && count != 7) {
        fprintf(stderr, "usage: step K L d n STEPS [START]\n");
        return EXIT_CODE_USAGE;
    }
    int number[5];
    for (int i = 0; i < 5; i++)
        number[i] = atoi(words[i + 1]);
    struct bench bench = {0};
    enum error error = run(&bench, number, count == 7 ? words[6] : NULL);
    arena_release(&bench.arena);
    if (error == ERROR_NONE) return EXIT_CODE_OK;
    fprintf(stderr, "step: %s\n", error_message());
    return error_exit_code(error);
}

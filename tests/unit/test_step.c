/* Steps of the program against a plain loop over CBLAS: explicit gradients, no generated
 * kernels, no scale of the weights, nothing fused. */
#include <cblas.h>
#include <string.h>

#include "dufm/optimizer.h"
#include "problems.h"

static const double rate = 0.02, momentum = 0.8;

/* The plain side: parameters, gradients, velocities, activations. */
struct plain {
    struct problem problem;
    struct factors parameters, gradient, velocity;
    double *post[DEPTH_MAX + 2];  /* post[l] = what W_l multiplies; post[L+1] = Z */
    double *delta[DEPTH_MAX + 2]; /* delta[l]: of post[l] */
    struct arena arena;
};

static void carve(struct plain *plain) {
    const struct shape *shape = &plain->problem.shape;
    size_t samples = (size_t)shape_sample_count(shape);
    struct factors *blocks[] = {&plain->parameters, &plain->gradient, &plain->velocity};
    for (int i = 0; i < 3; i++)
        factors_view(
            blocks[i], shape,
            arena_take(&plain->arena, shape_parameter_count(shape), sizeof(double)));
    plain->post[1] = plain->parameters.feature;
    plain->delta[1] = plain->gradient.feature;
    for (int layer = 1; layer <= shape->depth; layer++) {
        size_t count = (size_t)shape_rows(shape, layer) * samples;
        plain->post[layer + 1] = arena_take(&plain->arena, count, sizeof(double));
        plain->delta[layer + 1] = arena_take(&plain->arena, count, sizeof(double));
    }
}

static void forward(struct plain *plain) {
    const struct shape *shape = &plain->problem.shape;
    int samples = shape_sample_count(shape), width = shape->width;
    for (int layer = 1; layer <= shape->depth; layer++) {
        int rows = shape_rows(shape, layer);
        double *out = plain->post[layer + 1];
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, rows, samples, width, 1.0,
                    plain->parameters.weight[layer - 1], rows, plain->post[layer], width,
                    0.0, out, rows);
        bool rectified =
            layer < shape->depth && plain->problem.activation == ACTIVATION_RELU;
        for (int i = 0; rectified && i < rows * samples; i++)
            if (!(out[i] > 0)) out[i] = 0;
    }
    double *delta = plain->delta[shape->depth + 1];
    for (int i = 0; i < shape->classes * samples; i++) {
        bool own = i % shape->classes == i / shape->classes / shape->samples;
        delta[i] = (plain->post[shape->depth + 1][i] - own) / samples;
    }
}

static void backward(struct plain *plain) {
    const struct shape *shape = &plain->problem.shape;
    int samples = shape_sample_count(shape), width = shape->width;
    for (int layer = shape->depth; layer >= 1; layer--) {
        int rows = shape_rows(shape, layer);
        const double *delta = plain->delta[layer + 1], *input = plain->post[layer];
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, rows, width, samples, 1.0,
                    delta, rows, input, width, 0.0, plain->gradient.weight[layer - 1],
                    rows);
        cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, width, samples, rows, 1.0,
                    plain->parameters.weight[layer - 1], rows, delta, rows, 0.0,
                    plain->delta[layer], width);
        bool gated = layer > 1 && plain->problem.activation == ACTIVATION_RELU;
        for (int i = 0; gated && i < width * samples; i++)
            if (!(input[i] > 0)) plain->delta[layer][i] = 0;
    }
}

static void descend(struct plain *plain, double coefficient) {
    const struct problem *problem = &plain->problem;
    const struct shape *shape = &problem->shape;
    for (int layer = 0; layer <= shape->depth; layer++) {
        bool feature = layer == 0;
        size_t count =
            (size_t)shape->width *
            (size_t)(feature ? shape_sample_count(shape) : shape_rows(shape, layer));
        double lambda = feature ? problem->lambda_h : problem->lambdas[layer - 1];
        double *x =
            feature ? plain->parameters.feature : plain->parameters.weight[layer - 1];
        double *g = feature ? plain->gradient.feature : plain->gradient.weight[layer - 1];
        double *v = feature ? plain->velocity.feature : plain->velocity.weight[layer - 1];
        for (size_t i = 0; i < count; i++) {
            v[i] = coefficient * v[i] + g[i] + lambda * x[i];
            x[i] -= rate * v[i];
        }
    }
}

/* Largest difference, relative to the largest parameter. */
static double distance(const struct factors *a, const struct factors *b, size_t count) {
    double most = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        most = fmax(most, fabs(a->data[i] - b->data[i]));
        largest = fmax(largest, fabs(b->data[i]));
    }
    return most / largest;
}

static void check(const struct problem *problem, enum optimizer_kind kind) {
    struct plain plain = {.problem = *problem};
    struct fixture fused;
    struct optimizer optimizer;
    struct arena arena = {0};
    size_t count = shape_parameter_count(&problem->shape);
    carve(&plain);
    assert_ok(arena_reserve(&plain.arena));
    plain.arena.used = 0;
    carve(&plain);
    fixture_set_up(&fused, problem, 1.0);
    const struct optimizer_settings settings = {.kind = kind, .momentum = momentum};
    optimizer_carve(&optimizer, &settings, &fused.model, &fused.parameters, &arena);
    if (arena.used > 0) {
        assert_ok(arena_reserve(&arena));
        optimizer_carve(&optimizer, &settings, &fused.model, &fused.parameters, &arena);
    }
    memcpy(plain.parameters.data, fused.parameters.data, count * sizeof(double));
    optimizer.rate = rate;
    for (int step = 1; step <= 50; step++) {
        forward(&plain);
        backward(&plain);
        descend(&plain, kind == OPTIMIZER_MOMENTUM ? momentum : 0);
        assert_true(optimizer_step(&optimizer, optimizer_forward(&optimizer)));
        if (step != 1 && step != 50) continue;
        factors_normalize(&fused.parameters);
        assert_near(distance(&fused.parameters, &plain.parameters, count), 0,
                    step == 1 ? 1e-14 : 1e-9);
    }
    arena_release(&arena);
    arena_release(&plain.arena);
    fixture_tear_down(&fused);
}

static void test_shapes(void **state) {
    (void)state;
    const struct shape shapes[] = {
        {1, 1, 2, 1, 0},   {2, 2, 3, 2, 0},    {3, 7, 3, 5, 0},   {4, 8, 6, 1, 0},
        {2, 9, 2, 7, 0},   {3, 16, 6, 1, 0},   {5, 30, 10, 1, 0}, {4, 31, 15, 2, 0},
        {3, 64, 10, 7, 0}, {7, 64, 15, 1, 0},  {2, 65, 40, 1, 0}, {3, 100, 40, 3, 0},
        {2, 129, 3, 2, 0}, {3, 257, 10, 1, 0}, {2, 257, 40, 7, 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int activation = ACTIVATION_RELU; activation <= ACTIVATION_LINEAR;
             activation++)
            for (int kind = OPTIMIZER_GD; kind <= OPTIMIZER_MOMENTUM; kind++) {
                struct problem problem =
                    make_problem(shapes[i], (enum activation_kind)activation);
                check(&problem, (enum optimizer_kind)kind);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes)};
    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}

/* Problems with random parameters, for the tests of everything that works on a model. */
#ifndef DUFM_TEST_PROBLEMS_H
#define DUFM_TEST_PROBLEMS_H

#include "dufm/model.h"
#include "unit.h"

struct fixture {
    struct problem problem;
    struct model model;
    struct factors parameters, gradient, other;
    struct arena arena;
};

static inline struct problem make_problem(struct shape shape,
                                          enum activation_kind activation) {
    struct problem problem = {
        .shape = shape, .activation = activation, .lambda_h = 0.013};
    for (int layer = 0; layer < shape.depth; layer++)
        problem.lambdas[layer] = 0.004 + 0.003 * layer;
    return problem;
}

static inline void carve_fixture(struct fixture *fixture) {
    const struct shape *shape = &fixture->problem.shape;
    struct factors *blocks[] = {&fixture->parameters, &fixture->gradient,
                                &fixture->other};
    for (int i = 0; i < 3; i++)
        factors_view(
            blocks[i], shape,
            arena_take(&fixture->arena, shape_parameter_count(shape), sizeof(double)));
    model_carve(&fixture->model, &fixture->problem, &fixture->arena);
}

/* Buffers for the problem, and random parameters of deviation `scale` by fan-in. */
static inline void fixture_set_up(struct fixture *fixture, const struct problem *problem,
                                  double scale) {
    *fixture = (struct fixture){.problem = *problem};
    carve_fixture(fixture);
    assert_ok(arena_reserve(&fixture->arena));
    carve_fixture(fixture);
    struct random_key key = {.seed = 7, .depth = (uint32_t)problem->shape.depth};
    struct random_start start = {INIT_FAN_IN, scale, 1.0};
    model_random_start(&fixture->parameters, &start, &key);
}

static inline void fixture_tear_down(struct fixture *fixture) {
    arena_release(&fixture->arena);
}

#endif

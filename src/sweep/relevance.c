/* Which parameters depend on which: what lets a question about a grid of 10^8 points be
 * answered by a few combinations. */
#include "combination.h"
#include "dufm/memory.h"

enum { INPUTS_MAX = 6 };

/* A parameter is made from others, where `when` is given instead of it. Too many inputs
 * cost time, too few would be wrong. */
static const struct dependence {
    const char *parameter;
    const char *when; /* NULL: always */
    const char *inputs[INPUTS_MAX];
} dependences[] = {
    {"width", "width_per_class", {"width_per_class", "classes"}},
    {"lambda", "kappa_ratio", {"kappa_ratio", "depth", "classes", "samples", "lambda_h"}},
    {"lambda", NULL, {"lambdas"}}, /* one replaces the other */
    {"lambdas", NULL, {"lambda", "depth"}},
    {"lambda_h", NULL, {"lambda", "lambdas"}},
    {"max_steps", "horizon", {"horizon", "learning_rate", "lambdas", "lambda_h"}},
    {"stop_window", NULL, {"learning_rate", "lambdas", "lambda_h"}},
    {"learning_rate", NULL, {"optimizer"}},
    {"momentum", NULL, {"optimizer"}},
    {"beta1", NULL, {"optimizer"}},
    {"beta2", NULL, {"optimizer"}},
    {"epsilon", NULL, {"optimizer"}},
    {"lbfgs_memory", NULL, {"optimizer"}},
    {"schedule", NULL, {"optimizer"}},
    {"schedule_steps", NULL, {"schedule", "max_steps"}},
    {"decay_steps", NULL, {"optimizer"}},
    {"width_per_class", NULL, {"width", "classes"}},
    {"kappa_ratio", NULL, {"depth", "classes", "samples", "lambdas", "lambda_h"}},
    {"horizon", NULL, {"max_steps", "learning_rate", "lambdas", "lambda_h"}},
};

static uint64_t bit(int number) {
    return UINT64_C(1) << number;
}

bool relevance_gives(const struct grid *grid, int number) {
    const struct parameter *parameter = given_row(number);
    if (grid_find(grid, parameter) != NULL) return true;
    for (int i = 0; i < grid->override_count; i++)
        for (int j = 0; j < grid->overrides[i].set_count; j++)
            if (grid->overrides[i].set[j].parameter == parameter) return true;
    return false;
}

static uint64_t used_by(const struct condition *condition) {
    uint64_t used = 0;
    for (int i = 0; i < given_count(); i++)
        if (condition_uses(condition, i)) used |= bit(i);
    return used;
}

static void add_dependences(struct grid *grid) {
    for (size_t i = 0; i < sizeof dependences / sizeof *dependences; i++) {
        const struct dependence *row = &dependences[i];
        if (row->when != NULL && !relevance_gives(grid, given_find(row->when))) continue;
        for (int j = 0; j < INPUTS_MAX && row->inputs[j] != NULL; j++)
            grid->inputs[given_find(row->parameter)] |= bit(given_find(row->inputs[j]));
    }
}

/* What is overridden depends on what the condition looks at. */
static void add_overrides(struct grid *grid) {
    for (int i = 0; i < grid->override_count; i++) {
        const struct override *row = &grid->overrides[i];
        for (int j = 0; j < row->set_count; j++)
            grid->inputs[given_number(row->set[j].parameter)] |= used_by(row->where);
    }
}

/* The parameters with everything that they depend on. */
static uint64_t close(const struct grid *grid, uint64_t parameters) {
    for (uint64_t before = 0; before != parameters;) {
        before = parameters;
        for (int i = 0; i < given_count(); i++)
            if (before & bit(i)) parameters |= grid->inputs[i];
    }
    return parameters;
}

uint64_t relevance_of_parameter(const struct grid *grid, int number) {
    return close(grid, bit(number));
}

uint64_t relevance_of_condition(const struct grid *grid,
                                const struct condition *condition) {
    return close(grid, used_by(condition));
}

uint64_t relevance_zips(const struct grid *grid, uint64_t parameters) {
    uint64_t zips = 0;
    for (int z = 0; z < grid->zip_count; z++)
        for (int i = 0; i < grid->zips[z].size; i++) {
            const struct axis *axis = &grid->axes[grid->zips[z].first + i];
            if (parameters & bit(given_number(axis->parameter))) zips |= bit(z);
        }
    return zips;
}

/* Stored parameters that others are made of or that are made of others, and what enters
 * conditions. */
static uint64_t find_entangled(const struct grid *grid) {
    uint64_t entangled = 0;
    for (int i = 0; i < parameter_count; i++)
        if (grid->inputs[i] != 0) entangled |= close(grid, bit(i));
    for (int i = 0; i < grid->exclude_count; i++)
        entangled |= relevance_of_condition(grid, grid->excludes[i]);
    for (int i = 0; i < grid->override_count; i++)
        entangled |= relevance_of_condition(grid, grid->overrides[i].where);
    return entangled;
}

enum error relevance_prepare(struct grid *grid) {
    void *memory = NULL;
    TRY(memory_allocate((size_t)given_count(), sizeof *grid->inputs, &memory));
    grid->inputs = memory;
    add_dependences(grid);
    add_overrides(grid);
    grid->entangled = find_entangled(grid);
    return ERROR_NONE;
}

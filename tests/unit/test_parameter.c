/* The table of parameters, derived parameters, identities of points. */
#include "unit.h"

#include <string.h>

#include "dufm/effect.h"
#include "dufm/given.h"
#include "dufm/hash.h"
#include "dufm/point.h"

static struct point example(void) {
    struct point point;
    point_clear(&point);
    point.depth = 4;
    point.width = 30;
    point.classes = 10;
    point.lambda = 0.004;
    return point;
}

static struct point resolved(struct point point) {
    point_resolve(&point);
    return point;
}

static void table_is_sound(void **state) {
    (void)state;
    assert_in_range(given_count(), parameter_count + 1, GIVEN_MAX - 1); /* bits */
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *row = &parameter_table[i];
        assert_ptr_equal(parameter_find(row->name), row);
        assert_true(row->minimum < row->maximum || row->type == PARAMETER_CHOICE);
        assert_true(strlen(row->summary) > 0 && strlen(row->units) > 0);
        assert_true(row->offset < sizeof(struct point));
        if (row->required) assert_true(isnan(row->fallback));
        if (!isnan(row->fallback) && isfinite(row->fallback))
            assert_true(row->fallback >= row->minimum && row->fallback <= row->maximum);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(row->stored_name, parameter_table[j].stored_name);
            assert_int_not_equal(row->offset, parameter_table[j].offset);
        }
    }
    assert_string_equal(parameter_find("loss")->stored_name, "loss_function");
    assert_null(parameter_find("depht"));
}

/* Every field that the table sets is read back by it, and no other changes. */
static void fields_are_set_and_read(void **state) {
    (void)state;
    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *row = &parameter_table[i];
        if (row->type == PARAMETER_LAYERS) continue;
        struct point point = example(), before = point;
        parameter_set(row, 1, &point);
        assert_true(parameter_value(row, &point) == 1);
        for (int j = 0; j < parameter_count; j++) {
            const struct parameter *other = &parameter_table[j];
            if (j == i || other->type == PARAMETER_LAYERS) continue;
            double old = parameter_value(other, &before);
            double now = parameter_value(other, &point);
            assert_true(now == old || (isnan(now) && isnan(old)));
        }
    }
}

static void one_lambda_sets_all(void **state) {
    (void)state;
    struct point point = resolved(example());
    for (int layer = 0; layer < point.depth; layer++)
        assert_true(point.lambdas[layer] == 0.004);
    assert_true(point.lambda_h == 0.004);
    assert_int_equal(point.stop_window, 2500); /* 5 / (0.5 * 0.004) */
    assert_true(point.momentum == 0);
    assert_int_equal(point.samples, 1);
}

static void layers_have_their_own_lambdas(void **state) {
    (void)state;
    struct point point = example();
    const double lambdas[] = {0.01, 0.002, 0.003, 0.004};
    point.lambda = NAN;
    point.optimizer = OPTIMIZER_MOMENTUM;
    memcpy(point.lambdas, lambdas, sizeof lambdas);
    point_resolve(&point);
    assert_true(isnan(point.lambda));
    assert_memory_equal(point.lambdas, lambdas, sizeof lambdas);
    assert_true(point.lambda_h == 0.01);
    assert_int_equal(point.stop_window, 5000); /* the least of them is the slowest */
    assert_true(point.momentum == 0.9);
}

static void given_values_stay(void **state) {
    (void)state;
    struct point point = example();
    point.lambda_h = 0.5;
    point.stop_window = 0;
    point_resolve(&point);
    assert_true(point.lambda_h == 0.5);
    assert_int_equal(point.stop_window, 0);
    struct point tiny = example();
    tiny.lambda = 1e-12;
    point_resolve(&tiny);
    assert_int_equal(tiny.stop_window, INT_MAX);
}

/* Pinned: a change of these breaks every result file that exists. The text hashed is
 * written out beside each. */
static void identities_are_pinned(void **state) {
    (void)state;
    static const char plain[] =
        "depth=4\nwidth=30\nclasses=10\nlambda=0.0040000000000000001\n";
    static const char other[] = "depth=4\nwidth=30\nclasses=10\nseed=7\n"
                                "lambdas=0.25,0.5,0.125,1\nlambda_h=0.0625\n"
                                "optimizer=momentum\ninit=srg\nmax_seconds=10\n";
    struct point point = resolved(example());
    assert_int_equal(point_identity(&point), hash_block(plain, strlen(plain)));
    assert_int_equal(point_identity(&point), UINT64_C(0xfe086501850f64ad));

    const double lambdas[] = {0.25, 0.5, 0.125, 1};
    point = example();
    point.seed = 7;
    point.lambda = NAN;
    memcpy(point.lambdas, lambdas, sizeof lambdas);
    point.lambda_h = 0.0625;
    point.optimizer = OPTIMIZER_MOMENTUM;
    point.init = INIT_SRG;
    point.max_seconds = 10;
    point_resolve(&point);
    assert_int_equal(point_identity(&point), hash_block(other, strlen(other)));
    assert_int_equal(point_identity(&point), UINT64_C(0x1d6ca7e5de92a43b));
}

/* The same point said in different words has one identity. */
static void identity_is_of_the_point(void **state) {
    (void)state;
    uint64_t identity;
    struct point point = resolved(example());
    identity = point_identity(&point);

    struct point spelled = example();
    spelled.lambda_h = 0.004;
    spelled.samples = 1;
    spelled.stop_window = 2500;
    point_resolve(&spelled);
    assert_int_equal(point_identity(&spelled), identity);

    struct point layers = example();
    layers.lambda = NAN;
    for (int layer = 0; layer < layers.depth; layer++)
        layers.lambdas[layer] = 0.004;
    point_resolve(&layers);
    assert_int_equal(point_identity(&layers), identity);

    for (int i = 0; i < parameter_count; i++) {
        const struct parameter *row = &parameter_table[i];
        struct point changed = point;
        if (row->type == PARAMETER_LAYERS) {
            changed.lambdas[2] *= 2;
        } else if (row->offset == offsetof(struct point, lambda) ||
                   row->offset == offsetof(struct point, loss)) {
            continue; /* lambda acts through lambdas; there is one loss */
        } else {
            bool unlimited = isinf(parameter_value(row, &point));
            parameter_set(row, unlimited ? 60 : parameter_value(row, &point) + 1,
                          &changed);
        }
        assert_int_not_equal(point_identity(&changed), identity);
    }
}

/* Values that the optimizer does not look at do not enter the identity; those that it does
 * look at do. */
static void identity_is_of_what_is_used(void **state) {
    (void)state;
    static const char *const used[][8] = {
        [OPTIMIZER_GD] = {"learning_rate", "schedule", "decay_steps", NULL},
        [OPTIMIZER_MOMENTUM] = {"learning_rate", "schedule", "decay_steps", "momentum",
                                NULL},
        [OPTIMIZER_ADAM] = {"learning_rate", "schedule", "decay_steps", "beta1", "beta2",
                            "epsilon", NULL},
        [OPTIMIZER_LBFGS] = {"lbfgs_memory", NULL}};
    static const struct {
        const char *name;
        double value;
    } others[] = {{"learning_rate", 0.125}, {"schedule", SCHEDULE_INVERSE},
                  {"schedule_steps", 7},    {"decay_steps", 9},
                  {"momentum", 0.25},       {"beta1", 0.25},
                  {"beta2", 0.25},          {"epsilon", 0.25},
                  {"lbfgs_memory", 3}};
    for (int optimizer = OPTIMIZER_GD; optimizer <= OPTIMIZER_LBFGS; optimizer++)
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            struct point plain = example();
            plain.optimizer = optimizer;
            struct point changed = plain;
            const struct parameter *row = parameter_find(others[i].name);
            parameter_set(row, others[i].value, &changed);
            point_resolve(&plain);
            point_resolve(&changed);
            bool looks = false;
            for (int j = 0; used[optimizer][j] != NULL; j++)
                looks = looks || strcmp(used[optimizer][j], row->name) == 0;
            assert_int_equal(point_identity(&plain) != point_identity(&changed), looks);
            assert_int_equal(point_equals(&plain, &changed), !looks);
            if (!looks) assert_true(parameter_value(row, &changed) == effect_idle(row));
        }
}

/* The steps of a schedule are max_steps unless given, and then the trail knows its end. */
static void schedules_have_steps(void **state) {
    (void)state;
    struct point derived = example(), given = example(), later = example();
    derived.schedule = given.schedule = later.schedule = SCHEDULE_COSINE;
    derived.max_steps = given.max_steps = given.schedule_steps = 5000;
    later.max_steps = 6000;
    point_resolve(&derived);
    point_resolve(&given);
    point_resolve(&later);
    assert_int_equal(derived.schedule_steps, 5000);
    assert_int_equal(point_identity(&derived), point_identity(&given));
    assert_int_not_equal(point_trail(&derived), point_trail(&later));
    later.schedule_steps = 5000;
    assert_int_equal(point_trail(&derived), point_trail(&later));
    assert_int_not_equal(point_identity(&derived), point_identity(&later));
    derived.max_steps = 0;
    derived.schedule_steps = PARAMETER_DERIVED;
    point_resolve(&derived);
    assert_int_equal(derived.schedule_steps, 1);
}

static void random_key_is_the_shape_and_seed(void **state) {
    (void)state;
    struct point point = resolved(example());
    point.seed = 5;
    struct random_key key = point_random_key(&point);
    assert_int_equal(key.seed, 5);
    assert_int_equal(key.classes, 10);
    assert_int_equal(key.depth, 4);
    assert_int_equal(key.width, 30);
    assert_int_equal(key.samples, 1);
}

/* n/R, rounded, at least 1; of the last floor(K/2) classes. */
static void samples_of_the_second_half(void **state) {
    (void)state;
    static const struct {
        int classes, samples;
        double imbalance;
        int minority, count;
    } table[] = {{4, 10, 1, 10, 40},  {4, 10, 4, 3, 26},     {5, 10, 4, 3, 36},
                 {4, 10, 100, 1, 22}, {4, 10, 1.05, 10, 40}, {2, 1, 5, 1, 2}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct point point = example();
        point.classes = table[i].classes;
        point.samples = table[i].samples;
        point.imbalance = table[i].imbalance;
        assert_int_equal(point_minority(&point), table[i].minority);
        assert_int_equal(point_sample_count(&point), table[i].count);
    }
}

/* Only what is unbalanced has another identity; the numbers of its start are the same. */
static void imbalance_is_part_of_the_identity(void **state) {
    (void)state;
    struct point balanced = example(), same, unbalanced;
    balanced.samples = 10;
    same = unbalanced = balanced;
    same.imbalance = 1;
    unbalanced.imbalance = 4;
    balanced = resolved(balanced);
    same = resolved(same);
    unbalanced = resolved(unbalanced);
    assert_true(point_identity(&balanced) == point_identity(&same));
    assert_true(point_identity(&balanced) != point_identity(&unbalanced));
    struct random_key one = point_random_key(&balanced),
                      other = point_random_key(&unbalanced);
    assert_memory_equal(&one, &other, sizeof one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(fields_are_set_and_read),
        cmocka_unit_test(one_lambda_sets_all),
        cmocka_unit_test(layers_have_their_own_lambdas),
        cmocka_unit_test(given_values_stay),
        cmocka_unit_test(identities_are_pinned),
        cmocka_unit_test(identity_is_of_the_point),
        cmocka_unit_test(identity_is_of_what_is_used),
        cmocka_unit_test(schedules_have_steps),
        cmocka_unit_test(random_key_is_the_shape_and_seed),
        cmocka_unit_test(samples_of_the_second_half),
        cmocka_unit_test(imbalance_is_part_of_the_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

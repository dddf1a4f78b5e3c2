/* Classes found to be the edges of a complete graph, whatever their order. */
#include "dufm/arrangement.h"
#include "endings.h"

enum { ORDER_LARGEST = 12, CLASSES = ORDER_LARGEST * (ORDER_LARGEST - 1) / 2 };

static double similarity[CLASSES * CLASSES];
static int place[CLASSES];

struct found {
    struct arrangement arrangement;
    struct arena arena;
};

static void find(struct found *found, int order) {
    found->arena = (struct arena){0};
    arrangement_carve(&found->arrangement, CLASSES, &found->arena);
    assert_ok(arena_reserve(&found->arena));
    arrangement_carve(&found->arrangement, CLASSES, &found->arena);
    arrangement_find(&found->arrangement, order, similarity);
}

/* Every class has an edge of its own, with vertices below r. */
static void check_edges(const struct found *found, int order) {
    int(*ends)[2] = found->arrangement.ends, classes = order * (order - 1) / 2;
    for (int a = 0; a < classes; a++) {
        assert_true(0 <= ends[a][0] && ends[a][0] < ends[a][1] && ends[a][1] < order);
        for (int b = 0; b < a; b++)
            assert_true(arrangement_shared(&found->arrangement, a, b) < 2);
        assert_int_equal(arrangement_shared(&found->arrangement, a, a), 2);
    }
}

/* Adjacency of the edges of K_r in the order `place`, with symmetric noise. */
static void graph(int order, double noise, unsigned seed) {
    int classes = order * (order - 1) / 2;
    static double deviate[CLASSES * CLASSES];
    random_normal(&(struct random_key){.seed = seed}, 0, deviate,
                  (size_t)(classes * classes));
    for (int a = 0; a < classes; a++)
        for (int b = 0; b < classes; b++)
            similarity[a * classes + b] =
                edges_share(order, place[a], place[b]) +
                noise * deviate[a < b ? a * classes + b : b * classes + a];
}

static void test_every_order(void **state) {
    (void)state;
    for (int order = 4; order <= ORDER_LARGEST; order++)
        for (int seed = 0; seed < 6; seed++) {
            int classes = order * (order - 1) / 2;
            struct found found;
            shuffle(place, classes, seed);
            graph(order, seed < 3 ? 0 : 0.15, (unsigned)seed);
            find(&found, order);
            check_edges(&found, order);
            for (int a = 0; a < classes; a++)
                for (int b = 0; b < classes; b++)
                    assert_int_equal(arrangement_shared(&found.arrangement, a, b),
                                     edges_share(order, place[a], place[b]));
            arena_release(&found.arena);
        }
}

static double adjacent_sum(const struct found *found, int classes) {
    double sum = 0;
    for (int a = 0; a < classes; a++)
        for (int b = 0; b < a; b++)
            if (arrangement_shared(&found->arrangement, a, b) == 1)
                sum += similarity[a * classes + b];
    return sum;
}

/* The graph of Chang has all parameters and the spectrum of that of K_8, and is another
 * one: adjacency exchanged between four disjoint edges and the rest. */
static void test_chang(void **state) {
    (void)state;
    enum { ORDER = 8, COUNT = 28 };
    struct found found;
    bool chosen[COUNT];
    shuffle(place, COUNT, 0);
    graph(ORDER, 0, 0);
    for (int k = 0; k < COUNT; k++) {
        int ends[2];
        edge_ends(ORDER, k, ends);
        chosen[k] = ends[0] % 2 == 0 && ends[1] == ends[0] + 1;
    }
    for (int i = 0; i < COUNT * COUNT; i++)
        if (chosen[i / COUNT] != chosen[i % COUNT]) similarity[i] = 1 - similarity[i];
    for (int a = 0; a < COUNT; a++) { /* regular of degree 2(r-2) */
        double degree = 0;
        for (int b = 0; b < COUNT; b++)
            degree += a == b ? 0 : similarity[a * COUNT + b];
        assert_near(degree, 12, 1e-12);
    }
    find(&found, ORDER);
    check_edges(&found, ORDER);
    assert_true(adjacent_sum(&found, COUNT) < COUNT * 6 - 0.5);
    arena_release(&found.arena);
}

/* At r = 4 a mirrored arrangement has the same pairs and other corners. */
static void test_mirror(void **state) {
    (void)state;
    enum { COUNT = 6 };
    for (int seed = 0; seed < 6; seed++) {
        struct found found;
        int before[COUNT][2];
        shuffle(place, COUNT, seed);
        graph(4, 0, 0);
        find(&found, 4);
        memcpy(before, found.arrangement.ends, sizeof before);
        arrangement_mirror(&found.arrangement);
        check_edges(&found, 4);
        for (int i = 0; i < COUNT * COUNT; i++)
            assert_int_equal(arrangement_shared(&found.arrangement, i / COUNT, i % COUNT),
                             edges_share(4, place[i / COUNT], place[i % COUNT]));
        assert_memory_not_equal(before[0], found.arrangement.ends[0], sizeof before[0]);
        arrangement_mirror(&found.arrangement);
        assert_memory_equal(before, found.arrangement.ends, sizeof before);
        arena_release(&found.arena);
    }
}

/* Nothing to go by, or no numbers: some arrangement still. */
static void test_without_structure(void **state) {
    (void)state;
    const double values[] = {0, 1, -1, NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 6; i++)
        for (int order = 4; order < 8; order++) {
            struct found found;
            for (int j = 0; j < CLASSES * CLASSES; j++)
                similarity[j] = values[i];
            find(&found, order);
            check_edges(&found, order);
            arena_release(&found.arena);
        }
}

/* On random similarities of six classes, where all 6! orders can be tried: never better
 * than the best, and not far from it. */
static void test_near_the_best(void **state) {
    (void)state;
    enum { COUNT = 6, TRIALS = 20 };
    double share = 0;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        double noise[COUNT * COUNT], best = -INFINITY, mean = 0;
        struct found found;
        random_normal(&(struct random_key){.seed = trial}, 1, noise, COUNT * COUNT);
        for (int a = 0; a < COUNT; a++)
            for (int b = 0; b < COUNT; b++)
                similarity[a * COUNT + b] = noise[a < b ? a * COUNT + b : b * COUNT + a];
        /* The three pairs that are not adjacent: 15 ways to pair six classes. */
        double total = 0;
        for (int a = 0; a < COUNT; a++)
            for (int b = 0; b < a; b++)
                total += similarity[a * COUNT + b];
        for (int a = 1; a < COUNT; a++) {
            int rest[4] = {0}, count = 0;
            for (int k = 1; k < COUNT; k++)
                if (k != a) rest[count++] = k;
            for (int i = 1; i < 4; i++) {
                int other = i == 1 ? 2 : 1, last = 6 - i - other;
                double value = total - similarity[a] -
                               similarity[rest[0] * COUNT + rest[i]] -
                               similarity[rest[other] * COUNT + rest[last]];
                best = fmax(best, value);
                mean += value / 15;
            }
        }
        find(&found, 4);
        double got = adjacent_sum(&found, COUNT);
        assert_true(got <= best + 1e-12);
        share += (got - mean) / (best - mean) / TRIALS;
        arena_release(&found.arena);
    }
    assert_true(share > 0.9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_order),   cmocka_unit_test(test_chang),
        cmocka_unit_test(test_mirror),        cmocka_unit_test(test_without_structure),
        cmocka_unit_test(test_near_the_best),
    };
    return cmocka_run_group_tests_name("arrangement", tests, NULL, NULL);
}

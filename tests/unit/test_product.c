/* Products by every route against sums written out, on shapes with every kind of edge. */
#include <string.h>

#include "dufm/product.h"
#include "dufm/random.h"
#include "unit.h"

enum { SIDE = 257 };

static double a[SIDE * SIDE], b[SIDE * SIDE], c[SIDE * SIDE], want[SIDE * SIDE];

static void fill(void) {
    struct random_key key = {.seed = 11};
    random_normal(&key, 1, a, SIDE * SIDE);
    random_normal(&key, 2, b, SIDE * SIDE);
}

/* C (+)= A B, with A and B in the form of the kind. */
static void sum_written_out(const struct product_shape *shape, double *out) {
    int m = shape->m, n = shape->n, k = shape->k;
    bool left = shape->kind == PRODUCT_LEFT_TRANSPOSED;
    bool right = shape->kind == PRODUCT_RIGHT_TRANSPOSED;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < m; i++) {
            double sum = shape->accumulate ? out[j * m + i] : 0.0;
            for (int s = 0; s < k; s++)
                sum += (left ? a[i * k + s] : a[s * m + i]) *
                       (right ? b[s * n + j] : b[j * k + s]);
            out[j * m + i] = sum;
        }
}

static void carve_reserved(struct product *product, const struct product_shape *shape,
                           struct arena *arena) {
    product_carve(product, shape, arena);
    assert_ok(arena_reserve(arena));
    product_carve(product, shape, arena);
}

static void check(const struct product_shape *shape) {
    struct arena arena = {0};
    struct product product;
    size_t count = (size_t)shape->m * (size_t)shape->n;
    carve_reserved(&product, shape, &arena);
    for (int by_blas = 0; by_blas < 2; by_blas++) {
        for (size_t i = 0; i < count; i++)
            c[i] = want[i] = shape->accumulate ? b[SIDE * SIDE - 1 - i] : NAN;
        sum_written_out(shape, want);
        if (by_blas)
            product_run_blas(shape, a, b, c);
        else
            product_run(&product, a, b, c);
        for (size_t i = 0; i < count; i++)
            assert_near(c[i], want[i], 1e-12 * (shape->k + 1));
    }
    arena_release(&arena);
}

static void test_shapes(void **state) {
    (void)state;
    const int sizes[][3] = {{1, 1, 1},    {2, 3, 1},     {7, 5, 3},      {16, 6, 16},
                            {30, 10, 30}, {10, 30, 30},  {33, 21, 40},   {64, 10, 64},
                            {65, 63, 31}, {257, 3, 129}, {129, 40, 257}, {200, 200, 200},
                            {31, 13, 8},  {8, 12, 23},   {100, 24, 17},  {70, 64, 66}};
    fill();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = PRODUCT_PLAIN; kind <= PRODUCT_RIGHT_TRANSPOSED; kind++)
            for (int accumulate = 0; accumulate < 2; accumulate++) {
                struct product_shape shape = {(enum product_kind)kind, sizes[i][0],
                                              sizes[i][1], sizes[i][2], accumulate != 0};
                check(&shape);
            }
}

/* Each edge is the plain product followed by its definition. */
static void test_edges(void **state) {
    (void)state;
    static double gate[SIDE * SIDE], plain[SIDE * SIDE];
    struct random_key key = {.seed = 12};
    const int sizes[][3] = {
        {1, 1, 1}, {30, 10, 30}, {33, 15, 9}, {64, 30, 64}, {65, 100, 31}};
    fill();
    random_normal(&key, 3, gate, SIDE * SIDE);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = PRODUCT_PLAIN; kind <= PRODUCT_RIGHT_TRANSPOSED; kind++)
            for (int edge_kind = EDGE_SCALE; edge_kind <= EDGE_GATE; edge_kind++) {
                struct product_shape shape = {(enum product_kind)kind, sizes[i][0],
                                              sizes[i][1], sizes[i][2], false};
                struct product_edge edge = {(enum product_edge_kind)edge_kind, 1.5, gate};
                struct arena arena = {0};
                struct product product;
                carve_reserved(&product, &shape, &arena);
                product_run(&product, a, b, plain);
                product_run_edged(&product, a, b, c, &edge);
                for (int j = 0; j < shape.m * shape.n; j++) {
                    double x = 1.5 * plain[j];
                    if (edge_kind == EDGE_RECTIFY && !(x > 0)) x = 0;
                    if (edge_kind == EDGE_GATE && !(gate[j] > 0)) x = 0;
                    assert_near(c[j], x, 0);
                }
                arena_release(&arena);
            }
}

/* A layout measured for the largest shape has room for every smaller one. */
static void test_room(void **state) {
    (void)state;
    struct arena arena = {0};
    struct product product;
    struct product_shape shape = {PRODUCT_LEFT_TRANSPOSED, 512, 70, 512, false};
    product_carve(&product, &shape, &arena);
    assert_ok(arena_reserve(&arena));
    for (shape.m = 1; shape.m <= 512; shape.m += 7)
        for (shape.k = 1; shape.k <= 512; shape.k += 73) {
            arena.used = 0;
            product_carve(&product, &shape, &arena);
            assert_true(arena.used <= arena.size);
            if (product.route == PRODUCT_COPY_LEFT)
                assert_true((size_t)shape.m * (size_t)shape.k * sizeof(double) <=
                            arena.used);
        }
    arena_release(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests_name("product", tests, NULL, NULL);
}

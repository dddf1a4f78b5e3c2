/* What the triangular factor of tall features costs beside one product of that size: the factor
 * block by block (triangle.h), the same by LAPACK's dtpqrt, of blocks that are transposed
 * already, and dsyrk, whose Gram matrix would lose small singular values. They take turns;
 * processor time.
 *
 *     factor [N d]
 *
 * prints a table in Markdown: seconds of N samples of d features, and operations a second, of
 * which the factors need twice as many as dsyrk.
 */
#include <cblas.h>
#include <lapacke.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dufm/triangle.h"

enum { BLOCK = 512, PANEL = 32, TURNS = 5, SIDES = 3 };

struct bench {
    int samples, width;
    struct triangle triangle;
    double *factor;
    struct arena arena;
    double *block, *copy, *gram; /* malloc, until the end */
    double *other, *reflectors, *work;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static double *doubles(size_t count) {
    double *out = malloc(count * sizeof *out);
    if (out == NULL) exit(EXIT_FAILURE);
    for (size_t i = 0; i < count; i++)
        out[i] = (double)rand() / RAND_MAX - 0.5;
    return out;
}

/* One block of each side. */
typedef void side(struct bench *bench);

static void by_triangle(struct bench *bench) {
    struct const_matrix block = {bench->width, BLOCK, bench->block};
    triangle_add(&bench->triangle, block);
}

static void by_tpqrt(struct bench *bench) {
    int width = bench->width, panel = width < PANEL ? width : PANEL;
    memcpy(bench->copy, bench->block, (size_t)width * BLOCK * sizeof *bench->copy);
    if (LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, BLOCK, width, 0, panel, bench->other, width,
                            bench->copy, BLOCK, bench->reflectors, panel, bench->work))
        exit(EXIT_FAILURE);
}

static void by_syrk(struct bench *bench) {
    cblas_dsyrk(CblasColMajor, CblasUpper, CblasNoTrans, bench->width, BLOCK, 1.0,
                bench->block, bench->width, 1.0, bench->gram, bench->width);
}

static const struct {
    const char *name;
    side *run;
    double operations; /* in N d^2 */
} sides[SIDES] = {{"factor, block by block", by_triangle, 2},
                  {"dtpqrt of LAPACK", by_tpqrt, 2},
                  {"dsyrk", by_syrk, 1}};

static void set_up(struct bench *bench) {
    size_t width = (size_t)bench->width;
    for (int pass = 0; pass < 2; pass++) {
        triangle_carve(&bench->triangle, bench->width, BLOCK, &bench->arena);
        bench->factor = arena_take(&bench->arena, width * width, sizeof(double));
        if (pass == 0 && arena_reserve(&bench->arena)) exit(EXIT_FAILURE);
    }
    triangle_begin(&bench->triangle, bench->width, bench->factor);
    bench->block = doubles(width * BLOCK);
    bench->copy = doubles(width * BLOCK);
    bench->gram = doubles(width * width);
    bench->other = doubles(width * width);
    bench->reflectors = doubles(width * PANEL);
    bench->work = doubles(width * PANEL);
}

static double seconds_of(struct bench *bench, side *run) {
    double start = now();
    for (int first = 0; first < bench->samples; first += BLOCK)
        run(bench);
    return now() - start;
}

int main(int argc, char **argv) {
    struct bench bench = {.samples = argc > 2 ? atoi(argv[1]) : 100000,
                          .width = argc > 2 ? atoi(argv[2]) : 512};
    double best[SIDES] = {1e9, 1e9, 1e9};
    if (bench.samples < 1 || bench.width < 1 || blas_single_thread()) return EXIT_FAILURE;
    set_up(&bench);
    for (int turn = 0; turn < TURNS; turn++)
        for (int i = 0; i < SIDES; i++) {
            double seconds = seconds_of(&bench, sides[i].run);
            if (seconds < best[i]) best[i] = seconds;
        }
    printf("| %d x %d | seconds | / dsyrk | GF/s |\n|---|---|---|---|\n", bench.samples,
           bench.width);
    for (int i = 0; i < SIDES; i++)
        printf("| %s | %.2f | %.2f | %.0f |\n", sides[i].name, best[i],
               best[i] / best[SIDES - 1],
               1e-9 * sides[i].operations * bench.samples * bench.width * bench.width /
                   best[i]);
    free(bench.work);
    free(bench.reflectors);
    free(bench.other);
    free(bench.gram);
    free(bench.copy);
    free(bench.block);
    arena_release(&bench.arena);
    return EXIT_SUCCESS;
}

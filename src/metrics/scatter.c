#include "dufm/scatter.h"

#include <string.h>

#include "side.h"

void scatter_enclose(struct scatter_bounds *bounds, int width, int samples) {
    int stripes = side_stripes(width, samples);
    size_t d = (size_t)width, values = d * (size_t)samples;
    size_t factors = (size_t)stripes * d * d;
    if (width > bounds->width) bounds->width = width;
    if (stripes > bounds->stripes) bounds->stripes = stripes;
    if (width > samples && values > bounds->whole) bounds->whole = values;
    if (width > samples) return;
    if (width > bounds->triangular) bounds->triangular = width;
    if (factors > bounds->factors) bounds->factors = factors;
}

void scatter_carve(struct scatter *scatter, const struct scatter_bounds *bounds,
                   struct arena *arena) {
    struct shape layer = {.depth = 1, .width = bounds->width, .classes = bounds->classes};
    *scatter = (struct scatter){0};
    scatter->whole = arena_take(arena, bounds->whole, sizeof(double));
    variability_carve(&scatter->variability, &layer, bounds->columns, arena);
    triangle_carve(&scatter->triangle, bounds->triangular, bounds->columns, arena);
}

void scatter_carve_shared(struct scatter *scatter, const struct scatter_bounds *bounds,
                          struct arena *shared) {
    scatter->factor = arena_take(shared, bounds->factors, sizeof(double));
    scatter->parts = arena_take(shared, SIDE_STRIPES, sizeof *scatter->parts);
}

/* One side of a layer under way. */
struct work {
    struct scatter *scatter;
    const struct layer_side *side;
    const struct means *means;
    bool variability, triangular;
    int stripes;
    struct scatter_sums *sums; /* of the stripe at hand */
};

/* The deviations of a block from its class means; their squared norm. */
static double deviate(const struct work *work, int first, int count) {
    size_t width = (size_t)work->side->width;
    double *within = work->scatter->variability.within, sum = 0.0;
    for (int j = 0; j < count; j++) {
        const double *sample = work->side->block + (size_t)j * width;
        const double *mean =
            work->means->mean + (size_t)work->side->source->label[first + j] * width;
        double *out = within + (size_t)j * width;
        for (size_t i = 0; i < width; i++)
            out[i] = sample[i] - mean[i];
        sum += blas_square_sum(out, width);
    }
    return sum;
}

static enum error add(void *context, const struct layer_side *side, int first,
                      int count) {
    const struct work *work = context;
    struct scatter *scatter = work->scatter;
    size_t width = (size_t)side->width;
    work->sums->within += deviate(work, first, count);
    if (work->variability)
        work->sums->along += variability_along(&scatter->variability, side->width, count);
    if (work->triangular)
        triangle_add(&scatter->triangle,
                     (struct const_matrix){side->width, count, side->block});
    else
        memcpy(scatter->whole + (size_t)first * width, side->block,
               width * (size_t)count * sizeof(double));
    return ERROR_NONE;
}

static double *factor_of(const struct work *work, int stripe) {
    size_t width = (size_t)work->side->width;
    return work->scatter->factor + (size_t)stripe * width * width;
}

static void begin(void *context, int stripe) {
    struct work *work = context;
    work->sums = &work->scatter->parts[stripe];
    *work->sums = (struct scatter_sums){0};
    if (work->triangular)
        triangle_begin(&work->scatter->triangle, work->side->width,
                       factor_of(work, stripe));
}

static enum error put_together(const struct work *work, struct scatter_sums *sums) {
    struct scatter *scatter = work->scatter;
    *sums = scatter->parts[0];
    for (int i = 1; i < work->stripes; i++) {
        sums->within += scatter->parts[i].within;
        sums->along += scatter->parts[i].along;
        TRY(triangle_merge(&scatter->triangle, work->side->width, factor_of(work, 0),
                           factor_of(work, i)));
    }
    return ERROR_NONE;
}

enum error scatter_take(struct scatter *scatter, const struct layer_side *side,
                        const struct means *means, bool variability, int processes,
                        struct scatter_sums *sums, struct const_matrix *matrix) {
    struct work work = {.scatter = scatter,
                        .side = side,
                        .means = means,
                        .variability = variability,
                        .triangular = side->width <= side->samples,
                        .stripes = side_stripes(side->width, side->samples)};
    const struct side_round round = {side, work.stripes, processes, begin, add, &work};
    *matrix =
        (struct const_matrix){side->width, work.triangular ? side->width : side->samples,
                              work.triangular ? scatter->factor : scatter->whole};
    if (variability) TRY(variability_begin(&scatter->variability, means));
    TRY(side_each_stripe(&round));
    return put_together(&work, sums);
}

#include "classmeans.h"

#include <math.h>
#include <string.h>

#include "dufm/blas.h"

/* One side of a layer under way. */
struct work {
    const struct class_parts *parts;
    struct means *means;
    int stripes;
    size_t values;           /* d K */
    double *mean;            /* of the stripe at hand */
    struct class_sums *sums; /* ... */
};

/* A lone stripe's means are those of all. */
static double *mean_of(const struct work *work, int stripe) {
    if (work->stripes == 1) return work->means->mean;
    return work->parts->mean + (size_t)stripe * work->values;
}

static void begin(void *context, int stripe) {
    struct work *work = context;
    work->mean = mean_of(work, stripe);
    work->sums = &work->parts->sums[stripe];
    *work->sums = (struct class_sums){0};
    memset(work->mean, 0, work->values * sizeof *work->mean);
}

/* Largest magnitude, `least` at least. */
static double largest(const double *x, size_t count, double least) {
    double most = least;
    for (size_t i = 0; i < count; i++)
        if (fabs(x[i]) > most) most = fabs(x[i]);
    return most;
}

static enum error add(void *context, const struct layer_side *side, int first,
                      int count) {
    const struct work *work = context;
    size_t width = (size_t)side->width;
    for (int j = 0; j < count; j++) {
        const double *sample = side->block + (size_t)j * width;
        int class_ = side->source->label[first + j];
        work->sums->most = largest(sample, width, work->sums->most);
        work->sums->square += blas_square_sum(sample, width);
        blas_add(1.0 / side->source->class_size[class_], sample,
                 work->mean + (size_t)class_ * width, width);
    }
    return ERROR_NONE;
}

static void put_together(const struct work *work, struct class_sums *sums) {
    *sums = work->parts->sums[0];
    if (work->stripes > 1)
        memcpy(work->means->mean, mean_of(work, 0), work->values * sizeof *work->mean);
    for (int i = 1; i < work->stripes; i++) {
        sums->square += work->parts->sums[i].square;
        sums->most = fmax(sums->most, work->parts->sums[i].most);
        blas_add(1.0, mean_of(work, i), work->means->mean, work->values);
    }
}

enum error classmeans_take(const struct layer_side *side, int processes,
                           const struct class_parts *parts, struct means *means,
                           struct class_sums *sums) {
    int classes = means->shape.classes;
    bool fits = classes <= side->width;
    struct work work = {.parts = parts,
                        .means = means,
                        .stripes = fits ? side_stripes(side->width, side->samples) : 1,
                        .values = (size_t)side->width * (size_t)classes};
    const struct side_round round = {side, work.stripes, processes, begin, add, &work};
    means->shape.width = side->width;
    TRY(side_each_stripe(&round));
    put_together(&work, sums);
    means_finish(means, sums->most);
    return ERROR_NONE;
}

/* What a step cannot be faster than on this machine: its operations at the best rate that
 * small products reach, and its weights streamed three times (forward, backward, update).
 *
 *     limits K L d n
 *
 * prints "peak-GF/s dgemm-GF/s microseconds-of-operations microseconds-of-streams". The peak is the
 * better of libxsmm and dgemm at 64 x 64 x 64. The streams are two reading passes and one
 * that reads and writes, over as many doubles as all W_l have.
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef DUFM_LIBXSMM
#include <libxsmm.h>
#endif

enum { SIDE = 64, TURNS = 5 };

static const double turn_seconds = 0.02;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Something to be timed: one run of it. */
typedef void action(void *context);

/* The shortest of some turns, in seconds a run. */
static double seconds_of(action *run, void *context) {
    double best = 1e9;
    for (int turn = 0; turn < TURNS; turn++) {
        double start = now(), spent = 0;
        int count = 0;
        for (; spent < turn_seconds; spent = now() - start, count++)
            run(context);
        if (spent / count < best) best = spent / count;
    }
    return best;
}

struct square {
    double *a, *b, *c;
};

enum { PRODUCTS = 64 }; /* a run, so that reading the clock costs nothing */

static void run_blas(void *context) {
    struct square *x = context;
    for (int i = 0; i < PRODUCTS; i++)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1.0,
                    x->a, SIDE, x->b, SIDE, 0.0, x->c, SIDE);
}

#ifdef DUFM_LIBXSMM
static void run_kernel(void *context) {
    struct square *x = context;
    const double zero = 0.0;
    libxsmm_dmmfunction kernel =
        libxsmm_dmmdispatch(SIDE, SIDE, SIDE, NULL, NULL, NULL, NULL, &zero, NULL, NULL);
    for (int i = 0; i < PRODUCTS; i++)
        kernel(x->a, x->b, x->c);
}
#endif

struct stream {
    double *x;
    size_t count;
    double sum;
};

/* Eight sums, so that additions do not wait for each other. */
static void read_all(struct stream *stream) {
    double sum[8] = {0};
    for (size_t i = 0; i + 8 <= stream->count; i += 8)
        for (int j = 0; j < 8; j++)
            sum[j] += stream->x[i + (size_t)j];
    for (int j = 0; j < 8; j++)
        stream->sum += sum[j];
}

static void run_streams(void *context) {
    struct stream *stream = context;
    read_all(stream);
    read_all(stream);
    for (size_t i = 0; i < stream->count; i++)
        stream->x[i] *= 0.999;
}

static double *filled(size_t count) {
    double *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    if (x == NULL) abort();
    for (size_t i = 0; i < count; i++)
        x[i] = 1.0 + 1e-3 * (double)(i % 7);
    return x;
}

int main(int count, char **words) {
    if (count != 5) {
        fprintf(stderr, "usage: limits K L d n\n");
        return 2;
    }
    double classes = atof(words[1]), depth = atof(words[2]), width = atof(words[3]);
    double weights = ((depth - 1) * width + classes) * width;
    double operations = 6.0 * weights * classes * atof(words[4]);
    struct square square = {filled(SIDE * SIDE), filled(SIDE * SIDE),
                            filled(SIDE * SIDE)};
    struct stream stream = {filled((size_t)weights), (size_t)weights, 0};
    double work = 2.0 * SIDE * SIDE * SIDE * PRODUCTS;
    double dgemm = work / seconds_of(run_blas, &square), peak = dgemm;
#ifdef DUFM_LIBXSMM
    double kernel = work / seconds_of(run_kernel, &square);
    if (kernel > peak) peak = kernel;
#endif
    double streams = seconds_of(run_streams, &stream);
    printf("%.2f %.2f %.4f %.4f\n", peak * 1e-9, dgemm * 1e-9, 1e6 * operations / peak,
           1e6 * streams);
    return stream.sum > 0 ? 0 : 1;
}

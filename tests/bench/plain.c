/* The same step as step.c the way a first program would take it: a loop over CBLAS with a
 * gradient matrix for each factor. It shares nothing with the library but the start.
 *
 *     plain K L d n STEPS START
 *
 * prints "microseconds-a-step steps loss"; lambdas, rate and activation as in step.c.
 */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DEPTH = 64 };

static const double lambda = 0.004, rate = 0.02;

static int classes, depth, width, per_class, samples;
static double *feature[DEPTH + 2]; /* H_1 .. H_L after the ReLU, then Z */
static double *weight[DEPTH + 1], *gradient[DEPTH + 1], *delta[DEPTH + 2];

static int rows(int layer) {
    return layer == depth ? classes : width;
}

static void *reserve(int m, int n) {
    void *memory = malloc((size_t)m * (size_t)n * sizeof(double));
    if (memory == NULL) abort();
    return memory;
}

static void multiply(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, int m, int n, int k,
                     const double *a, const double *b, double *c) {
    cblas_dgemm(CblasColMajor, ta, tb, m, n, k, 1.0, a, ta == CblasTrans ? k : m, b,
                tb == CblasTrans ? n : k, 0.0, c, m);
}

/* Returns 1/(2N) |Z - Y|^2 and leaves (Z - Y)/N in delta[L + 1]. */
static double forward(void) {
    for (int l = 1; l <= depth; l++) {
        multiply(CblasNoTrans, CblasNoTrans, rows(l), samples, width, weight[l],
                 feature[l], feature[l + 1]);
        if (l == depth) break;
        for (int i = 0; i < width * samples; i++)
            feature[l + 1][i] = feature[l + 1][i] > 0.0 ? feature[l + 1][i] : 0.0;
    }
    double sum = 0.0;
    for (int j = 0; j < samples; j++)
        for (int i = 0; i < classes; i++) {
            double residual = feature[depth + 1][j * classes + i] - (i == j / per_class);
            sum += residual * residual;
            delta[depth + 1][j * classes + i] = residual / samples;
        }
    return sum / (2.0 * samples);
}

static void backward(void) {
    for (int l = depth; l >= 1; l--) {
        multiply(CblasNoTrans, CblasTrans, rows(l), width, samples, delta[l + 1],
                 feature[l], gradient[l]);
        multiply(CblasTrans, CblasNoTrans, width, samples, rows(l), weight[l],
                 delta[l + 1], delta[l]);
        for (int i = 0; l > 1 && i < width * samples; i++)
            if (!(feature[l][i] > 0.0)) delta[l][i] = 0.0;
    }
}

static void update(void) {
    for (int i = 0; i < width * samples; i++)
        feature[1][i] -= rate * (delta[1][i] + lambda * feature[1][i]);
    for (int l = 1; l <= depth; l++) {
        cblas_daxpy(rows(l) * width, lambda, weight[l], 1, gradient[l], 1);
        cblas_daxpy(rows(l) * width, -rate, gradient[l], 1, weight[l], 1);
    }
}

static double loss(void) {
    double total = forward();
    total += 0.5 * lambda * cblas_ddot(width * samples, feature[1], 1, feature[1], 1);
    for (int l = 1; l <= depth; l++)
        total += 0.5 * lambda * cblas_ddot(rows(l) * width, weight[l], 1, weight[l], 1);
    return total;
}

static int read_block(FILE *file, double *block, int m, int n) {
    size_t count = (size_t)m * (size_t)n;
    return fread(block, sizeof *block, count, file) == count;
}

static int read_start(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return 0;
    int good = read_block(file, feature[1] = reserve(width, samples), width, samples);
    for (int l = 1; l <= depth; l++) {
        good =
            good && read_block(file, weight[l] = reserve(rows(l), width), rows(l), width);
        gradient[l] = reserve(rows(l), width);
        feature[l + 1] = reserve(rows(l), samples);
        delta[l] = reserve(width, samples);
    }
    delta[depth + 1] = reserve(classes, samples);
    return fclose(file) == 0 && good;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(int count, char **words) {
    if (count != 7) {
        fprintf(stderr, "usage: plain K L d n STEPS START\n");
        return 2;
    }
    classes = atoi(words[1]), depth = atoi(words[2]), width = atoi(words[3]);
    per_class = atoi(words[4]), samples = classes * per_class;
    int steps = atoi(words[5]);
    if (depth < 1 || depth > DEPTH || steps < 1 || !read_start(words[6])) {
        fprintf(stderr, "plain: cannot read a start of that shape from %s\n", words[6]);
        return 1;
    }
    double begin = seconds();
    for (int i = 0; i < steps; i++) {
        forward();
        backward();
        update();
    }
    double spent = seconds() - begin;
    printf("%.4f %d %.17g\n", 1e6 * spent / steps, steps, loss());
    return 0;
}

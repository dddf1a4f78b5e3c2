#include "dufm/blas.h"

#include <cblas.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void blas_multiply(double alpha, struct const_matrix a, struct const_matrix b,
                   double beta, struct matrix c) {
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, c.rows, c.columns, a.columns,
                alpha, a.data, a.rows, b.data, b.rows, beta, c.data, c.rows);
}

void blas_multiply_left_transposed(double alpha, struct const_matrix a,
                                   struct const_matrix b, double beta, struct matrix c) {
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, c.rows, c.columns, a.rows, alpha,
                a.data, a.rows, b.data, b.rows, beta, c.data, c.rows);
}

void blas_multiply_right_transposed(double alpha, struct const_matrix a,
                                    struct const_matrix b, double beta, struct matrix c) {
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, c.rows, c.columns, a.columns,
                alpha, a.data, a.rows, b.data, b.rows, beta, c.data, c.rows);
}

double blas_dot(const double *x, const double *y, size_t count) {
    return cblas_ddot((blasint)count, x, 1, y, 1);
}

double blas_square_sum(const double *x, size_t count) {
    return cblas_ddot((blasint)count, x, 1, x, 1);
}

void blas_add(double a, const double *x, double *y, size_t count) {
    cblas_daxpy((blasint)count, a, x, 1, y, 1);
}

/* The OpenMP runtime is only there when some library brought it: looked up, not linked.
 */
static int openmp_threads(void) {
    union {
        void *object;
        int (*function)(void);
    } maximum = {dlsym(RTLD_DEFAULT, "omp_get_max_threads")};
    return maximum.object != NULL ? maximum.function() : 1;
}

static void set_openmp_threads(int count) {
    union {
        void *object;
        void (*function)(int);
    } set = {dlsym(RTLD_DEFAULT, "omp_set_num_threads")};
    if (set.object != NULL) set.function(count);
}

enum error blas_single_thread(void) {
    openblas_set_num_threads(1);
    if (openblas_get_parallel() == OPENBLAS_OPENMP) set_openmp_threads(1);
    if (blas_thread_count() != 1)
        return RAISE(ERROR_NUMERIC,
                     "BLAS would run %d threads, results need exactly one: set "
                     "OMP_NUM_THREADS=1 and OPENBLAS_NUM_THREADS=1",
                     blas_thread_count());
    return ERROR_NONE;
}

int blas_thread_count(void) {
    int own = openblas_get_num_threads();
    if (openblas_get_parallel() != OPENBLAS_OPENMP) return own;
    int runtime = openmp_threads();
    return runtime > own ? runtime : own;
}

/* openblas_get_config begins with "OpenBLAS 0.3.21 ". */
const char *blas_library(void) {
    static char text[64];
    char name[32] = "OpenBLAS", version[24] = "";
    if (sscanf(openblas_get_config(), "%31s %23s", name, version) >= 1)
        snprintf(text, sizeof text, "%s %s", name, version);
    return text;
}

const char *blas_kernel(void) {
    return openblas_get_corename();
}

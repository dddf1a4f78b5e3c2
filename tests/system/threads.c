/* Another OpenBLAS, preloaded: its threads as a build with OpenMP, or with its own, has them.
 *
 *     THREADS_BUILD   "openmp": openblas_set_num_threads does nothing, the runtime decides
 *     THREADS_STUCK   set: no switch changes the number
 */
#include <stdlib.h>
#include <string.h>

int openblas_get_parallel(void);
void openblas_set_num_threads(int count);
int openblas_get_num_threads(void);
int omp_get_max_threads(void);
void omp_set_num_threads(int count);

static int own = 4, runtime = 4;

static int is_openmp(void) {
    const char *build = getenv("THREADS_BUILD");
    return build && !strcmp(build, "openmp");
}

static int is_stuck(void) {
    return getenv("THREADS_STUCK") != NULL;
}

int openblas_get_parallel(void) {
    return is_openmp() ? 2 : 1;
}

void openblas_set_num_threads(int count) {
    if (!is_openmp() && !is_stuck()) own = count;
}

int openblas_get_num_threads(void) {
    return is_openmp() ? runtime : own;
}

int omp_get_max_threads(void) {
    return runtime;
}

void omp_set_num_threads(int count) {
    if (!is_stuck()) runtime = count;
}

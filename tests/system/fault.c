/* Preloaded into a run: the decomposition of a matrix with FAULT_ROWS rows (a list with
 * commas between) brings its process down. Matrices with as many rows as a point has width
 * come at its end; symmetric ones, with as many as it has classes, at each record.
 *
 *     FAULT_SIGNAL  number of the signal it raises; 0 or unset: a bad access
 *     FAULT_ONCE    begin of the name of a file that is made at the first time, "NAME-ROWS";
 *                   there is no second time for so many rows
 *     FAULT_SLEEP   seconds that it takes longer instead, without computing; with FAULT_ONCE
 *                   from the second time on
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int setting(const char *name) {
    const char *value = getenv(name);
    return value != NULL ? atoi(value) : 0;
}

static bool is_listed(int rows) {
    char item[16], list[256];
    const char *wanted = getenv("FAULT_ROWS");
    if (wanted == NULL) return false;
    snprintf(item, sizeof item, ",%d,", rows);
    snprintf(list, sizeof list, ",%s,", wanted);
    return strstr(list, item) != NULL;
}

/* Whether it happens for the first time, or every time. */
static bool is_due(int rows) {
    char name[256];
    const char *once = getenv("FAULT_ONCE");
    if (once == NULL) return true;
    snprintf(name, sizeof name, "%s-%d", once, rows);
    int file = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (file >= 0) close(file);
    return file >= 0;
}

static void fault(void) {
    int number = setting("FAULT_SIGNAL");
    if (number != 0)
        raise(number);
    else
        *(volatile int *)mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) = 1;
}

/* A signal ends it early. */
static void take_longer(double seconds) {
    time_t whole = (time_t)seconds;
    struct timespec left = {whole, (long)(1e9 * (seconds - (double)whole))};
    nanosleep(&left, NULL);
}

static void look_at(int rows) {
    const char *seconds = getenv("FAULT_SLEEP");
    bool always_slow = seconds != NULL && getenv("FAULT_ONCE") == NULL;
    if (!is_listed(rows)) return;
    if (!always_slow && is_due(rows))
        fault();
    else if (seconds != NULL)
        take_longer(atof(seconds));
}

typedef int32_t decompose(int, char, char, int32_t, int32_t, double *, int32_t, double *,
                          double *, int32_t, double *, int32_t, double *, int32_t);

int32_t LAPACKE_dgesvd_work(int layout, char jobu, char jobvt, int32_t m, int32_t n,
                            double *a, int32_t lda, double *s, double *u, int32_t ldu,
                            double *vt, int32_t ldvt, double *work, int32_t lwork) {
    decompose *real = (decompose *)dlsym(RTLD_NEXT, "LAPACKE_dgesvd_work");
    look_at(m);
    return real(layout, jobu, jobvt, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork);
}

typedef int32_t decompose_symmetric(int, char, char, int32_t, double *, int32_t, double *,
                                    double *, int32_t);

int32_t LAPACKE_dsyev_work(int layout, char jobz, char uplo, int32_t n, double *a,
                           int32_t lda, double *w, double *work, int32_t lwork) {
    decompose_symmetric *real =
        (decompose_symmetric *)dlsym(RTLD_NEXT, "LAPACKE_dsyev_work");
    look_at(n);
    return real(layout, jobz, uplo, n, a, lda, w, work, lwork);
}

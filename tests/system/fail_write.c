/* Preloaded into a run: on rank FAIL_RANK every write at a place of a file FAIL_FILE
 * fails with "no space left" after the first FAIL_AFTER of them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int file) {
    static int calls = 0;
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    char link[64], path[4096];
    if (atoi(rank ? rank : "0") != atoi(getenv("FAIL_RANK"))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    if (strcmp(path, getenv("FAIL_FILE")) != 0) return 0;
    return ++calls > atoi(getenv("FAIL_AFTER"));
}

typedef ssize_t writer(int, const void *, size_t, off_t);

static ssize_t write_or_fail(const char *name, int file, const void *data, size_t bytes,
                             off_t place) {
    if (fails(file)) {
        errno = ENOSPC;
        return -1;
    }
    return ((writer *)dlsym(RTLD_NEXT, name))(file, data, bytes, place);
}

ssize_t pwrite(int file, const void *data, size_t bytes, off_t place) {
    return write_or_fail("pwrite", file, data, bytes, place);
}

ssize_t pwrite64(int file, const void *data, size_t bytes, off_t place) {
    return write_or_fail("pwrite64", file, data, bytes, place);
}

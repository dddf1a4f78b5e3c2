/* Preloaded into a run: on rank FAIL_RANK ("worker": on the rank other than 0 that is the first
 * to come so far, and makes the file FAIL_MARK) every call FAIL_CALL (write, the fallback: at a
 * place of the file; or fsync) of a file FAIL_FILE fails with "no space left" after the
 * first FAIL_AFTER of them. FAIL_SPACE: bytes that every file system claims to have left.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int fails(const char *call, int file) {
    static int calls = 0, is_first = 0;
    const char *number = getenv("OMPI_COMM_WORLD_RANK"), *chosen = getenv("FAIL_CALL");
    const char *wanted = getenv("FAIL_RANK");
    if (!getenv("FAIL_FILE") || strcmp(call, chosen ? chosen : "write") != 0) return 0;
    char link[64], path[4096];
    int rank = atoi(number ? number : "0"), any = !strcmp(wanted, "worker");
    if (any ? rank == 0 : rank != atoi(wanted)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    if (strcmp(path, getenv("FAIL_FILE")) != 0) return 0;
    if (++calls <= atoi(getenv("FAIL_AFTER"))) return 0;
    if (!any || is_first) return 1;
    int mark = open(getenv("FAIL_MARK"), O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (mark >= 0) close(mark);
    return is_first = mark >= 0;
}

typedef ssize_t writer(int, const void *, size_t, off_t);

static ssize_t write_or_fail(const char *name, int file, const void *data, size_t bytes,
                             off_t place) {
    if (fails("write", file)) {
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

int fsync(int file) {
    if (fails("fsync", file)) {
        errno = ENOSPC;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(file);
}

int statvfs(const char *path, struct statvfs *facts) {
    int (*real)(const char *, struct statvfs *) =
        (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
    int code = real(path, facts);
    const char *bytes = getenv("FAIL_SPACE");
    if (bytes && code == 0) facts->f_bavail = strtoul(bytes, NULL, 10) / facts->f_frsize;
    return code;
}

/* Preloaded into a run: a file system that does not keep what is written to a file whose
 * name ends in ".probe", or pretends to be another one.
 *
 *     PROBE_READ   corrupt: a byte is another one; stale: as if nothing had been written;
 *                  fail: an error
 *     PROBE_SYNC   fail: an error
 *     PROBE_SPACE  none: the disk is full
 *     PROBE_RANK   only on this rank; unset: on all
 *     PROBE_TYPE   magic number that statfs tells
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool setting_is(const char *name, const char *value) {
    const char *set = getenv(name), *only = getenv("PROBE_RANK");
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    if (only != NULL && strcmp(rank != NULL ? rank : "0", only) != 0) return false;
    return set != NULL && strcmp(set, value) == 0;
}

static bool is_probe(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return length >= 6 && strncmp(path + length - 6, ".probe", 6) == 0;
}

typedef ssize_t reader(int, void *, size_t, off_t);

static ssize_t probe_pread(int fd, void *data, size_t bytes, off_t place) {
    if (is_probe(fd) && setting_is("PROBE_READ", "fail")) {
        errno = EIO;
        return -1;
    }
    ssize_t got = ((reader *)dlsym(RTLD_NEXT, "pread"))(fd, data, bytes, place);
    if (got <= 0 || !is_probe(fd)) return got;
    if (setting_is("PROBE_READ", "corrupt")) ((unsigned char *)data)[got / 2] ^= 1;
    if (setting_is("PROBE_READ", "stale")) memset(data, 0, (size_t)got);
    return got;
}

ssize_t pread(int fd, void *data, size_t bytes, off_t place) {
    return probe_pread(fd, data, bytes, place);
}

ssize_t pread64(int fd, void *data, size_t bytes, off_t place) {
    return probe_pread(fd, data, bytes, place);
}

ssize_t write(int fd, const void *data, size_t bytes) {
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    if (!is_probe(fd) || !setting_is("PROBE_SPACE", "none")) return real(fd, data, bytes);
    errno = ENOSPC;
    return -1;
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    if (!is_probe(fd) || !setting_is("PROBE_SYNC", "fail")) return real(fd);
    errno = EIO;
    return -1;
}

int statfs(const char *path, struct statfs *facts) {
    int (*real)(const char *, struct statfs *) =
        (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
    int code = real(path, facts);
    const char *type = getenv("PROBE_TYPE");
    if (type != NULL && strstr(path, ".probe") == NULL)
        facts->f_type = (__typeof__(facts->f_type))strtoul(type, NULL, 0);
    return code;
}

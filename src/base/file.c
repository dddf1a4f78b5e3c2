#include "dufm/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/memory.h"

static enum error write_all(int fd, const unsigned char *data, size_t bytes) {
    while (bytes > 0) {
        ssize_t written = write(fd, data, bytes);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return RAISE(ERROR_SYSTEM, "%s", strerror(errno));
        data += written;
        bytes -= (size_t)written;
    }
    if (fsync(fd) != 0) return RAISE(ERROR_SYSTEM, "%s", strerror(errno));
    return ERROR_NONE;
}

static enum error write_file(const char *path, const void *data, size_t bytes) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return RAISE(ERROR_SYSTEM, "%s", strerror(errno));
    enum error error = write_all(fd, data, bytes);
    if (close(fd) != 0 && error == ERROR_NONE)
        error = RAISE(ERROR_SYSTEM, "%s", strerror(errno));
    return error;
}

enum error file_replace(const char *path, const void *data, size_t bytes) {
    char temporary[PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (length < 0 || (size_t)length >= sizeof temporary)
        return RAISE(ERROR_SYSTEM, "the path %s is too long", path);
    enum error error = write_file(temporary, data, bytes);
    if (error == ERROR_NONE && rename(temporary, path) != 0)
        error = RAISE(ERROR_SYSTEM, "%s", strerror(errno));
    if (error != ERROR_NONE) {
        unlink(temporary);
        return error_prefix(error, "cannot write %s", path);
    }
    return file_sync_folder(path);
}

static enum error read_all(int fd, unsigned char *data, size_t bytes) {
    while (bytes > 0) {
        ssize_t got = read(fd, data, bytes);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return RAISE(ERROR_SYSTEM, "%s", strerror(errno));
        if (got == 0) return RAISE(ERROR_SYSTEM, "it became shorter meanwhile");
        data += got;
        bytes -= (size_t)got;
    }
    return ERROR_NONE;
}

static enum error read_file(int fd, size_t limit, void **data, size_t *bytes) {
    struct stat facts;
    if (fstat(fd, &facts) != 0) return RAISE(ERROR_SYSTEM, "%s", strerror(errno));
    if (!S_ISREG(facts.st_mode)) return RAISE(ERROR_SYSTEM, "it is no regular file");
    if ((size_t)facts.st_size > limit)
        return RAISE(ERROR_SYSTEM, "it is larger than %zu bytes", limit);
    *bytes = (size_t)facts.st_size;
    TRY(memory_allocate(*bytes + 1, 1, data));
    enum error error = read_all(fd, *data, *bytes);
    if (error != ERROR_NONE) free(*data);
    return error;
}

enum error file_read(const char *path, size_t limit, void **data, size_t *bytes) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum error error = fd < 0 ? RAISE(ERROR_SYSTEM, "%s", strerror(errno))
                              : read_file(fd, limit, data, bytes);
    if (fd >= 0) close(fd);
    return error != ERROR_NONE ? error_prefix(error, "cannot read %s", path) : error;
}

enum error file_folder(const char *path, char folder[PATH_MAX]) {
    char copy[PATH_MAX]; /* dirname may write into it */
    size_t length = strlen(path);
    if (length >= sizeof copy)
        return RAISE(ERROR_INPUT, "the path %s is too long: choose a shorter one", path);
    memcpy(copy, path, length + 1);
    snprintf(folder, PATH_MAX, "%s", dirname(copy));
    return ERROR_NONE;
}

enum error file_sync_folder(const char *path) {
    char folder[PATH_MAX];
    TRY(file_folder(path, folder));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return RAISE(ERROR_SYSTEM, "cannot open %s: %s", folder, strerror(errno));
    enum error error = ERROR_NONE;
    if (fsync(fd) != 0)
        error = RAISE(ERROR_SYSTEM, "cannot sync %s: %s", folder, strerror(errno));
    close(fd);
    return error;
}

static enum error refuse_length(void) {
    return RAISE(ERROR_INPUT,
                 "the path of the result file is too long; choose a shorter one");
}

/* One step along a link: a relative one begins in the folder of the link. */
static enum error follow(char real[PATH_MAX], const char *target) {
    char folder[PATH_MAX];
    TRY(file_folder(real, folder));
    int length = *target == '/' ? snprintf(real, PATH_MAX, "%s", target)
                                : snprintf(real, PATH_MAX, "%s/%s", folder, target);
    return length < PATH_MAX ? ERROR_NONE : refuse_length();
}

enum error file_resolve(const char *path, char real[PATH_MAX]) {
    enum { LINKS = 40 }; /* as many as the system follows */
    char target[PATH_MAX];
    if (snprintf(real, PATH_MAX, "%s", path) >= PATH_MAX) return refuse_length();
    for (int i = 0; i < LINKS; i++) {
        ssize_t length = readlink(real, target, sizeof target - 1);
        if (length < 0)
            return ERROR_NONE; /* what else is wrong with it, its opening says */
        target[length] = '\0';
        TRY(follow(real, target));
    }
    return RAISE(ERROR_INPUT,
                 "%s: Too many levels of symbolic links; choose another name", path);
}

enum error file_beside(const char *path, const char *suffix, char *out, size_t size) {
    char real[PATH_MAX];
    TRY(file_resolve(path, real));
    int length = snprintf(out, size, "%s%s", real, suffix);
    return length >= 0 && (size_t)length < size ? ERROR_NONE : refuse_length();
}

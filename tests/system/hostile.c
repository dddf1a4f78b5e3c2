/* Hostile surroundings for a process, preloaded: it is killed at a chosen write or sync
 * of the result file, its file system has no locks, or no space.
 *
 *     HOSTILE_FILE   end of the path whose writes, syncs and renames are counted
 *     HOSTILE_KILL   number of the one that kills (from 1); 0 or unset: none
 *     HOSTILE_WHEN   before, half (half of the bytes are written) or after; flip: nobody
 *                    dies, but a bit in the middle of what is written changes
 *     HOSTILE_HOW    "interrupt": two INTs, one after the other, come instead of the kill
 *     HOSTILE_RANK   the rank it is about; unset: all of them
 *     HOSTILE_COUNT  file that the count is written to at the end
 *     HOSTILE_BAD    place in the file that the disk does not give: reads of it fail
 *     HOSTILE_LOCKS  "none": locks fail as where there are none
 *     HOSTILE_SPACE  "none": no space is left
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int events;

static bool setting_is(const char *name, const char *value) {
    const char *set = getenv(name);
    return set && !strcmp(set, value);
}

static bool ends_in_file(const char *path) {
    const char *end = getenv("HOSTILE_FILE");
    size_t length = strlen(path), wanted = end ? strlen(end) : 0;
    return wanted > 0 && length >= wanted && !strcmp(path + length - wanted, end);
}

static bool is_file(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return false;
    path[length] = '\0';
    return ends_in_file(path);
}

/* Count an event; true when it is the one to die at. */
static bool is_last(bool counts) {
    const char *kill_at = getenv("HOSTILE_KILL"), *chosen = getenv("HOSTILE_RANK");
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    if (!counts || (chosen && rank && strcmp(chosen, rank) != 0)) return false;
    events++;
    return kill_at && atoi(kill_at) == events;
}

static void die(void) {
    if (setting_is("HOSTILE_HOW", "interrupt")) {
        pthread_kill(pthread_self(), SIGINT);
        pthread_kill(pthread_self(), SIGINT);
    }
    kill(getpid(), SIGKILL);
    pause();
}

__attribute__((destructor)) static void tell_count(void) {
    const char *path = getenv("HOSTILE_COUNT");
    FILE *file = path && events > 0 ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%d\n", events);
    fclose(file);
}

typedef ssize_t write_call(int, const void *, size_t, off_t);

static ssize_t write_flipped(write_call *real, int fd, const void *data, size_t bytes,
                             off_t offset) {
    char *copy = malloc(bytes + 1);
    if (!copy) return -1;
    memcpy(copy, data, bytes);
    copy[bytes / 2] ^= 1;
    ssize_t length = real(fd, copy, bytes, offset);
    free(copy);
    return length;
}

static ssize_t hostile_pwrite(int fd, const void *data, size_t bytes, off_t offset) {
    write_call *real = (write_call *)dlsym(RTLD_NEXT, "pwrite");
    if (!is_last(is_file(fd))) return real(fd, data, bytes, offset);
    if (setting_is("HOSTILE_WHEN", "flip"))
        return write_flipped(real, fd, data, bytes, offset);
    if (setting_is("HOSTILE_WHEN", "half")) real(fd, data, (bytes + 1) / 2, offset);
    if (setting_is("HOSTILE_WHEN", "after")) real(fd, data, bytes, offset);
    die();
    return -1;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
    return hostile_pwrite(fd, data, bytes, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t offset) {
    return hostile_pwrite(fd, data, bytes, offset);
}

static ssize_t hostile_pread(int fd, void *data, size_t bytes, off_t offset) {
    ssize_t (*real)(int, void *, size_t, off_t) =
        (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
    const char *bad = getenv("HOSTILE_BAD");
    off_t place = bad ? (off_t)atoll(bad) : -1;
    if (place < offset || place - offset >= (off_t)bytes || !is_file(fd))
        return real(fd, data, bytes, offset);
    errno = EIO;
    return -1;
}

ssize_t pread(int fd, void *data, size_t bytes, off_t offset) {
    return hostile_pread(fd, data, bytes, offset);
}

ssize_t pread64(int fd, void *data, size_t bytes, off_t offset) {
    return hostile_pread(fd, data, bytes, offset);
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    if (is_last(is_file(fd))) die();
    return real(fd);
}

int rename(const char *from, const char *to) {
    int (*real)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");
    if (is_last(ends_in_file(from))) die();
    return real(from, to);
}

static int hostile_fcntl(int fd, int command, void *argument) {
    int (*real)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
    if (command == F_OFD_SETLK && setting_is("HOSTILE_LOCKS", "none")) {
        errno = ENOLCK;
        return -1;
    }
    return real(fd, command, argument);
}

int fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return hostile_fcntl(fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return hostile_fcntl(fd, command, argument);
}

int statvfs(const char *path, struct statvfs *facts) {
    int (*real)(const char *, struct statvfs *) =
        (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
    int code = real(path, facts);
    if (setting_is("HOSTILE_SPACE", "none")) facts->f_bavail = 1;
    return code;
}

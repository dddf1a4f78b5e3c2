/* Preloaded into a run: counts the calls that change files and kills the process at a
 * chosen one of them; can also commit in the wrong order.
 *
 *     KILL_AT_FILE   pattern (fnmatch) of the names of files whose calls are counted
 *     KILL_AT_CALL   number of the call that kills, from 1; unset: none does
 *     KILL_AT_WHEN   before, half (half of a write's bytes) or after the call
 *     KILL_AT_RANK   the rank that counts, 0 when unset
 *     KILL_AT_LOG    file that gets a line a counted call: "write 4096 128" (bytes, place,
 *                    -1 for the descriptor's own), "fsync 0 -1", ...
 *     KILL_AT_HOLD   "FIRST:BYTES", the place of the status bytes in the file. Writes
 *                    anywhere else wait until a status byte says done: the wrong order.
 *     KILL_AT_DONE   the status that says done
 *     KILL_AT_COMMIT number of the write of such a status, from 1, in whose stead the call
 *                    after it kills: the first write that belonged before it
 *
 * A rename counts by the name that goes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

typedef ssize_t pwrite_call(int, const void *, size_t, off_t);
typedef ssize_t write_call(int, const void *, size_t);

/* The library's own function of that name. A union, since no cast leads from an object's
 * pointer to a function's. */
static void *next(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

#define NEXT(type, name)                                                                 \
    (((union {                                                                           \
         void *object;                                                                   \
         type *function;                                                                 \
     }){next(name)})                                                                     \
         .function)

/* ---- which calls count ---- */

static bool is_chosen_rank(void) {
    const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *chosen = getenv("KILL_AT_RANK");
    return atoi(rank ? rank : "0") == atoi(chosen ? chosen : "0");
}

static bool counts_path(const char *path) {
    const char *pattern = getenv("KILL_AT_FILE"), *slash = strrchr(path, '/');
    return pattern && is_chosen_rank() &&
           fnmatch(pattern, slash ? slash + 1 : path, 0) == 0;
}

static bool counts_file(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return false;
    path[length] = '\0';
    return counts_path(path);
}

/* O_APPEND and one write: a line is never torn. */
static void log_call(const char *call, size_t bytes, off_t place) {
    const char *path = getenv("KILL_AT_LOG");
    char line[64];
    if (!path) return;
    int length =
        snprintf(line, sizeof line, "%s %zu %lld\n", call, bytes, (long long)place);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return;
    if (NEXT(write_call, "write")(fd, line, (size_t)length) != length) abort();
    close(fd);
}

static bool dies_next;

/* Count a call; true when it is the one to die at. */
static bool is_last(const char *call, size_t bytes, off_t place) {
    static int calls;
    const char *last = getenv("KILL_AT_CALL");
    log_call(call, bytes, place);
    calls++;
    return dies_next || (last && atoi(last) == calls);
}

static bool dies(const char *when) {
    const char *chosen = getenv("KILL_AT_WHEN");
    return strcmp(chosen ? chosen : "before", when) == 0;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* ---- writes ---- */

/* `place` < 0: at the descriptor's own position. */
static ssize_t really_write(int fd, const void *data, size_t bytes, off_t place) {
    if (place < 0) return NEXT(write_call, "write")(fd, data, bytes);
    return NEXT(pwrite_call, "pwrite")(fd, data, bytes, place);
}

static ssize_t counted_write(int fd, const void *data, size_t bytes, off_t place) {
    if (!is_last("write", bytes, place)) return really_write(fd, data, bytes, place);
    if (dies("half")) really_write(fd, data, (bytes + 1) / 2, place);
    if (dies("after")) really_write(fd, data, bytes, place);
    die();
    return -1;
}

/* Writes that wait, in their order. */
static struct held {
    struct held *next;
    int fd;
    size_t bytes;
    off_t place;
    unsigned char data[];
} * first_held, **last_held = &first_held;

static void hold(int fd, const void *data, size_t bytes, off_t place) {
    struct held *held = malloc(sizeof *held + bytes);
    if (!held) abort();
    *held = (struct held){.fd = fd, .bytes = bytes, .place = place};
    memcpy(held->data, data, bytes);
    *last_held = held;
    last_held = &held->next;
}

static void release_all(void) {
    while (first_held) {
        struct held *held = first_held;
        first_held = held->next;
        counted_write(held->fd, held->data, held->bytes, held->place);
        free(held);
    }
    last_held = &first_held;
}

/* In the wrong order: statuses at once, and what belongs to them afterwards. */
static ssize_t write_in_wrong_order(int fd, const void *data, size_t bytes, off_t place) {
    long long first, length;
    const char *done = getenv("KILL_AT_DONE");
    if (sscanf(getenv("KILL_AT_HOLD"), "%lld:%lld", &first, &length) != 2 || !done)
        abort();
    if (place < first || place >= first + length) {
        hold(fd, data, bytes, place);
        return (ssize_t)bytes;
    }
    ssize_t written = counted_write(fd, data, bytes, place);
    if (memchr(data, atoi(done), bytes)) {
        static int commits;
        const char *chosen = getenv("KILL_AT_COMMIT");
        dies_next = ++commits == atoi(chosen ? chosen : "0");
        release_all();
    }
    return written;
}

static ssize_t any_write(int fd, const void *data, size_t bytes, off_t place) {
    if (!counts_file(fd)) return really_write(fd, data, bytes, place);
    if (getenv("KILL_AT_HOLD") && place >= 0)
        return write_in_wrong_order(fd, data, bytes, place);
    return counted_write(fd, data, bytes, place);
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t place) {
    return any_write(fd, data, bytes, place);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off_t place) {
    return any_write(fd, data, bytes, place);
}

ssize_t write(int fd, const void *data, size_t bytes) {
    return any_write(fd, data, bytes, -1);
}

/* ---- everything else: before or after, there is no half ---- */

#define COUNTED(call, counts, real)                                                      \
    do {                                                                                 \
        bool last = (counts) && is_last((call), 0, -1);                                  \
        if (last && !dies("after")) die();                                               \
        int code = (real);                                                               \
        if (last) die();                                                                 \
        return code;                                                                     \
    } while (0)

typedef int file_call(int);
typedef int rename_call(const char *, const char *);
typedef int unlink_call(const char *);
typedef int truncate_call(int, off_t);

int fsync(int fd) {
    COUNTED("fsync", counts_file(fd), NEXT(file_call, "fsync")(fd));
}

int fdatasync(int fd) {
    COUNTED("fdatasync", counts_file(fd), NEXT(file_call, "fdatasync")(fd));
}

int ftruncate(int fd, off_t bytes) {
    COUNTED("ftruncate", counts_file(fd), NEXT(truncate_call, "ftruncate")(fd, bytes));
}

int ftruncate64(int fd, off_t bytes) {
    COUNTED("ftruncate", counts_file(fd), NEXT(truncate_call, "ftruncate")(fd, bytes));
}

int rename(const char *from, const char *to) {
    COUNTED("rename", counts_path(from), NEXT(rename_call, "rename")(from, to));
}

int unlink(const char *path) {
    COUNTED("unlink", counts_path(path), NEXT(unlink_call, "unlink")(path));
}

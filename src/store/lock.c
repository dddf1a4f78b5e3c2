#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/file.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"

enum { BYTE_WRITER = 0, BYTE_FENCE = 1 };

/* Seconds in which a dead job's ranks are waited for: they linger for 0.7, on a busy
 * machine for longer. */
static const double patience = 10.0;

/* Set or clear a lock of one byte without waiting; false with errno when it cannot be. */
static bool set_lock(int fd, int byte, short type) {
    struct flock range = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &range) == 0;
}

static bool is_taken(int code) {
    return code == EAGAIN || code == EACCES;
}

static bool has_no_locks(int code) {
    return code == ENOLCK || code == EOPNOTSUPP || code == ENOSYS || code == EINVAL;
}

static enum error name_lock(struct lock *lock, const char *path) {
    lock->fd = -1;
    snprintf(lock->given, sizeof lock->given, "%s", path);
    return file_beside(path, ".lock", lock->path, sizeof lock->path);
}

/* Who holds the lock, as its file says. */
struct holder {
    char host[LAUNCH_TEXT], job[LAUNCH_TEXT], start[LAUNCH_TEXT];
    int pid, parent;
};

static void read_holder(int fd, struct holder *holder) {
    char text[512] = "";
    *holder = (struct holder){.host = "unknown", .start = "an unknown time"};
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length <= 0) return;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *value = strchr(line, ' ');
        if (!value) continue;
        *value++ = '\0';
        if (!strcmp(line, "host")) snprintf(holder->host, LAUNCH_TEXT, "%s", value);
        if (!strcmp(line, "job")) snprintf(holder->job, LAUNCH_TEXT, "%s", value);
        if (!strcmp(line, "start")) snprintf(holder->start, LAUNCH_TEXT, "%s", value);
        if (!strcmp(line, "pid")) holder->pid = (int)strtol(value, NULL, 10);
        if (!strcmp(line, "parent")) holder->parent = (int)strtol(value, NULL, 10);
    }
}

static enum error write_holder(const struct lock *lock, const struct launch *launch) {
    char text[512];
    int length =
        snprintf(text, sizeof text, "host %s\npid %d\nparent %d\njob %s\nstart %s\n",
                 launch->host, launch->pid, (int)getppid(), launch->job, launch->start);
    if (ftruncate(lock->fd, 0) || pwrite(lock->fd, text, (size_t)length, 0) != length)
        return RAISE(ERROR_SYSTEM, "cannot write %s: %s", lock->path, strerror(errno));
    return ERROR_NONE;
}

static enum error refuse(const struct lock *lock, const char *remedy) {
    struct holder holder;
    read_holder(lock->fd, &holder);
    return RAISE(ERROR_INPUT,
                 "%s is being written by another job: host %s, pid %d%s%s, since %s; %s",
                 lock->given, holder.host, holder.pid, *holder.job ? ", job " : "",
                 holder.job, holder.start, remedy);
}

static enum error open_failed(const struct lock *lock) {
    int code = errno;
    const char *remedy = code == ENOENT ? "does its folder exist?"
                         : code == EACCES || code == EROFS || code == EPERM
                             ? "its folder must be writable"
                             : "the result file needs it: choose another name";
    return RAISE(ERROR_INPUT, "cannot open the lock file %s: %s; %s", lock->path,
                 strerror(code), remedy);
}

/* Whether the open file is still the one of that name: its holder may have removed it
 * between our opening and our locking. */
static bool is_current(const struct lock *lock) {
    struct stat mine, named;
    return !fstat(lock->fd, &mine) && !stat(lock->path, &named) &&
           mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

/* Open descriptors of locks: a child has copies, each of which holds the lock. */
static int descriptors[8] = {-1, -1, -1, -1, -1, -1, -1, -1};

static void exchange(int before, int after) {
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        if (descriptors[i] != before) continue;
        descriptors[i] = after;
        return;
    }
}

void lock_disown(void) {
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++)
        if (descriptors[i] >= 0) close(descriptors[i]);
}

static void drop(struct lock *lock) {
    if (lock->fd >= 0) {
        exchange(lock->fd, -1);
        close(lock->fd);
    }
    lock->fd = -1;
}

/* Someone else holds the lock: come again later, or be refused. */
static enum error defer(const struct lock *lock, bool later, const char *remedy,
                        bool *again) {
    *again = later;
    return later ? ERROR_NONE : refuse(lock, remedy);
}

/* Whether no rank of an earlier job stands behind the fence. */
static enum error check_fence(const struct lock *lock, bool patient, bool *again) {
    if (!set_lock(lock->fd, BYTE_FENCE, F_WRLCK)) {
        if (is_taken(errno))
            return defer(lock, patient,
                         "its launcher is gone, but a rank of it still runs: end it and "
                         "start again",
                         again);
        return RAISE(ERROR_SYSTEM, "cannot lock %s: %s", lock->path, strerror(errno));
    }
    if (!set_lock(lock->fd, BYTE_FENCE, F_UNLCK))
        return RAISE(ERROR_SYSTEM, "cannot unlock %s: %s", lock->path, strerror(errno));
    return ERROR_NONE;
}

/* The parent of a process of this host; -1 where there is none of that number, or it cannot
 * be told. */
static int parent_of(int pid) {
    char path[64], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    const char *name_end = length > 0 ? strrchr(text, ')') : NULL; /* ") S 4711 ..." */
    return name_end && strlen(name_end) > 4 ? (int)strtol(name_end + 4, NULL, 10) : -1;
}

/* Whether the process that wrote the lock file has lost its launcher on this host, and may
 * end in a moment; it may also go on for ever, as one does whose shell has ended. */
static bool is_orphan(const struct lock *lock, const struct launch *launch) {
    struct holder holder;
    read_holder(lock->fd, &holder);
    if (holder.parent <= 0 || strcmp(holder.host, launch->host) != 0) return false;
    int parent = parent_of(holder.pid);
    if (parent < 0) return kill(holder.pid, 0) != 0 && errno == ESRCH;
    return parent != holder.parent;
}

/* Whether the process that wrote the lock file is gone for certain: no process has its
 * number, or this one, which then began anew in its place. */
static bool is_stale(const struct lock *lock, const struct launch *launch) {
    struct holder holder;
    read_holder(lock->fd, &holder);
    if (holder.pid <= 0 || strcmp(holder.host, launch->host) != 0) return false;
    return holder.pid == launch->pid || (kill(holder.pid, 0) != 0 && errno == ESRCH);
}

/* Without locks of the file system: `created` tells whether we made the file. */
static enum error take_by_creation(struct lock *lock, bool created,
                                   const struct launch *launch, bool patient,
                                   bool *again) {
    if (created) {
        log_warning("%s lies on a file system without locks: never write one result file "
                    "from two hosts",
                    lock->path);
        return ERROR_NONE;
    }
    if (!is_stale(lock, launch))
        return defer(lock, patient && is_orphan(lock, launch),
                     "the file system has no locks: if that job is gone, remove the lock "
                     "file",
                     again);
    *again = true; /* the next try creates it, or finds another who did */
    if (is_current(lock) && unlink(lock->path))
        return RAISE(ERROR_SYSTEM, "cannot remove %s: %s", lock->path, strerror(errno));
    return ERROR_NONE;
}

static enum error try_take(struct lock *lock, const struct launch *launch, bool patient,
                           bool *again) {
    *again = false;
    bool created = true;
    lock->fd = open(lock->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (lock->fd < 0 && errno == EEXIST) {
        created = false;
        lock->fd = open(lock->path, O_RDWR | O_CLOEXEC);
        *again = lock->fd < 0 && errno == ENOENT;
        if (*again) return ERROR_NONE;
    }
    if (lock->fd < 0) return open_failed(lock);
    if (set_lock(lock->fd, BYTE_WRITER, F_WRLCK)) {
        *again = !is_current(lock);
        return *again ? ERROR_NONE : check_fence(lock, patient, again);
    }
    if (is_taken(errno))
        return defer(lock, patient && is_orphan(lock, launch), "wait for it, or end it",
                     again);
    if (has_no_locks(errno))
        return take_by_creation(lock, created, launch, patient, again);
    return RAISE(ERROR_SYSTEM, "cannot lock %s: %s", lock->path, strerror(errno));
}

enum error lock_take(struct lock *lock, const char *path, const struct launch *launch) {
    TRY(name_lock(lock, path));
    double start = clock_seconds();
    bool again, patient;
    enum error error;
    do {
        drop(lock);
        patient = clock_seconds() - start < patience;
        error = try_take(lock, launch, patient, &again);
        if (again && interrupt_requested())
            error = RAISE(ERROR_INTERRUPTED,
                          "stopped while waiting for %s; run the same command again",
                          lock->path);
        if (again) clock_sleep(0.02);
    } while (again && patient && !error);
    if (!error && again)
        error =
            RAISE(ERROR_INPUT, "cannot get hold of %s: others come and go", lock->path);
    if (!error) error = write_holder(lock, launch);
    if (error)
        drop(lock);
    else
        exchange(-1, lock->fd);
    return error;
}

enum error lock_join(struct lock *fence, const char *path) {
    TRY(name_lock(fence, path));
    fence->fd = open(fence->path, O_RDWR | O_CLOEXEC);
    if (fence->fd < 0) return open_failed(fence);
    if (set_lock(fence->fd, BYTE_FENCE, F_RDLCK) || has_no_locks(errno)) {
        exchange(-1, fence->fd);
        return ERROR_NONE;
    }
    enum error error =
        RAISE(ERROR_SYSTEM, "cannot lock %s: %s", fence->path, strerror(errno));
    drop(fence);
    return error;
}

void lock_leave(struct lock *fence) {
    drop(fence);
}

void lock_release(struct lock *lock) {
    if (lock->fd < 0) return;
    if (unlink(lock->path))
        log_warning("cannot remove %s: %s", lock->path, strerror(errno));
    drop(lock);
}

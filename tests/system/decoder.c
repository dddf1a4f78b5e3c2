/* A decoder that is not proof against damaged files, preloaded: opening one with HDF5
 * kills the process (DECODER=crash), asks for ever more memory (DECODER=memory), or does
 * not come to an end (DECODER=loop: where processor time is limited, the limit is made a
 * second; where it is not, the process ends with code 99). DECODER=held: the same without
 * any limit, once the file is locked by a run; DECODER_BEGUN is made then.
 * DECODER=values: it is reading values that comes to no end; DECODER=waits: the same
 * without any work, and the seconds of who waits for it are short. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static volatile int endless = 1;

static void loop(void) {
    struct rlimit limit;
    getrlimit(RLIMIT_CPU, &limit);
    if (limit.rlim_cur == RLIM_INFINITY) _exit(99);
    limit.rlim_cur = 1;
    setrlimit(RLIMIT_CPU, &limit);
    while (endless) {
    }
}

static void loop_when_locked(const char *path) {
    char lock[4096];
    snprintf(lock, sizeof lock, "%s.lock", path);
    if (access(lock, F_OK)) return;
    close(open(getenv("DECODER_BEGUN"), O_CREAT | O_WRONLY, 0600));
    while (endless) {
    }
}

static int is_set(const char *how) {
    const char *set = getenv("DECODER");
    return set && !strcmp(set, how);
}

typedef int reader(int64_t, int64_t, int64_t, int64_t, int64_t, void *);
reader H5Dread;

int H5Dread(int64_t dataset, int64_t type, int64_t memory, int64_t file, int64_t transfer,
            void *values) {
    if (is_set("values")) loop();
    while (is_set("waits"))
        pause();
    return ((reader *)dlsym(RTLD_NEXT, "H5Dread"))(dataset, type, memory, file, transfer,
                                                   values);
}

int poll(struct pollfd *files, nfds_t count, int timeout) {
    typedef int waiter(struct pollfd *, nfds_t, int);
    if (is_set("waits") && timeout > 0) return 0;
    return ((waiter *)dlsym(RTLD_NEXT, "poll"))(files, count, timeout);
}

typedef int64_t opener(const char *, unsigned, int64_t);
opener H5Fopen;

int64_t H5Fopen(const char *path, unsigned flags, int64_t access) {
    if (is_set("held")) loop_when_locked(path);
    if (is_set("held") || is_set("values") || is_set("waits"))
        return ((opener *)dlsym(RTLD_NEXT, "H5Fopen"))(path, flags, access);
    if (is_set("memory")) {
        char *piece;
        while ((piece = malloc((size_t)64 << 20)))
            piece[0] = 1;
        abort();
    }
    if (is_set("loop")) loop();
    raise(SIGSEGV);
    return -1;
}

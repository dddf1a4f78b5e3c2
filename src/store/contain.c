#include "dufm/contain.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/isolate.h"
#include "layout.h"
#include "lock.h"

enum { PROCESSOR_SECONDS = 60, PATIENCE_SECONDS = 600, MILLISECONDS = 1000 };

static const uint64_t memory_more = (uint64_t)1 << 30;
static const uint64_t memory_per_byte = 8; /* a row of a compact file may be unpacked */
static const uint64_t bytes_most = (uint64_t)1 << 40;

/* Counts what is done, in memory that parent and child share; NULL: not in a child. */
static uint64_t *done;

/* Pages this process has mapped, in bytes; 0 where the system does not tell. */
static rlim_t mapped_bytes(void) {
    char text[64] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return read ? strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE) : 0;
}

/* A minute more than was taken. The hard limit stays, or it could not be raised again. */
static void limit_processor(void) {
    struct rlimit limit;
    struct rusage used;
    if (getrlimit(RLIMIT_CPU, &limit) || getrusage(RUSAGE_SELF, &used)) return;
    rlim_t seconds = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1;
    limit.rlim_cur = seconds + PROCESSOR_SECONDS;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CPU, &limit);
}

/* Limits that cannot be set are not: the file is tried all the same. A core of the child
 * would be of no use to anyone. */
void contain_child(pid_t parent, uint64_t memory) {
    rlim_t mapped = mapped_bytes();
    const struct rlimit space = {mapped + memory, mapped + memory};
    const struct rlimit core = {0, 0};
    lock_disown();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent) _exit(1);
    if (mapped > 0) setrlimit(RLIMIT_AS, &space);
    setrlimit(RLIMIT_CORE, &core);
    limit_processor();
}

void contain_progress(void) {
    if (!done) return;
    __atomic_add_fetch(done, 1, __ATOMIC_RELAXED);
    limit_processor();
}

enum error contain_death(const char *path, int number) {
    return RAISE(ERROR_STORE, "%s is damaged (reading it died of signal %d, %s): %s",
                 path, number, strsignal(number), layout_remedy(path));
}

static uint64_t memory_for(const char *path) {
    struct stat facts;
    uint64_t bytes = stat(path, &facts) ? 0 : (uint64_t)facts.st_size;
    return memory_more + memory_per_byte * (bytes < bytes_most ? bytes : bytes_most);
}

_Noreturn static void run_child(const struct containment *work, pid_t parent,
                                uint64_t *shared) {
    contain_child(parent, memory_for(work->path));
    done = shared;
    int code = work->run(work->context);
    fflush(NULL);
    _exit(code);
}

/* Whether who reads our output is waited for: a pager, for one. */
static bool is_output_full(void) {
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&output, 1, 0) == 0;
}

/* Wait until the other end of a pipe is closed; false when nothing was done for too long.
 * Seconds are counted one by one, so that those of a stopped process do not count. */
static bool wait_for_end(int end, const uint64_t *shared) {
    uint64_t seen = 0;
    for (int idle = 0; idle < PATIENCE_SECONDS;) {
        struct pollfd pipe_end = {.fd = end};
        int events = poll(&pipe_end, 1, MILLISECONDS);
        if (events > 0 || (events < 0 && errno != EINTR)) return true;
        uint64_t now = __atomic_load_n(shared, __ATOMIC_RELAXED);
        idle = now != seen || is_output_full() ? 0 : idle + (events == 0);
        seen = now;
    }
    return false;
}

static bool is_from_outside(int number) {
    return number == SIGINT || number == SIGTERM || number == SIGHUP ||
           number == SIGPIPE || number == SIGQUIT;
}

static enum error conclude(const struct containment *work, pid_t child, bool ended,
                           int *code) {
    int status;
    if (!ended) kill(child, SIGKILL);
    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            return RAISE(ERROR_SYSTEM, "lost the reading process: %s", strerror(errno));
    if (!ended)
        return RAISE(ERROR_SYSTEM,
                     "nothing came of reading %s for %d minutes: is its file system at "
                     "work?",
                     work->path, PATIENCE_SECONDS / 60);
    if (WIFEXITED(status)) {
        *code = WEXITSTATUS(status);
        return ERROR_NONE;
    }
    if (is_from_outside(WTERMSIG(status))) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    return contain_death(work->path, WTERMSIG(status));
}

static enum error run_and_wait(const struct containment *work, uint64_t *shared,
                               int *code) {
    int ends[2];
    if (pipe(ends)) return RAISE(ERROR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(work, parent, shared);
    }
    int failure = errno;
    close(ends[1]);
    enum error error =
        child < 0 ? RAISE(ERROR_SYSTEM, "cannot start a process: %s", strerror(failure))
                  : conclude(work, child, wait_for_end(ends[0], shared), code);
    close(ends[0]);
    return error;
}

enum error contain(const struct containment *work, int *code) {
    void *shared;
    TRY(isolate_share(sizeof(uint64_t), &shared));
    enum error error = run_and_wait(work, shared, code);
    isolate_release(&shared, sizeof(uint64_t));
    return error;
}

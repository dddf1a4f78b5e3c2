#include "dufm/isolate.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/guard.h"

static const double nap_seconds = 0.002;

enum error isolate_share(size_t bytes, void **out) {
    *out = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (*out != MAP_FAILED) return ERROR_NONE;
    *out = NULL;
    return RAISE(ERROR_SYSTEM, "no shared memory for %zu bytes: %s", bytes,
                 strerror(errno));
}

void isolate_release(void **memory, size_t bytes) {
    if (*memory != NULL) munmap(*memory, bytes);
    *memory = NULL;
}

_Noreturn static void run_child(const struct isolation *isolation, pid_t parent) {
    guard_become_child();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(1);
    isolation->run(isolation->context);
    _exit(0);
}

static enum isolation_end end_of_status(int status) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ISOLATION_DONE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == GUARD_EXIT_CODE)
        return ISOLATION_FAULT;
    return ISOLATION_KILLED;
}

static enum error wait_for_child(pid_t child, int flags, int *status, pid_t *got) {
    do
        *got = waitpid(child, status, flags);
    while (*got < 0 && errno == EINTR);
    if (*got >= 0) return ERROR_NONE;
    return RAISE(ERROR_SYSTEM, "cannot wait for a child: %s", strerror(errno));
}

enum error isolate(const struct isolation *isolation, enum isolation_end *out) {
    pid_t parent = getpid(), child = fork(), got;
    double end = INFINITY; /* when the child is killed */
    int status;
    if (child < 0)
        return RAISE(ERROR_SYSTEM, "cannot start a child: %s", strerror(errno));
    if (child == 0) run_child(isolation, parent);
    for (;;) {
        TRY(wait_for_child(child, WNOHANG, &status, &got));
        if (got == child) break;
        if (isinf(end) && isolation->poll(isolation->poll_context)) {
            if (isolation->stop != NULL) atomic_store(isolation->stop, true);
            end = clock_seconds() + isolation->patience;
        }
        if (clock_seconds() >= end) {
            kill(child, SIGKILL);
            *out = ISOLATION_STOPPED;
            return wait_for_child(child, 0, &status, &got);
        }
        clock_sleep(nap_seconds);
    }
    *out = end_of_status(status);
    return ERROR_NONE;
}

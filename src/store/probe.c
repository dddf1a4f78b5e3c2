#include "probe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/contain.h"
#include "layout.h"

enum { TEXT = 2048 };

static const uint64_t memory_more = (uint64_t)1 << 30;

/* What the child tells before it ends. */
struct verdict {
    int error;
    char text[TEXT];
};

_Noreturn static void try_in_child(const char *path, probe_attempt *attempt, int fd,
                                   pid_t parent) {
    struct verdict verdict = {0};
    contain_child(parent, memory_more);
    verdict.error = (int)attempt(path);
    if (verdict.error) snprintf(verdict.text, TEXT, "%s", error_message());
    ssize_t length = write(fd, &verdict, sizeof verdict);
    _exit(length == (ssize_t)sizeof verdict ? 0 : 1);
}

static enum error read_verdict(int fd, struct verdict *verdict, bool *whole) {
    ssize_t length;
    do {
        length = read(fd, verdict, sizeof *verdict); /* less than a pipe holds at once */
    } while (length < 0 && errno == EINTR);
    if (length < 0)
        return RAISE(ERROR_SYSTEM, "cannot read from a process: %s", strerror(errno));
    *whole = length == (ssize_t)sizeof *verdict;
    return ERROR_NONE;
}

static enum error wait_for(pid_t child, int *status) {
    while (waitpid(child, status, 0) != child)
        if (errno != EINTR)
            return RAISE(ERROR_SYSTEM, "lost a process: %s", strerror(errno));
    return ERROR_NONE;
}

static enum error conclude(const char *path, const struct verdict *verdict, bool whole,
                           int status) {
    if (whole && verdict->error)
        return RAISE((enum error)verdict->error, "%.*s", TEXT, verdict->text);
    if (whole) return ERROR_NONE;
    if (WIFSIGNALED(status)) return contain_death(path, WTERMSIG(status));
    return RAISE(ERROR_STORE, "%s is damaged (reading it ended with code %d): %s", path,
                 WEXITSTATUS(status), layout_remedy(path));
}

enum error probe_file(const char *path, probe_attempt *attempt) {
    int ends[2], status;
    struct verdict verdict;
    bool whole = false;
    if (pipe(ends)) return RAISE(ERROR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
    pid_t parent = getpid(), child = fork();
    if (child == 0) try_in_child(path, attempt, ends[1], parent);
    int code = errno;
    close(ends[1]);
    enum error error =
        child < 0 ? RAISE(ERROR_SYSTEM, "cannot start a process: %s", strerror(code))
                  : read_verdict(ends[0], &verdict, &whole);
    close(ends[0]);
    if (child < 0) return error;
    enum error lost = wait_for(child, &status);
    if (error || lost) return error ? error : lost;
    return conclude(path, &verdict, whole, status);
}

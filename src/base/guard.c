/* Everything the handler needs is laid out beforehand: it calls nothing but what is safe
 * in a handler. */
#include "dufm/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dufm/faults.h"
#include "dufm/interrupt.h"

enum { PATH = 4096, STACK = 64 << 10 };

#ifdef SYS_close_range
static const unsigned close_on_exec = 1U << 2; /* CLOSE_RANGE_CLOEXEC of newer headers */
#endif

static const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

static struct {
    char path[PATH];
    int rank;
    enum guard_after after;
    char **arguments, **environment;
    struct sigaction before[NUMBERS]; /* what was installed before */
} guard;

/* The point at work. */
static volatile sig_atomic_t armed;
static volatile long thread;
static volatile uint64_t current_point;
static volatile uint32_t current_row;

static long this_thread(void) {
    return syscall(SYS_gettid); /* older C libraries have no gettid */
}

/* A fault of the processor comes from the kernel; abort() and raise() from this very
 * process. Another thread's fault is not the point's. */
static bool is_own_fault(const siginfo_t *facts) {
    if (!armed || this_thread() != thread) return false;
    return facts->si_code > 0 || facts->si_pid == getpid();
}

/* Opened here, so that no run has the file that needs none. */
static bool write_record(int number) {
    struct fault_record record = {
        .rank = guard.rank, .point = current_point, .row = current_row, .signal = number};
    fault_record_seal(&record);
    int fd = open(guard.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    bool written = write(fd, &record, sizeof record) == (ssize_t)sizeof record;
    return close(fd) == 0 && written;
}

/* The new program must not begin with the signal blocked. A stop that was asked for is
 * not forgotten over it. */
static void restart(void) {
    static const char text[] = "dufm: warning: a point brought the process down; the run "
                               "starts again\n";
    sigset_t all;
    sigfillset(&all);
    if (interrupt_requested()) _exit(EXIT_CODE_UNFINISHED);
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    /* What libraries have open would pile up; without this call it is only a few files. */
#ifdef SYS_close_range
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, close_on_exec);
#endif
    execve("/proc/self/exe", guard.arguments, guard.environment);
    _exit(EXIT_CODE_UNFINISHED); /* run by hand it goes on */
}

static void handle(int number, siginfo_t *facts, void *context) {
    (void)context;
    if (!is_own_fault(facts) || !write_record(number)) {
        /* Raised again, and taken once this handler has returned. */
        for (int i = 0; i < NUMBERS; i++)
            if (numbers[i] == number) sigaction(number, &guard.before[i], NULL);
        raise(number);
        return;
    }
    if (guard.after == GUARD_EXIT) _exit(GUARD_EXIT_CODE);
    if (guard.after == GUARD_RESTART) restart();
    for (;;)
        pause();
}

enum error guard_install(const struct guard_options *options) {
    static unsigned char stack[STACK];
    int length = snprintf(guard.path, sizeof guard.path, "%s", options->path);
    if (length < 0 || (size_t)length >= sizeof guard.path)
        return RAISE(ERROR_INPUT,
                     "the path of the result file is too long; choose a shorter one");
    guard.rank = options->rank;
    guard.after = options->after;
    guard.arguments = options->arguments;
    guard.environment = options->environment;
    if (sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL) != 0)
        return RAISE(ERROR_SYSTEM, "cannot set a stack for signals: %s", strerror(errno));
    struct sigaction action = {.sa_sigaction = handle,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < NUMBERS; i++)
        if (sigaction(numbers[i], &action, &guard.before[i]) != 0)
            return RAISE(ERROR_SYSTEM, "cannot handle signal %d: %s", numbers[i],
                         strerror(errno));
    return ERROR_NONE;
}

void guard_become_child(void) {
    guard.rank = FAULTS_CHILD;
    guard.after = GUARD_EXIT;
}

void guard_enter(uint64_t point, uint32_t row) {
    thread = this_thread();
    current_point = point;
    current_row = row;
    armed = 1;
}

void guard_leave(void) {
    armed = 0;
}

void guard_pause(void) {
    armed = 0;
}

void guard_resume(void) {
    armed = 1;
}

#include "dufm/team.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/interrupt.h"
#include "dufm/isolate.h"
#include "dufm/memory.h"

static const double nap_seconds = 0.001;

/* How a part, or a child, has ended. */
struct report {
    enum error error;
    char message[ERROR_MESSAGE_SIZE];
};

/* What parent and children share. */
struct board {
    atomic_int next;        /* part that nobody has taken yet */
    atomic_bool failed;     /* none is taken any more */
    struct report report[]; /* of each part */
};

struct members {
    const struct team *team;
    struct board *board;
    pid_t *child;      /* 0: it has ended */
    int begun, living; /* children */
    bool told;         /* the children have been asked to stop */
    struct report end; /* of the first child that ended badly */
};

static void report_error(struct board *board, struct report *report, enum error error) {
    report->error = error;
    snprintf(report->message, sizeof report->message, "%s", error_message());
    atomic_store(&board->failed, true);
}

/* One part after the other, as long as there are any. */
static void take_parts(const struct team *team, struct board *board) {
    while (!atomic_load(&board->failed)) {
        int part = atomic_fetch_add(&board->next, 1);
        if (part >= team->parts) break;
        enum error error = team->run(team->context, part);
        if (error) report_error(board, &board->report[part], error);
    }
}

_Noreturn static void run_child(const struct members *members, pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(1);
    take_parts(members->team, members->board);
    _exit(0);
}

/* As many children as there may be; the system may grant fewer. */
static void begin(struct members *members) {
    const struct team *team = members->team;
    int most = team->most < team->parts ? team->most : team->parts;
    for (; members->begun < most; members->begun++) {
        pid_t parent = getpid(), child = fork();
        if (child == 0) run_child(members, parent);
        if (child < 0) break;
        members->child[members->begun] = child;
        members->living++;
    }
}

static enum error judge_end(int status) {
    if (WIFSIGNALED(status))
        return RAISE(ERROR_SYSTEM, "a child died of signal %d, %s", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return RAISE(ERROR_SYSTEM, "a child ended with exit code %d",
                     WEXITSTATUS(status));
    return ERROR_NONE;
}

/* Take note of a child's end, if it has come. */
static void look_after(struct members *members, pid_t *child) {
    int status;
    pid_t got = waitpid(*child, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR)) return;
    enum error error =
        got < 0 ? RAISE(ERROR_SYSTEM, "cannot wait for a child: %s", strerror(errno))
                : judge_end(status);
    *child = 0;
    members->living--;
    if (error && !members->end.error) report_error(members->board, &members->end, error);
}

static void pass_interruption_on(struct members *members) {
    if (members->told || !interrupt_requested()) return;
    members->told = true;
    for (int i = 0; i < members->begun; i++)
        if (members->child[i]) kill(members->child[i], SIGTERM);
}

static void wait_for_children(struct members *members) {
    while (members->living > 0) {
        pass_interruption_on(members);
        clock_sleep(nap_seconds);
        for (int i = 0; i < members->begun; i++)
            if (members->child[i]) look_after(members, &members->child[i]);
    }
}

static enum error conclude(const struct members *members) {
    const struct report *report = members->board->report;
    for (int i = 0; i < members->team->parts; i++)
        if (report[i].error) return RAISE(report[i].error, "%s", report[i].message);
    if (members->end.error) return RAISE(members->end.error, "%s", members->end.message);
    return ERROR_NONE;
}

static enum error run_in_children(const struct team *team) {
    struct members members = {.team = team};
    size_t parts = (size_t)team->parts;
    size_t bytes = sizeof *members.board + parts * sizeof members.board->report[0];
    void *children = NULL, *board = NULL;
    TRY(memory_allocate(parts, sizeof *members.child, &children));
    enum error error = isolate_share(bytes, &board);
    if (!error) {
        members.child = children;
        members.board = board;
        begin(&members);
        if (members.begun == 0) take_parts(team, members.board);
        wait_for_children(&members);
        error = conclude(&members);
    }
    isolate_release(&board, bytes);
    free(children);
    return error;
}

enum error team_run(const struct team *team) {
    if (team->most > 1 && team->parts > 1) return run_in_children(team);
    for (int i = 0; i < team->parts; i++)
        TRY(team->run(team->context, i));
    return ERROR_NONE;
}

int team_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more cores than a set has room for */
    return online > 0 ? (int)online : 1;
}

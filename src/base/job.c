#include "dufm/job.h"

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dufm/clock.h"

static const double patience = 5.0; /* seconds an answer may take */

double job_seconds(const char *text) {
    double days = 0, seconds = 0;
    const char *rest = strchr(text, '-');
    if (text[strspn(text, "0123456789:-")] != '\0' || strchr(text, ':') == NULL)
        return NAN;
    if (rest != NULL) days = strtod(text, NULL);
    rest = rest != NULL ? rest + 1 : text;
    for (; rest != NULL; rest = strchr(rest, ':')) {
        rest += *rest == ':';
        seconds = 60 * seconds + strtod(rest, NULL);
    }
    return 86400 * days + seconds;
}

/* Start squeue with both of its streams in the pipe `out`; false when there is none. */
static bool start(const char *id, int out, pid_t *pid) {
    char format[] = "%T|%L|%r", command[] = "squeue", quiet[] = "-h", states[] = "-tall";
    char job[LAUNCH_TEXT + 2], output[] = "-o";
    snprintf(job, sizeof job, "-j%s", id);
    char *arguments[] = {command, quiet, states, job, output, format, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) return false;
    bool ready = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) == 0 &&
                 posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO) == 0 &&
                 posix_spawnp(pid, command, &actions, NULL, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return ready;
}

/* All that comes until the pipe ends; false when that takes too long. */
static bool collect(int in, char *text, size_t size) {
    double end = clock_seconds() + patience;
    size_t used = 0;
    for (;;) {
        struct pollfd ready = {.fd = in, .events = POLLIN};
        int left = (int)(1000 * (end - clock_seconds()));
        if (left <= 0 || poll(&ready, 1, left) <= 0) return false;
        ssize_t got = read(in, text + used, size - 1 - used);
        if (got < 0) return false;
        text[used += (size_t)got] = '\0';
        if (got == 0 || used == size - 1) return true;
    }
}

static bool squeue(const char *id, char *text, size_t size) {
    int ends[2];
    pid_t pid;
    *text = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    bool started = start(id, ends[1], &pid);
    close(ends[1]);
    bool whole = started && collect(ends[0], text, size);
    close(ends[0]);
    if (started && !whole) kill(pid, SIGKILL);
    if (started) waitpid(pid, NULL, 0);
    return whole;
}

/* "RUNNING|1:02:03|None"; a complaint about its number is an answer, too. */
static void read_answer(char *text, const char *id, struct job *out) {
    const char *state = strsep(&text, "|"), *left = strsep(&text, "|");
    const char *reason = strsep(&text, "\n");
    if (reason == NULL && strstr(state, "Invalid job id") == NULL) return;
    snprintf(out->id, sizeof out->id, "%s", id);
    snprintf(out->state, sizeof out->state, "%s", reason != NULL ? state : "GONE");
    if (reason == NULL) return;
    out->seconds_left = job_seconds(left);
    if (strcmp(reason, "None") != 0)
        snprintf(out->reason, sizeof out->reason, "%s", reason);
}

void job_ask(const char *name, struct job *out) {
    static struct job last;
    static char last_name[LAUNCH_TEXT];
    static double asked;
    char text[1024];
    const char *id = name + strlen("slurm ");
    *out = (struct job){.seconds_left = NAN};
    if (strncmp(name, "slurm ", 6) != 0 || !isdigit((unsigned char)*id) ||
        id[strspn(id, "0123456789")] != '\0')
        return;
    if (strcmp(name, last_name) != 0 || clock_seconds() - asked >= JOB_ASK_SECONDS) {
        last = *out;
        if (squeue(id, text, sizeof text)) read_answer(text, id, &last);
        snprintf(last_name, sizeof last_name, "%s", name);
        asked = clock_seconds();
    }
    *out = last;
}

static bool is_one_of(const char *state, const char *const *states) {
    while (*states != NULL && strcmp(*states, state) != 0)
        states++;
    return *states != NULL;
}

bool job_runs(const struct job *job) {
    static const char *const states[] = {"RUNNING", "COMPLETING", "STAGE_OUT",
                                         "SIGNALING", NULL};
    return is_one_of(job->state, states);
}

bool job_waits(const struct job *job) {
    static const char *const states[] = {"PENDING",   "CONFIGURING", "REQUEUED",
                                         "SUSPENDED", "RESIZING",    NULL};
    return is_one_of(job->state, states);
}

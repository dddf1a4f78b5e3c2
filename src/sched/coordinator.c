/* Rank 0 of several: an event loop that hands out rows and sleeps in between. */
#include "dufm/coordinator.h"

#include <stdlib.h>
#include <string.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"
#include "dufm/memory.h"
#include "dufm/message.h"

/* The state of the event loop. Worker w of the policy is rank w + 1. */
struct desk {
    struct coordinator *coordinator;
    const struct launch *launch;
    bool *busy; /* size workers: rows were sent, no report came yet; owned */
    int workers;
    int greeted;   /* workers that said HELLO */
    int gone;      /* workers that said BYE */
    bool stopping; /* STOP was sent to the busy workers */
    bool ending;   /* FINISH was sent to every worker */
    int strangers; /* workers with another fingerprint than rank 0 */
    int stranger;  /* rank of the first of them, ... */
    struct message_hello stranger_hello; /* ... and its machine */
    int broken;                          /* rank of the first error; 0: none */
    struct message_error error;          /* that error */
};

void coordinator_tick(struct coordinator *coordinator) {
    double now = clock_seconds();
    if (!progress_due(coordinator->progress, now)) return;
    struct progress_facts facts = {.total = coordinator->total,
                                   .before = coordinator->before,
                                   .tally = coordinator->tally,
                                   .elapsed = now - coordinator->start,
                                   .left = policy_left(coordinator->policy, now)};
    progress_show(coordinator->progress, &facts, now);
}

enum error coordinator_ending(const struct coordinator *coordinator) {
    uint64_t finished =
        coordinator->before + coordinator->tally.done + coordinator->tally.failed;
    if (finished == coordinator->total) return ERROR_NONE;
    return RAISE(ERROR_INTERRUPTED,
                 "stopped with %llu of %llu points left; run the same command again to "
                 "go on",
                 (unsigned long long)(coordinator->total - finished),
                 (unsigned long long)coordinator->total);
}

static enum error stop(struct desk *desk) {
    if (desk->stopping) return ERROR_NONE;
    desk->stopping = true;
    policy_stop(desk->coordinator->policy);
    for (int w = 0; w < desk->workers; w++)
        if (desk->busy[w]) TRY(message_send(w + 1, MESSAGE_STOP, NULL, 0));
    return ERROR_NONE;
}

/* Once nobody is at work and nothing is left to hand out. */
static enum error finish(struct desk *desk) {
    if (desk->ending || !policy_finished(desk->coordinator->policy)) return ERROR_NONE;
    desk->ending = true;
    for (int w = 0; w < desk->workers; w++)
        TRY(message_send(w + 1, MESSAGE_FINISH, NULL, 0));
    return ERROR_NONE;
}

/* A worker is ready: give it rows if there are any. */
static enum error serve(struct desk *desk, int from,
                        const struct message_report *report) {
    struct policy_event event = {.worker = from - 1,
                                 .time = clock_seconds(),
                                 .done = (int)(report->tally.done + report->tally.failed),
                                 .seconds = report->seconds};
    desk->busy[from - 1] = false;
    struct policy_action action = policy_step(desk->coordinator->policy, &event);
    if (action.kind != POLICY_ASSIGN) return ERROR_NONE;
    desk->busy[from - 1] = true;
    return message_send(from, MESSAGE_ROWS, action.rows,
                        (size_t)action.count * sizeof *action.rows);
}

/* Bits may differ between kinds of machines: say so once, when all have come. */
static void warn_of_strangers(const struct desk *desk) {
    if (desk->strangers == 0) return;
    progress_clear(desk->coordinator->progress);
    log_warning("%d of %d workers run on another CPU or with other libraries than rank 0 "
                "(%s); the first is rank %d on %s (%s): last bits of results may depend "
                "on who computed them",
                desk->strangers, desk->workers, desk->launch->cpu, desk->stranger,
                desk->stranger_hello.host, desk->stranger_hello.cpu);
}

static enum error greet(struct desk *desk, const struct message *message) {
    const struct message_hello *hello = &message->body.hello;
    if (strcmp(hello->fingerprint, desk->launch->fingerprint) != 0) {
        if (desk->strangers++ == 0) {
            desk->stranger = message->from;
            desk->stranger_hello = *hello;
        }
    }
    if (++desk->greeted == desk->workers) warn_of_strangers(desk);
    return serve(desk, message->from, &(struct message_report){0});
}

static enum error take_error(struct desk *desk, const struct message *message) {
    if (desk->broken == 0) {
        desk->broken = message->from;
        desk->error = message->body.error;
    }
    desk->busy[message->from - 1] = false;
    TRY(stop(desk));
    return serve(desk, message->from, &(struct message_report){0});
}

static enum error handle(struct desk *desk, const struct message *message) {
    switch (message->tag) {
    case MESSAGE_HELLO:
        return greet(desk, message);
    case MESSAGE_REPORT:
        tally_add(&desk->coordinator->tally, &message->body.report.tally);
        return serve(desk, message->from, &message->body.report);
    case MESSAGE_INTERRUPT:
        return stop(desk);
    case MESSAGE_ERROR:
        return take_error(desk, message);
    case MESSAGE_BYE:
        desk->gone++;
        return ERROR_NONE;
    default:
        return RAISE(ERROR_MPI, "the coordinator got a message with tag %d from rank %d",
                     (int)message->tag, message->from);
    }
}

static enum error run_loop(struct desk *desk) {
    struct message message;
    int idle = 0;
    while (desk->gone < desk->workers) {
        bool found;
        if (interrupt_requested()) TRY(stop(desk));
        TRY(finish(desk));
        TRY(message_take(&message, &found));
        if (found) {
            idle = 0;
            TRY(handle(desk, &message));
        } else {
            comm_doze(&idle);
        }
        coordinator_tick(desk->coordinator);
    }
    return comm_barrier();
}

enum error coordinator_run(struct coordinator *coordinator, const struct launch *launch) {
    struct desk desk = {
        .coordinator = coordinator, .launch = launch, .workers = comm_size() - 1};
    void *memory;
    TRY(memory_allocate((size_t)desk.workers, sizeof *desk.busy, &memory));
    desk.busy = memory;
    enum error error = run_loop(&desk);
    free(desk.busy);
    TRY(error);
    if (desk.broken != 0)
        return RAISE((enum error)desk.error.code, "rank %d: %s", desk.broken,
                     desk.error.text);
    return coordinator_ending(coordinator);
}

/* Rank 0 of several: an event loop that hands out rows and sleeps in between. */
#include "dufm/coordinator.h"

#include <stdlib.h>
#include <string.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "dufm/faults.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"
#include "dufm/memory.h"
#include "dufm/message.h"

/* Seconds between two looks at the file of deaths. */
static const double look_seconds = 1;

/* Where no worker is left this rank runs what is no longer than that: to begin again takes
 * as long. */
static const double alone_seconds = 60;

/* What rank 0 knows of a worker. */
struct chair {
    bool here; /* it said HELLO */
    bool busy; /* rows were sent, no report came yet */
    bool lost; /* a point brought it down */
};

/* The state of the event loop. Worker w of the policy is rank w + 1. */
struct desk {
    struct coordinator *coordinator;
    const struct work *work;
    const struct launch *launch;
    struct chair *chairs; /* size workers; owned */
    int workers;
    double next_look; /* at the deaths, ... */
    int deaths;       /* ... of which so many are known */
    int greeted;      /* workers that said HELLO */
    int gone;         /* workers that said BYE */
    bool stopping;    /* STOP was sent to the busy workers */
    bool ending;      /* FINISH was sent to every worker */
    int strangers;    /* workers with another fingerprint than rank 0 */
    int stranger;     /* rank of the first of them, ... */
    struct message_hello stranger_hello; /* ... and its machine */
    int broken;                          /* rank of the first error; 0: none */
    struct message_error error;          /* that error */
};

static enum error stop(struct desk *desk) {
    if (desk->stopping) return ERROR_NONE;
    desk->stopping = true;
    policy_stop(desk->coordinator->policy);
    for (int w = 0; w < desk->workers; w++)
        if (desk->chairs[w].busy) TRY(message_send(w + 1, MESSAGE_STOP, NULL, 0));
    return ERROR_NONE;
}

/* Once nobody is at work and nothing is left to hand out. */
static enum error finish(struct desk *desk) {
    if (desk->ending || !policy_finished(desk->coordinator->policy)) return ERROR_NONE;
    desk->ending = true;
    enum message_tag tag = desk->coordinator->lost > 0 ? MESSAGE_LEAVE : MESSAGE_FINISH;
    for (int w = 0; w < desk->workers; w++)
        if (!desk->chairs[w].lost) TRY(message_send(w + 1, tag, NULL, 0));
    return ERROR_NONE;
}

/* A worker is ready: give it rows if there are any. */
static enum error serve(struct desk *desk, int from,
                        const struct message_report *report) {
    struct policy_event event = coordinator_note(desk->coordinator, from - 1, report);
    desk->chairs[from - 1].busy = false;
    if (coordinator_gives_up(desk->coordinator)) TRY(stop(desk));
    struct policy_action action = policy_step(desk->coordinator->policy, &event);
    if (action.count == 0) return ERROR_NONE;
    desk->chairs[from - 1].busy = true;
    return message_send(from, action.kind == POLICY_RETRY ? MESSAGE_RETRY : MESSAGE_ROWS,
                        action.rows, (size_t)action.count * sizeof *action.rows);
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
    desk->chairs[message->from - 1].here = true;
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
    desk->chairs[message->from - 1].busy = false;
    TRY(stop(desk));
    return serve(desk, message->from, &(struct message_report){0});
}

static enum error handle(struct desk *desk, const struct message *message) {
    switch (message->tag) {
    case MESSAGE_HELLO:
        return greet(desk, message);
    case MESSAGE_REPORT:
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

/* Divide what a lost worker had: committed rows are counted, the one that brought it down
 * is a suspect, the others go to whoever asks next. */
static enum error divide(struct desk *desk, int worker, uint32_t suspect) {
    struct policy *policy = desk->coordinator->policy;
    struct policy_action held = policy_held(policy, worker);
    uint32_t again[MESSAGE_ROWS_MAX];
    int count = 0;
    for (int i = 0; i < held.count && i < MESSAGE_ROWS_MAX; i++) {
        struct work_result result;
        if (held.rows[i] == suspect) continue;
        TRY(desk->work->find(desk->work->context, held.rows[i], &result));
        if (result.status > STATUS_RUNNING)
            tally_count(&desk->coordinator->tally, result.status, result.outcome);
        else
            again[count++] = held.rows[i];
    }
    TRY(policy_lose(policy, worker, again, count));
    return policy_suspect(policy, suspect);
}

/* A death: if it was a worker's go on without it. Those that were told to wait may have
 * rows now. */
static enum error lose(struct desk *desk, const struct fault_record *record) {
    int worker = record->rank - 1;
    if (worker < 0 || worker >= desk->workers || desk->chairs[worker].lost)
        return ERROR_NONE;
    progress_clear(desk->coordinator->progress);
    log_warning(
        "point %lu brought rank %d down (%s): the others go on without it, and the "
        "point is tried again alone at the end",
        (unsigned long)record->row, record->rank, strsignal(record->signal));
    TRY(divide(desk, worker, record->row));
    desk->chairs[worker].lost = true;
    desk->chairs[worker].busy = false;
    desk->coordinator->lost++;
    for (int w = 0; w < desk->workers; w++) {
        const struct chair *chair = &desk->chairs[w];
        if (!chair->here || chair->busy || chair->lost) continue;
        TRY(serve(desk, w + 1, &(struct message_report){0}));
    }
    return ERROR_NONE;
}

/* A worker that was brought down cannot tell: the file of deaths does. */
static enum error look_for_deaths(struct desk *desk) {
    double now = clock_seconds();
    struct faults faults;
    enum error error = ERROR_NONE;
    if (desk->coordinator->faults == NULL || now < desk->next_look) return ERROR_NONE;
    desk->next_look = now + look_seconds;
    TRY(faults_read(desk->coordinator->faults, &faults));
    while (desk->deaths < faults.count && error == ERROR_NONE)
        error = lose(desk, &faults.records[desk->deaths++]);
    faults_release(&faults);
    return error;
}

static enum error run_loop(struct desk *desk) {
    struct message message;
    int idle = 0;
    while (desk->gone + desk->coordinator->lost < desk->workers) {
        bool found;
        TRY(look_for_deaths(desk));
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
    return desk->coordinator->lost > 0 ? ERROR_NONE : comm_barrier();
}

/* No worker is left. In the place of a single worker this rank is as good; in that of several
 * only for a short rest, which suspects do not count to: they run one at a time anywhere. */
static enum error do_without(struct desk *desk) {
    struct coordinator *coordinator = desk->coordinator;
    struct work isolated = work_in_children(desk->work);
    struct policy_estimate left = policy_left(coordinator->policy, clock_seconds());
    if (desk->workers == 1 || left.seconds <= alone_seconds) {
        log_warning("no worker is left: this rank runs the other points itself");
        return coordinator_run_alone(coordinator, &isolated);
    }
    log_warning(
        "no worker is left; run the same command again: it has all %d of them, and "
        "the points that brought them down come last",
        desk->workers);
    return coordinator_ending(coordinator);
}

/* Deaths of earlier launches are old news. */
static enum error open_desk(struct desk *desk) {
    struct faults faults = {0};
    void *memory;
    if (desk->coordinator->faults != NULL)
        TRY(faults_read(desk->coordinator->faults, &faults));
    desk->deaths = faults.count;
    faults_release(&faults);
    TRY(memory_allocate((size_t)desk->workers, sizeof *desk->chairs, &memory));
    desk->chairs = memory;
    return ERROR_NONE;
}

enum error coordinator_run(struct coordinator *coordinator, const struct work *work,
                           const struct launch *launch) {
    struct desk desk = {.coordinator = coordinator,
                        .work = work,
                        .launch = launch,
                        .workers = comm_size() - 1};
    TRY(open_desk(&desk));
    enum error error = run_loop(&desk);
    free(desk.chairs);
    TRY(error);
    if (desk.broken != 0)
        return RAISE((enum error)desk.error.code, "rank %d: %s", desk.broken,
                     desk.error.text);
    if (coordinator->lost == desk.workers && !policy_finished(coordinator->policy))
        return do_without(&desk);
    return coordinator_ending(coordinator);
}

/* The loop of a worker: messages in, batches out. */
#include "dufm/worker.h"

#include <stdio.h>

#include "dufm/comm.h"
#include "dufm/interrupt.h"

enum { COORDINATOR = 0 };

struct worker {
    const struct work *work;
    bool stopping;         /* rank 0 said so, or was told of a signal here */
    bool finished;         /* rank 0 said so, ... */
    bool left_behind;      /* ... and that the job cannot end collectively */
    bool failed;           /* this worker cannot go on */
    enum error poll_error; /* of a message inside a poll, which can return none */
};

static enum error send_empty(enum message_tag tag) {
    return message_send(COORDINATOR, tag, NULL, 0);
}

/* Pass a signal on, once. */
static enum error look_at_signals(struct worker *worker) {
    if (worker->stopping || !interrupt_requested()) return ERROR_NONE;
    worker->stopping = true;
    return send_empty(MESSAGE_INTERRUPT);
}

/* While rows run, STOP is the only message that can come. */
static enum error listen(struct worker *worker) {
    bool found;
    struct message message;
    TRY(look_at_signals(worker));
    TRY(message_take(&message, &found));
    if (found) worker->stopping = true;
    return ERROR_NONE;
}

static bool poll_messages(void *context) {
    struct worker *worker = context;
    worker->poll_error = listen(worker);
    return worker->stopping || worker->poll_error != ERROR_NONE;
}

/* Run what was assigned and report; after a stop nothing is run, and reported so. */
static enum error run_rows(struct worker *worker, const struct message *message) {
    struct message_report report;
    struct work isolated = work_in_children(worker->work);
    bool retry = message->tag == MESSAGE_RETRY;
    struct worker_batch batch = {.work = retry ? &isolated : worker->work,
                                 .rows = message->body.rows,
                                 .count = (int)(message->bytes / sizeof(uint32_t)),
                                 .poll = poll_messages,
                                 .poll_context = worker};
    enum error error = worker_run_batch(&batch, &report);
    TRY(worker->poll_error);
    if (error == ERROR_NONE)
        return message_send(COORDINATOR, MESSAGE_REPORT, &report, sizeof report);
    worker->failed = true;
    return message_send_error(COORDINATOR, error);
}

static enum error obey(struct worker *worker, const struct message *message) {
    switch (message->tag) {
    case MESSAGE_ROWS:
    case MESSAGE_RETRY:
        return run_rows(worker, message);
    case MESSAGE_STOP:
        worker->stopping = true;
        return ERROR_NONE;
    case MESSAGE_FINISH:
    case MESSAGE_LEAVE:
        worker->finished = true;
        worker->left_behind = message->tag == MESSAGE_LEAVE;
        return ERROR_NONE;
    default:
        return RAISE(ERROR_MPI, "a worker got a message with tag %d", (int)message->tag);
    }
}

static enum error say_hello(const struct launch *launch) {
    struct message_hello hello = {0};
    snprintf(hello.host, sizeof hello.host, "%s", launch->host);
    snprintf(hello.cpu, sizeof hello.cpu, "%s", launch->cpu);
    snprintf(hello.fingerprint, sizeof hello.fingerprint, "%s", launch->fingerprint);
    return message_send(COORDINATOR, MESSAGE_HELLO, &hello, sizeof hello);
}

enum error worker_serve(const struct work *work, const struct launch *launch) {
    struct worker worker = {.work = work};
    struct message message;
    int idle = 0;
    TRY(say_hello(launch));
    while (!worker.finished) {
        bool found;
        if (!worker.failed) TRY(look_at_signals(&worker));
        TRY(message_take(&message, &found));
        if (found) {
            idle = 0;
            TRY(obey(&worker, &message));
        } else {
            comm_doze(&idle);
        }
    }
    TRY(send_empty(MESSAGE_BYE));
    if (worker.left_behind) comm_wait_for_abort();
    return comm_barrier(); /* a HELLO of a next run must not come before this one ends */
}

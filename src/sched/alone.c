/* A run on one rank: the same policy, without messages. */
#include "dufm/clock.h"
#include "dufm/coordinator.h"
#include "dufm/interrupt.h"
#include "dufm/worker.h"

static bool poll_alone(void *context) {
    coordinator_tick(context);
    return interrupt_requested();
}

enum error coordinator_run_alone(struct coordinator *coordinator,
                                 const struct work *work) {
    struct policy_event event = {.time = clock_seconds()};
    for (;;) {
        if (interrupt_requested()) policy_stop(coordinator->policy);
        struct policy_action action = policy_step(coordinator->policy, &event);
        if (action.kind != POLICY_ASSIGN) break;
        struct worker_batch batch = {.work = work,
                                     .rows = action.rows,
                                     .count = action.count,
                                     .poll = poll_alone,
                                     .poll_context = coordinator};
        struct message_report report;
        TRY(worker_run_batch(&batch, &report));
        tally_add(&coordinator->tally, &report.tally);
        event =
            (struct policy_event){.time = clock_seconds(),
                                  .done = (int)(report.tally.done + report.tally.failed),
                                  .seconds = report.seconds};
    }
    return coordinator_ending(coordinator);
}

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
    struct policy_event event =
        coordinator_note(coordinator, 0, &(struct message_report){0});
    struct work isolated = work_in_children(work);
    for (;;) {
        if (interrupt_requested() || coordinator_gives_up(coordinator))
            policy_stop(coordinator->policy);
        struct policy_action action = policy_step(coordinator->policy, &event);
        if (action.count == 0) break;
        bool retry = action.kind == POLICY_RETRY;
        struct worker_batch batch = {.work = retry ? &isolated : work,
                                     .rows = action.rows,
                                     .count = action.count,
                                     .poll = poll_alone,
                                     .poll_context = coordinator};
        struct message_report report;
        TRY(worker_run_batch(&batch, &report));
        event = coordinator_note(coordinator, 0, &report);
    }
    return coordinator_ending(coordinator);
}

/* The books and the voice of a run, whoever runs it. */
#include "dufm/clock.h"
#include "dufm/coordinator.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"

/* Seconds between two notes of how workers are used. */
static const double use_seconds = 5;

struct launch_use coordinator_use(const struct coordinator *coordinator) {
    const struct effort *effort = &coordinator->effort;
    double now = clock_seconds();
    double underway = policy_underway(coordinator->policy, now);
    double end = underway > 0 ? now : coordinator->last_report;
    return (struct launch_use){.span = end - coordinator->first_report,
                               .busy = effort->seconds + underway,
                               .committing = effort->committing};
}

struct policy_event coordinator_note(struct coordinator *coordinator, int worker,
                                     const struct message_report *report) {
    int done = (int)(report->tally.done + report->tally.failed);
    double now = clock_seconds();
    tally_add(&coordinator->tally, &report->tally);
    effort_add(&coordinator->effort, &report->effort);
    bool first = coordinator->first_report == 0;
    if (first) coordinator->first_report = now;
    if (first || done > 0) coordinator->last_report = now;
    return (struct policy_event){worker, now, done, report->effort};
}

/* Let the outside know now and then; a failure to write is told by the next commit. A run
 * that gets nowhere writes nothing: that is how others see that it hangs. */
static void tell_use(struct coordinator *coordinator, double now) {
    if (coordinator->note_use == NULL || now < coordinator->next_use) return;
    if (coordinator->noted_report == coordinator->last_report) return;
    struct launch_use use = coordinator_use(coordinator);
    coordinator->next_use = now + use_seconds;
    coordinator->noted_report = coordinator->last_report;
    coordinator->note_use(coordinator->note_context, &use);
}

void coordinator_tick(struct coordinator *coordinator) {
    double now = clock_seconds();
    tell_use(coordinator, now);
    if (coordinator->deadline > 0 && now >= coordinator->deadline) interrupt_request();
    if (!progress_due(coordinator->progress, now)) return;
    struct progress_facts facts = {.total = coordinator->total,
                                   .before = coordinator->before,
                                   .tally = coordinator->tally,
                                   .elapsed = now - coordinator->start,
                                   .left = policy_left(coordinator->policy, now)};
    progress_show(coordinator->progress, &facts, now);
}

bool coordinator_gives_up(const struct coordinator *coordinator) {
    return coordinator->max_failures >= 0 &&
           coordinator->tally.failed > (uint32_t)coordinator->max_failures;
}

enum error coordinator_ending(struct coordinator *coordinator) {
    coordinator->next_use = coordinator->noted_report = 0;
    tell_use(coordinator, clock_seconds());
    if (coordinator_gives_up(coordinator))
        return RAISE(ERROR_FAILURES,
                     "stopped because %u points have failed, more than --max-failures %d "
                     "allows; 'dufm status' lists them, --retry-failed runs them again",
                     coordinator->tally.failed, coordinator->max_failures);
    uint64_t finished =
        coordinator->before + coordinator->tally.done + coordinator->tally.failed;
    uint32_t late = policy_late(coordinator->policy);
    if (finished == coordinator->total) return ERROR_NONE;
    if (late > 0)
        log_info("points not begun because they would not end in the time left: %lu",
                 (unsigned long)late);
    return RAISE(ERROR_INTERRUPTED,
                 "stopped with %llu of %llu points left; run the same command again to "
                 "go on",
                 (unsigned long long)(coordinator->total - finished),
                 (unsigned long long)coordinator->total);
}

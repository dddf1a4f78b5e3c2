#include "pace.h"

#include "dufm/clock.h"
#include "dufm/interrupt.h"
#include "dufm/log.h"

static const double seconds_between = 5;

struct pace pace_begin(const char *what, uint64_t total) {
    return (struct pace){what, total, clock_seconds() + seconds_between};
}

enum error pace_step(struct pace *pace, uint64_t done) {
    if (interrupt_requested())
        return RAISE(ERROR_INTERRUPTED, "stopped while %s; run the same command again",
                     pace->what);
    double now = clock_seconds(), next = pace->next;
    if (now < next ||
        !atomic_compare_exchange_strong(&pace->next, &next, now + seconds_between))
        return ERROR_NONE;
    log_info("%s: %.0f %%", pace->what, 100 * (double)done / (double)pace->total);
    return ERROR_NONE;
}

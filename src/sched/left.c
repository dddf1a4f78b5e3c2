/* How long a run will take from now on. */
#include <math.h>

#include "seats.h"

double policy_underway(const struct policy *policy, double time) {
    double sum = 0;
    for (int w = 0; w < policy->workers; w++)
        if (policy->seats[w].count > 0) sum += fmax(time - policy->seats[w].since, 0);
    return sum;
}

/* Work that is left, and the longest piece of it that one worker has to do by itself. */
struct remainder {
    struct outlook_sum sum;
    struct policy_estimate longest;
};

static void add_seat(const struct policy *policy, const struct seat *seat, double time,
                     struct remainder *out) {
    double whole = seat->count * policy->outlook.expected[seat->class_];
    double variance = seat->count * outlook_variance(&policy->outlook, seat->class_);
    double elapsed = time - seat->since, slack = 2 * sqrt(variance);
    out->sum.seconds += fmax(whole - elapsed, 0);
    out->sum.variance += variance;
    out->longest.seconds = fmax(out->longest.seconds, whole - elapsed);
    out->longest.low = fmax(out->longest.low, whole - slack - elapsed);
    out->longest.high = fmax(out->longest.high, whole + slack - elapsed);
}

static void add_waiting(const struct policy *policy, int class_, struct remainder *out) {
    double row = policy->outlook.expected[class_];
    double slack = 2 * sqrt(outlook_variance(&policy->outlook, class_));
    out->longest.seconds = fmax(out->longest.seconds, row);
    out->longest.low = fmax(out->longest.low, row - slack);
    out->longest.high = fmax(out->longest.high, row + slack);
}

/* The rows of a class that report first are its short ones: those under way for longer
 * than the mean already say that the mean is longer. */
static double censored_seconds(const struct policy *policy, double time) {
    double excess[ORDER_CLASSES] = {0}, rows[ORDER_CLASSES] = {0}, sum = 0;
    for (int w = 0; w < policy->workers; w++) {
        const struct seat *seat = &policy->seats[w];
        if (seat->count == 0 || seat->source == SEAT_SUSPECTS) continue;
        double whole = seat->count * policy->outlook.expected[seat->class_];
        excess[seat->class_] += fmax(time - seat->since - whole, 0);
        rows[seat->class_] += seat->count;
    }
    for (int c = 0; c < policy->order.count; c++)
        if (excess[c] > 0)
            sum += excess[c] * policy->order.classes[c].left /
                   (rows[c] + policy->outlook.classes[c].done);
    return sum;
}

static struct remainder find_remainder(const struct policy *policy, double time) {
    struct remainder left = {.sum = outlook_estimate(&policy->outlook)};
    left.sum.seconds += censored_seconds(policy, time);
    for (int c = 0; c < policy->order.count; c++)
        if (policy->order.classes[c].left > 0) add_waiting(policy, c, &left);
    for (uint32_t i = policy->returned.next; i < policy->returned.count; i++)
        left.sum.seconds +=
            policy->outlook.expected[policy->order.member[policy->returned.rows[i]]];
    for (int w = 0; w < policy->workers; w++) {
        const struct seat *seat = &policy->seats[w];
        if (seat->count > 0 && seat->source != SEAT_SUSPECTS)
            add_seat(policy, seat, time, &left);
    }
    return left;
}

/* Slack of the range, whatever was observed: rows are not drawn at random, and deviations
 * are known roughly themselves. */
static const double least_slack = 0.05;

/* The bounds are two deviations away in the logarithm: a sum of seconds is never negative
 * and, where little is known, more easily twice than none of what is expected. */
struct policy_estimate policy_left(const struct policy *policy, double time) {
    struct remainder left = find_remainder(policy, time);
    double living = policy->living > 0 ? policy->living : 1;
    double share = left.sum.seconds / living, factor = 1;
    if (left.sum.seconds > 0)
        factor = exp(2 * sqrt(left.sum.variance) / left.sum.seconds + least_slack);
    struct policy_estimate out = {.seconds = fmax(share, left.longest.seconds),
                                  .low = fmax(share / factor, left.longest.low),
                                  .high = fmax(share * factor, left.longest.high)};
    if (policy->outlook.known == 0) out.low = out.high = NAN;
    return out;
}

#include "dufm/schedule.h"

#include <math.h>

double schedule_rate(const struct schedule *schedule, int step) {
    static const double pi = 3.14159265358979323846;
    double period = schedule->steps;
    switch (schedule->kind) {
    case SCHEDULE_COSINE:
        return schedule->rate * 0.5 * (1.0 + cos(pi * (step % schedule->steps) / period));
    case SCHEDULE_INVERSE:
        return schedule->rate / (1.0 + step / period);
    case SCHEDULE_CONSTANT:
    case SCHEDULE_AUTO:
        break;
    }
    return schedule->rate;
}

#include "dufm/clock.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void clock_sleep(double seconds) {
    if (!(seconds > 0)) return;
    double whole = floor(seconds);
    struct timespec duration = {.tv_sec = (time_t)whole,
                                .tv_nsec = (long)((seconds - whole) * 1e9)};
    nanosleep(&duration, NULL);
}

void clock_utc(time_t time, char *text, size_t size) {
    struct tm broken;
    text[0] = '\0';
    if (gmtime_r(&time, &broken) != NULL)
        strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &broken);
}

void clock_timestamp(char *text, size_t size) {
    clock_utc(time(NULL), text, size);
}

void clock_format(double seconds, char *text, size_t size) {
    const double minute = 60, hour = 60 * minute, day = 24 * hour;
    if (!(seconds >= 0) || isinf(seconds)) {
        snprintf(text, size, "unknown");
    } else if (seconds < minute) {
        snprintf(text, size, seconds < 0.1 ? "%.2g s" : "%.1f s", seconds);
    } else if (seconds < hour) {
        snprintf(text, size, "%d min %d s", (int)(seconds / minute),
                 (int)fmod(seconds, minute));
    } else if (seconds < day) {
        snprintf(text, size, "%d h %d min", (int)(seconds / hour),
                 (int)(fmod(seconds, hour) / minute));
    } else {
        snprintf(text, size, "%.0f d %d h", floor(seconds / day),
                 (int)(fmod(seconds, day) / hour));
    }
}

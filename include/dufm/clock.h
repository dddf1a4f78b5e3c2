/* Time: a monotonic clock for durations, the wall clock as text for records. */
#ifndef DUFM_CLOCK_H
#define DUFM_CLOCK_H

#include <stddef.h>
#include <time.h>

/* Seconds of a monotonic clock with an arbitrary origin. */
double clock_seconds(void);

/* Sleep for that many seconds (returns early on a signal). */
void clock_sleep(double seconds);

/* A time in UTC, as "2026-01-31T12:34:56Z"; `text` holds at least 21 bytes. */
void clock_utc(time_t time, char *text, size_t size);

/* Now, in UTC, as "2026-01-31T12:34:56Z"; `text` holds at least 21 bytes. */
void clock_timestamp(char *text, size_t size);

/* A duration for people: "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
void clock_format(double seconds, char *text, size_t size);

#endif

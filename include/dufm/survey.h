/* What a result file says of its sweep's progress, taken from outside: without a lock,
 * also while a job writes it. */
#ifndef DUFM_SURVEY_H
#define DUFM_SURVEY_H

#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/reader.h"
#include "dufm/sweep.h"

enum {
    SURVEY_STATUSES = 5, /* of enum status */
    SURVEY_OUTCOMES = 9, /* of enum outcome */
    SURVEY_STOPS = 8,    /* of enum stop_reason */
    SURVEY_LISTED = 5,   /* slowest points that are listed */
    SURVEY_FAILURES = 20 /* failed points that are listed */
};

/* Is a job at work on the file? */
enum survey_state {
    SURVEY_FINISHED, /* no point is left to run */
    SURVEY_RUNNING,  /* the last launch's rank 0 lives on this machine */
    SURVEY_STOPPED,  /* it does not; points are left */
    SURVEY_UNKNOWN,  /* it ran on another machine; points are left */
};

struct survey_row {
    uint64_t row;
    double wall_time; /* seconds of the descent */
};

struct survey {
    struct sweep *sweep; /* as stored in the file; owned */
    uint64_t points;
    uint64_t statuses[SURVEY_STATUSES];
    uint64_t outcomes[SURVEY_OUTCOMES]; /* of done rows */
    uint64_t stops[SURVEY_STOPS];       /* of done rows */
    double wall_time;                   /* sum over done rows, seconds */

    struct survey_row slowest[SURVEY_LISTED]; /* of done rows, slowest first */
    int slowest_count;
    uint64_t failures[SURVEY_FAILURES]; /* first failed or quarantined rows */
    int failure_count;

    int launches;          /* recorded in the file */
    struct launch launch;  /* the last of them, when launches > 0 */
    int fingerprints;      /* different ones among the launches */
    uint64_t launch_done;  /* rows the last launch finished */
    double predicted_done; /* predicted seconds of these */
    double predicted_left; /* predicted seconds of rows pending or running */

    enum survey_state state;
    double elapsed;      /* seconds since the last launch began; NaN: unknown */
    double rate;         /* points a second of a running launch; NaN: unknown */
    double seconds_left; /* of a running launch; 0 when finished; NaN: unknown */
};

/* Read the file once. ERROR_INPUT, ERROR_STORE; survey_release in any case. */
enum error survey_take(const char *path, struct survey *out);
void survey_release(struct survey *survey);

/* "finished", "running", "stopped", "unknown" */
const char *survey_state_name(enum survey_state state);

/* The swept parameters of a row of a sweep's file: "depth 4, width 64, lambda 0.004". */
void survey_describe_row(const struct sweep *sweep, uint64_t row, char *text,
                         size_t size);

#endif

/* What a result file says of its sweep's progress, taken from outside: without a lock,
 * also while a job writes it. */
#ifndef DUFM_SURVEY_H
#define DUFM_SURVEY_H

#include <stdint.h>

#include "dufm/error.h"
#include "dufm/job.h"
#include "dufm/launch.h"
#include "dufm/policy.h"
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
    SURVEY_RUNNING,  /* the last launch's rank 0 lives on this machine, or its job runs */
    SURVEY_STOPPED,  /* they do not; points are left */
    SURVEY_UNKNOWN,  /* it ran on another machine; points are left */
    SURVEY_QUEUED,   /* its job waits to go on */
};

struct survey_row {
    uint64_t row;
    double wall_time; /* seconds of the descent */
};

struct survey_failure {
    uint64_t row;
    int status, failure; /* enum status: failed or quarantined; enum failure */
};

/* Sums of predicted seconds p and seconds w of descents. */
struct survey_sums {
    double p, w, pp, pw, ww;
};

struct survey {
    struct reader *reader;     /* of the file; owned */
    const struct sweep *sweep; /* as stored in the file; the reader's */
    uint64_t points;       /* rows of the sweep's points; the counts are of these ... */
    uint64_t removed;      /* ... and not of rows whose values it has no longer, */
    uint64_t removed_done; /* of which so many are done */
    uint64_t statuses[SURVEY_STATUSES];
    uint64_t outcomes[SURVEY_OUTCOMES]; /* of done rows */
    uint64_t stops[SURVEY_STOPS];       /* of done rows */
    double wall_time;                   /* sum over done rows, seconds */

    struct survey_row slowest[SURVEY_LISTED]; /* of done rows, slowest first */
    int slowest_count;
    struct survey_failure failures[SURVEY_FAILURES]; /* the first ones */
    int failure_count;

    int launches;            /* recorded in the file */
    struct launch launch;    /* the last of them, when launches > 0 ... */
    struct job job;          /* ... and its job */
    int fingerprints;        /* different ones among the launches */
    uint64_t launch_done;    /* rows the last launch finished */
    struct survey_sums done; /* over these */
    double predicted_left;   /* predicted seconds of rows pending or running */

    enum survey_state state;
    double elapsed;              /* seconds since the last launch began; NaN: unknown */
    double rate;                 /* points a second of a running launch; NaN: unknown */
    struct policy_estimate left; /* seconds of a running launch; 0 when finished; NaN:
                                    unknown */
};

/* Read the file once. ERROR_INPUT, ERROR_STORE; survey_release in any case. */
enum error survey_take(const char *path, struct survey *out);
void survey_release(struct survey *survey);

/* "finished", "running", "stopped", "unknown" */
const char *survey_state_name(enum survey_state state);

/* The swept parameters of a row of a sweep's file: "depth 4, width 64, lambda 0.004". */
void survey_describe_row(struct reader *reader, const struct sweep *sweep, uint64_t row,
                         char *text, size_t size);

#endif

/* Facts of a launch that are recorded in the result file: who wrote which rows, with
 * what. */
#ifndef DUFM_LAUNCH_H
#define DUFM_LAUNCH_H

enum { LAUNCH_TEXT = 64, LAUNCH_LONG_TEXT = 192 };

/* How the workers of a launch are used, from the first one's coming to the last report. */
struct launch_use {
    double span;       /* seconds from then to now or to the end */
    double busy;       /* seconds at work, commits included, all workers together */
    double committing; /* of these, seconds of commits */
};

struct launch {
    char start[LAUNCH_TEXT]; /* UTC, ISO 8601 */
    char host[LAUNCH_TEXT];  /* of rank 0 */
    char job[LAUNCH_TEXT];   /* batch system's job, e.g. "slurm 1234"; "" outside one */
    char cpu[LAUNCH_TEXT];   /* model name */
    char revision[LAUNCH_TEXT];       /* program's version and git revision */
    char libraries[LAUNCH_LONG_TEXT]; /* MPI, HDF5, BLAS with versions and kernels */
    char fingerprint[LAUNCH_TEXT];    /* hash of cpu, revision and libraries: same bits
                                         expected */
    int ranks;
    int pid;               /* of rank 0 */
    struct launch_use use; /* NaN: not known (yet) */
};

/* Share of the workers' time that they were at work, 0 to 1; NaN where it is not known. */
double launch_utilization(const struct launch_use *use, int workers);

/* Ranks of a launch that run points: all but a coordinator. */
int launch_workers(const struct launch *launch);

/* Fill every field that this process knows by itself (not `ranks`; libraries without MPI
 * and HDF5, whose layers add theirs with launch_add_library). */
void launch_describe(struct launch *launch);

/* Append "name version" to `libraries`. */
void launch_add_library(struct launch *launch, const char *name, const char *version);

/* Compute the fingerprint from the fields filled so far; call last. */
void launch_seal(struct launch *launch);

/* The program's version and git revision, e.g. "0.1.0 (a1b2c3d)". */
const char *launch_revision(void);

#endif

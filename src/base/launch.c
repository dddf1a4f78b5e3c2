#include "dufm/launch.h"

#include <gnu/libc-version.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/hash.h"

#define DUFM_VERSION "0.1.0"
#ifndef DUFM_REVISION
#define DUFM_REVISION "unknown"
#endif

static void describe_job(char *job) {
    static const struct {
        const char *variable, *system;
    } systems[] = {{"SLURM_JOB_ID", "slurm"},
                   {"PBS_JOBID", "pbs"},
                   {"LSB_JOBID", "lsf"},
                   {"JOB_ID", "sge"}};
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        const char *number = getenv(systems[i].variable);
        if (!number) continue;
        snprintf(job, LAUNCH_TEXT, "%s %s", systems[i].system, number);
        return;
    }
}

/* "model name : Intel(R) ..." of /proc/cpuinfo; other kinds of CPU name it otherwise. */
static void describe_cpu(char *cpu) {
    snprintf(cpu, LAUNCH_TEXT, "unknown");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        char *value = strchr(line, ':');
        if (!value || (strncmp(line, "model name", 10) && strncmp(line, "CPU part", 8)))
            continue;
        value += strspn(value, ": \t");
        value[strcspn(value, "\n")] = '\0';
        snprintf(cpu, LAUNCH_TEXT, "%.*s", LAUNCH_TEXT - 1, value);
        break;
    }
    fclose(file);
}

void launch_describe(struct launch *launch) {
    *launch = (struct launch){.ranks = 1, .pid = getpid(), .use = {NAN, NAN, NAN}};
    clock_timestamp(launch->start, sizeof launch->start);
    if (gethostname(launch->host, sizeof launch->host - 1))
        snprintf(launch->host, sizeof launch->host, "unknown");
    describe_job(launch->job);
    describe_cpu(launch->cpu);
    snprintf(launch->revision, sizeof launch->revision, "%s", launch_revision());
    launch_add_library(launch, "glibc", gnu_get_libc_version());
}

void launch_add_library(struct launch *launch, const char *name, const char *version) {
    size_t used = strlen(launch->libraries);
    snprintf(launch->libraries + used, sizeof launch->libraries - used, "%s%s%s%s",
             used ? ", " : "", name, *version ? " " : "", version);
}

void launch_seal(struct launch *launch) {
    char facts[sizeof launch->cpu + sizeof launch->revision + sizeof launch->libraries];
    int length = snprintf(facts, sizeof facts, "%s\n%s\n%s", launch->cpu,
                          launch->revision, launch->libraries);
    hash_format(hash_block(facts, (size_t)length), launch->fingerprint);
}

const char *launch_revision(void) {
    return DUFM_VERSION " (" DUFM_REVISION ")";
}

double launch_utilization(const struct launch_use *use, int workers) {
    if (!(use->span > 0 && use->busy > 0)) return NAN;
    return fmin(use->busy / (workers * use->span), 1);
}

int launch_workers(const struct launch *launch) {
    return launch->ranks > 1 ? launch->ranks - 1 : 1;
}

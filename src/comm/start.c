/* MPI's start and end, its facts and its errors. */
#include <mpi.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/comm.h"
#include "dufm/memory.h"
#include "wait.h"

static struct {
    bool started;
    int rank;
    int size;
} world = {false, 0, 1};

static const char slurm_tasks[] = "SLURM_STEP_NUM_TASKS";

/* Whether mpirun, srun or another launcher stands behind this process: each sets one of
 * these for every rank; srun without PMI sets none, and MPI is left to refuse several tasks
 * that it cannot bring together. Without a launcher MPI is not started: as singletons, processes of one
 * user on one machine would share a folder, which the first to end takes away from the
 * others (and the alternative is a daemon for each). */
static bool launched(void) {
    static const char *const marks[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (getenv(marks[i])) return true;
    const char *tasks = getenv(slurm_tasks);
    return tasks && strtol(tasks, NULL, 10) > 1;
}

/* A setting that must be there before MPI_Init; whoever set it already has his way. Of
 * the modules for shared file pointers, which nobody here uses, "lockedfile" leaves a file
 * beside each file opened, and "individual" two a rank when it is killed; "sm" leaves none.
 * Where that does not work, between hosts and once mpirun has been killed, files are opened
 * without any; but none at all must not be asked for. */
static enum error set_environment(void) {
    if (setenv("OMPI_MCA_sharedfp", "sm", 0))
        return RAISE(ERROR_SYSTEM, "cannot set OMPI_MCA_sharedfp: %m");
    return ERROR_NONE;
}

enum error comm_start(void) {
    if (!launched()) return ERROR_NONE;
    TRY(set_environment());
    int provided;
    COMM_TRY(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided));
    COMM_TRY(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN));
    COMM_TRY(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN));
    COMM_TRY(MPI_Comm_rank(MPI_COMM_WORLD, &world.rank));
    COMM_TRY(MPI_Comm_size(MPI_COMM_WORLD, &world.size));
    world.started = true;
    return ERROR_NONE;
}

enum error comm_end(void) {
    if (!world.started) return ERROR_NONE;
    TRY(wait_for_messages());
    TRY(comm_barrier());
    world.started = false;
    COMM_TRY(MPI_Finalize());
    return ERROR_NONE;
}

int comm_rank(void) {
    return world.rank;
}

int comm_size(void) {
    return world.size;
}

void comm_abort(int exit_code) {
    if (world.size > 1) MPI_Abort(MPI_COMM_WORLD, exit_code);
    _exit(exit_code);
}

void comm_wait_for_abort(void) {
    (void)wait_for_messages(); /* rank 0 waits for them, or is gone */
    for (;;)
        pause();
}

static bool is_launchers(const char *entry) {
    static const char *const prefixes[] = {
        "PMIX_",          "PMI_",         "OMPI_COMM_WORLD_",
        "OMPI_MCA_orte_", "OMPI_MCA_ess", slurm_tasks};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0) return true;
    return false;
}

enum error comm_lone_environment(char ***out) {
    size_t count = 0, kept = 0;
    void *memory;
    while (environ[count])
        count++;
    TRY(memory_allocate(count + 1, sizeof **out, &memory));
    *out = memory;
    for (size_t i = 0; i < count; i++)
        if (!is_launchers(environ[i])) (*out)[kept++] = environ[i];
    return ERROR_NONE;
}

const char *comm_library(void) {
    static char name[MPI_MAX_LIBRARY_VERSION_STRING];
    if (name[0]) return name;
    int length;
    if (MPI_Get_library_version(name, &length)) return "MPI of unknown version";
    name[strcspn(name, ",\n")] = '\0'; /* "Open MPI v4.1.4, package: ..." */
    return name;
}

enum error comm_raise(int mpi_code, const char *call, const char *file, int line) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length, begun = 0; /* before its start MPI may not be asked for a text */
    if (MPI_Initialized(&begun) || !begun || MPI_Error_string(mpi_code, text, &length))
        strcpy(text, "unknown error");
    int name = (int)strcspn(call, "("); /* the arguments say nothing to a reader */
    return error_raise(ERROR_MPI, file, line, "%.*s failed on rank %d of %d: %s", name,
                       call, world.rank, world.size, text);
}

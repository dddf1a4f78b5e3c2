/* MPI's start and end, its facts and its errors. */
#include <mpi.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/comm.h"
#include "wait.h"

static struct {
    bool started;
    int rank;
    int size;
} world = {false, 0, 1};

/* Whether mpirun, srun or another launcher stands behind this process: each sets one of
 * these for every rank. */
static bool launched(void) {
    static const char *const marks[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (getenv(marks[i])) return true;
    return false;
}

/* Settings that must be there before MPI_Init; whoever set them already has his way. A
 * singleton would fork a daemon. Of the modules for shared file pointers, which nobody
 * here uses, "lockedfile" leaves a file beside each file opened, and "individual" two a
 * rank when it is killed; "sm" leaves none, but works within one host only. */
static enum error set_environment(void) {
    if (setenv("OMPI_MCA_sharedfp", "sm,individual", 0))
        return RAISE(ERROR_SYSTEM, "cannot set OMPI_MCA_sharedfp: %m");
    if (!launched() && setenv("OMPI_MCA_ess_singleton_isolated", "1", 0))
        return RAISE(ERROR_SYSTEM, "cannot set OMPI_MCA_ess_singleton_isolated: %m");
    return ERROR_NONE;
}

enum error comm_start(void) {
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
    int length;
    if (MPI_Error_string(mpi_code, text, &length)) strcpy(text, "unknown error");
    int name = (int)strcspn(call, "("); /* the arguments say nothing to a reader */
    return error_raise(ERROR_MPI, file, line, "%.*s failed on rank %d of %d: %s", name,
                       call, world.rank, world.size, text);
}

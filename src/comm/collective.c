/* Collective calls that wait asleep, on non-blocking MPI. */
#include <mpi.h>

#include <stdio.h>

#include "dufm/clock.h"
#include "dufm/comm.h"
#include "wait.h"

enum {
    MESSAGE_SIZE = 2048,       /* bytes of an error message that travel */
    BROADCAST_PIECE = 1 << 30, /* MPI counts in int */
};

void comm_doze(int *idle) {
    /* Not at all 32 times, as an answer takes some microseconds where the other is awake;
     * then 50 us, twice as long after every 16 naps, 2 ms in the end. */
    static const double naps[] = {0,      0,      50e-6,  100e-6, 200e-6,
                                  400e-6, 800e-6, 1.6e-3, 2e-3};
    int last = (int)(sizeof naps / sizeof *naps) - 1;
    int step = *idle / 16 < last ? *idle / 16 : last;
    clock_sleep(naps[step]);
    if (step < last) ++*idle;
}

enum error wait_asleep(MPI_Request *request) {
    int done = 0, idle = 0;
    for (;;) {
        COMM_TRY(MPI_Test(request, &done, MPI_STATUS_IGNORE));
        if (done) return ERROR_NONE;
        comm_doze(&idle);
    }
}

enum error comm_barrier(void) {
    if (comm_size() == 1) return ERROR_NONE;
    MPI_Request request;
    COMM_TRY(MPI_Ibarrier(MPI_COMM_WORLD, &request));
    return wait_asleep(&request);
}

static enum error broadcast_from(int root, void *data, size_t bytes) {
    char *next = data;
    while (bytes > 0) {
        int piece = bytes < BROADCAST_PIECE ? (int)bytes : BROADCAST_PIECE;
        MPI_Request request;
        COMM_TRY(MPI_Ibcast(next, piece, MPI_BYTE, root, MPI_COMM_WORLD, &request));
        TRY(wait_asleep(&request));
        next += piece;
        bytes -= (size_t)piece;
    }
    return ERROR_NONE;
}

enum error comm_broadcast(void *data, size_t bytes) {
    return comm_size() == 1 ? ERROR_NONE : broadcast_from(0, data, bytes);
}

enum error comm_agree(enum error mine) {
    if (comm_size() == 1) return mine;
    int loser = mine ? comm_rank() : comm_size();
    MPI_Request request;
    int first;
    COMM_TRY(
        MPI_Iallreduce(&loser, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD, &request));
    TRY(wait_asleep(&request));
    if (first == comm_size()) return ERROR_NONE;

    struct {
        enum error code;
        char message[MESSAGE_SIZE];
    } verdict = {mine, ""};
    snprintf(verdict.message, sizeof verdict.message, "%s", error_message());
    TRY(broadcast_from(first, &verdict, sizeof verdict));
    if (first == comm_rank()) return mine;
    if (first == 0) return RAISE(verdict.code, "%s", verdict.message);
    return RAISE(verdict.code, "rank %d: %s", first, verdict.message);
}

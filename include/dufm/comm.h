/* MPI in one place: start and end, errors as `enum error`, waiting that sleeps. */
#ifndef DUFM_COMM_H
#define DUFM_COMM_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"

/* Start MPI (as a singleton without its daemon when not launched by mpirun or srun).
 * Makes MPI return its errors. Collective. */
enum error comm_start(void);

/* End MPI. Collective: waits asleep for its own messages and the slowest rank. */
enum error comm_end(void);

int comm_rank(void); /* 0 before comm_start */
int comm_size(void); /* 1 before comm_start */

/* Leave at once from one rank, taking the others along; for errors no rank can recover
 * from. */
_Noreturn void comm_abort(int exit_code);

/* Everyone gets rank 0's error and message; ranks with an own error turn everybody's
 * result into theirs (lowest rank wins). Collective. */
enum error comm_agree(enum error mine);

/* Broadcast `bytes` bytes from rank 0. Collective. */
enum error comm_broadcast(void *data, size_t bytes);

/* Wait for all ranks without spinning. Collective. */
enum error comm_barrier(void);

/* Send plain bytes; returns once they are copied, whether or not anyone receives yet.
 * Messages between two ranks with the same tag arrive in order. Local. */
enum error comm_send(int to, int tag, const void *data, size_t bytes);

/* Is there a message? If so: its sender, tag and length. Never blocks. Local. */
enum error comm_probe(bool *found, int *from, int *tag, size_t *bytes);

/* Receive the probed message into `data`, `bytes` long as the probe said. Local. */
enum error comm_receive(int from, int tag, void *data, size_t bytes);

/* Sleep a little, longer the longer nothing happened (50 us to 2 ms). `idle` counts the
 * calls since the last event; reset it to 0 when something happened. */
void comm_doze(int *idle);

/* "Open MPI v4.1.4"; owned by this module. */
const char *comm_library(void);

/* An MPI call checked: returns ERROR_MPI with MPI's own message from the caller's
 * function. */
#define COMM_TRY(call)                                                                   \
    do {                                                                                 \
        int comm_code_ = (call);                                                         \
        if (comm_code_ != 0) return comm_raise(comm_code_, #call, __FILE__, __LINE__);   \
    } while (0)

/* What COMM_TRY calls: raise ERROR_MPI with MPI's text for the code. Local. */
enum error comm_raise(int mpi_code, const char *call, const char *file, int line);

#endif

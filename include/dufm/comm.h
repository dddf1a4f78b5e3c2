/* MPI in one place: start and end, errors as `enum error`, waiting that sleeps. */
#ifndef DUFM_COMM_H
#define DUFM_COMM_H

#include <stdbool.h>
#include <stddef.h>

#include "dufm/error.h"

/* Start MPI where mpirun, srun or another launcher stands behind this process, and make it
 * return its errors. A process of its own is rank 0 of 1 without it. Collective. */
enum error comm_start(void);

/* End MPI. Collective: waits asleep for its own messages and the slowest rank. */
enum error comm_end(void);

int comm_rank(void); /* 0 before comm_start */
int comm_size(void); /* 1 before comm_start */

/* Leave at once from one rank, taking the others along; for errors no rank can recover
 * from. */
_Noreturn void comm_abort(int exit_code);

/* After the last message to rank 0: sleep until it ends the job. For the ranks of a job
 * that cannot end collectively. */
_Noreturn void comm_wait_for_abort(void);

/* This process's environment without what a launcher and MPI put there, for a program
 * that begins anew in its place as the only rank. The array, closed by NULL, is the
 * caller's (free); the texts are the process's own. */
enum error comm_lone_environment(char ***out);

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

/* Sleep a little, longer the longer nothing happened (50 us to 2 ms; not at all the first
 * few times). `idle` counts the calls since the last event; reset it to 0 when something
 * happened. */
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

/* Messages of plain bytes. A send copies its data and returns at once, so that two ranks
 * that send to each other never wait for one another; the copies are freed as MPI
 * finishes with them. */
#include <mpi.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/comm.h"
#include "wait.h"

/* A message on its way. */
struct parcel {
    struct parcel *next;
    MPI_Request request;
    unsigned char data[];
};

static struct parcel *parcels; /* all that MPI still reads */

/* Free the parcels that have left. */
static enum error sweep_parcels(void) {
    for (struct parcel **link = &parcels; *link;) {
        struct parcel *parcel = *link;
        int left;
        COMM_TRY(MPI_Test(&parcel->request, &left, MPI_STATUS_IGNORE));
        if (left) {
            *link = parcel->next;
            free(parcel);
        } else {
            link = &parcel->next;
        }
    }
    return ERROR_NONE;
}

enum error wait_for_messages(void) {
    for (int idle = 0;;) {
        TRY(sweep_parcels());
        if (!parcels) return ERROR_NONE;
        comm_doze(&idle);
    }
}

enum error comm_send(int to, int tag, const void *data, size_t bytes) {
    TRY(sweep_parcels());
    if (bytes > INT_MAX)
        return RAISE(ERROR_MPI, "a message of %zu bytes is longer than MPI's %d", bytes,
                     INT_MAX);
    struct parcel *parcel = malloc(sizeof *parcel + bytes);
    if (!parcel)
        return RAISE(ERROR_SYSTEM, "no memory for a message of %zu bytes", bytes);
    if (bytes) memcpy(parcel->data, data, bytes);
    int code = MPI_Isend(parcel->data, (int)bytes, MPI_BYTE, to, tag, MPI_COMM_WORLD,
                         &parcel->request);
    if (code) {
        free(parcel);
        return comm_raise(code, "MPI_Isend", __FILE__, __LINE__);
    }
    parcel->next = parcels;
    parcels = parcel;
    return ERROR_NONE;
}

enum error comm_probe(bool *found, int *from, int *tag, size_t *bytes) {
    if (parcels) TRY(sweep_parcels());
    int flag, count;
    MPI_Status status;
    COMM_TRY(MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &flag, &status));
    *found = flag != 0;
    if (!flag) return ERROR_NONE;
    COMM_TRY(MPI_Get_count(&status, MPI_BYTE, &count));
    *from = status.MPI_SOURCE;
    *tag = status.MPI_TAG;
    *bytes = (size_t)count;
    return ERROR_NONE;
}

enum error comm_receive(int from, int tag, void *data, size_t bytes) {
    if (bytes > INT_MAX)
        return RAISE(ERROR_MPI, "a message of %zu bytes is longer than MPI's %d", bytes,
                     INT_MAX);
    COMM_TRY(MPI_Recv(data, (int)bytes, MPI_BYTE, from, tag, MPI_COMM_WORLD,
                      MPI_STATUS_IGNORE));
    return ERROR_NONE;
}

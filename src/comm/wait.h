/* Inside the comm layer: requests waited for asleep. */
#ifndef DUFM_COMM_WAIT_H
#define DUFM_COMM_WAIT_H

#include <mpi.h>

#include "dufm/error.h"

/* Wait for `request` with MPI_Test and sleep: MPI_Wait would spin on a core that another
 * rank computes on. Local. */
enum error wait_asleep(MPI_Request *request);

/* Wait for every message that comm_send still holds. Local. */
enum error wait_for_messages(void);

#endif

/* Interruption: a signal asks for a clean stop; long work looks at the flag and returns.
 */
#ifndef DUFM_INTERRUPT_H
#define DUFM_INTERRUPT_H

#include <stdbool.h>

#include "dufm/error.h"

/* Handle INT, TERM, HUP, USR1 and USR2 by raising the flag; a second INT ends the process at
 * once (nothing finished is lost). A HUP that is ignored (nohup) stays so. Call before
 * MPI_Init: MPI keeps handlers it finds. ERROR_SYSTEM. */
enum error interrupt_install(void);

/* For work that is worth more than what it says: where nobody reads that any more it goes on
 * in silence. ERROR_SYSTEM. */
enum error interrupt_ignore_pipe(void);

/* True once a signal came, or interrupt_request was called. */
bool interrupt_requested(void);

/* Raise the flag from code (a message from another rank). */
void interrupt_request(void);

#endif

/* From files of features to a result file: what `dufm measure` does. */
#ifndef DUFM_COMMAND_MEASURING_H
#define DUFM_COMMAND_MEASURING_H

#include "dufm/error.h"
#include "dufm/launch.h"

struct measuring {
    const char **files; /* size count; owned by the caller, as all below */
    int count;
    const char *output;
    int memory; /* MiB: more is refused */
    struct launch launch;
    int *current; /* set to the number of the file that is being read */
};

/* Look at all files, then measure one after the other; the output's name is claimed
 * (measured.h). Either there is a whole result file at the end, or none. ERROR_INPUT for
 * files that do not fit, or not together, or change meanwhile; ERROR_INTERRUPTED. */
enum error measuring_run(struct measuring *measuring);

#endif

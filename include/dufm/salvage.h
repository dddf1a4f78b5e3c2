/* Saving the rows of a damaged result file, whose bytes are read without HDF5. Serial. */
#ifndef DUFM_SALVAGE_H
#define DUFM_SALVAGE_H

#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"

struct salvage_request {
    const char *damaged;  /* file to read; it is never written */
    const char *output;   /* file to make; must not exist */
    const char *sweep;    /* sweep file of the new one; NULL: the damaged one's own */
    struct launch launch; /* who does it, for lock and history */
};

struct salvage_report {
    uint64_t rows;     /* of the damaged file */
    uint64_t finished; /* rows kept with their results */
    uint64_t lost;     /* rows whose parameters or results do not hold */
    uint64_t pending;  /* points of the new file's grid that are to run */
};

/* Find the layout table among the file's bytes; make a file of its rows whose identity
 * and checksum hold, and of the other points of the sweep as pending. ERROR_INPUT: the
 * output exists, or something cannot be opened; ERROR_STORE: no intact layout table is
 * left; ERROR_INTERRUPTED. After an error there is no output. */
enum error salvage_file(const struct salvage_request *request,
                        struct salvage_report *report);

#endif

/* Compact result files: small ones to keep and to send. Every value, dimension and
 * attribute is that of the file they were made of, in pieces that are compressed each, so
 * that readers need not know; but they are not written to. Serial. */
#ifndef DUFM_COMPACT_H
#define DUFM_COMPACT_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/sweep.h"

struct compact_request {
    const char *file;     /* to be made compact */
    const char *output;   /* file to make, which must not exist; NULL: `file` itself */
    struct launch launch; /* who does it, for lock and history */
};

struct compact_report {
    uint64_t before, after; /* bytes of the file and of its compact form */
    bool already;           /* it was compact: nothing is done */
};

/* Build the compact form under a temporary name, compare every value and attribute with the
 * file's, make it durable, and let it take its name. Needs memory for some runs of rows
 * only. ERROR_INPUT: the output exists, a job writes one of the two files, it is compact
 * already and an output was asked for, and as reader_open; ERROR_STORE: rows are damaged,
 * or something did not come out the same; ERROR_INTERRUPTED. After an error the file is
 * what it was, and there is no output. */
enum error compact_file(const struct compact_request *request,
                        struct compact_report *report);

/* What a run finds in a compact file. */
struct compact_state {
    bool whole;      /* it is compact, of that very sweep, every row holds its checksum,
                        and every point of the sweep is finished: no run has to write */
    uint64_t failed; /* of a whole one: finished points that are failed or quarantined */
};

/* Look at the file that a run is asked to go on with; one that is missing or that cannot
 * be opened is not whole. ERROR_SYSTEM: no memory, or the system does not read the file;
 * ERROR_INTERRUPTED. */
enum error compact_inspect(const char *path, const struct sweep *sweep,
                           struct compact_state *out);

#endif

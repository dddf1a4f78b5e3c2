/* Joining result files of compatible sweeps into a new one. Serial. */
#ifndef DUFM_MERGE_H
#define DUFM_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/launch.h"

enum { MERGE_CONFLICTS = 20 }; /* that are listed */

struct merge_request {
    const char *const *files; /* size count; the first one's sweep is the new file's */
    int count;
    const char *output;   /* file to make; must not exist */
    bool prefer_first;    /* conflicts are decided for the earlier file */
    struct launch launch; /* who does it, for lock and history */
};

/* Two finished rows of one point whose results differ. */
struct merge_conflict {
    const char *file[2]; /* of the request */
    uint64_t row[2];
};

struct merge_report {
    uint64_t rows;     /* of the new file */
    uint64_t finished; /* ... that are */
    uint64_t pending;  /* points of the new file's grid that are to run */
    uint64_t damaged;  /* rows that are taken as pending, or, nameless, not at all */
    uint64_t conflicts;
    struct merge_conflict conflict[MERGE_CONFLICTS]; /* the first of them */
};

/* Join the rows of the files by the identity of their points: what is finished in one of
 * them is in the new file, done before failed, with the launch that brought it. The new
 * file carries the first one's sweep; points that only others have are rows of removed
 * values until it is run with a sweep that has them. Nothing is made where there are
 * conflicts and none is preferred: ERROR_STORE. ERROR_INPUT: the output exists, files that
 * do not store the same of each point, and as reader_open; ERROR_INTERRUPTED. */
enum error merge_files(const struct merge_request *request, struct merge_report *report);

#endif

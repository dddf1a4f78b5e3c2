/* A result file of measured features: a row on `config` for each file of features of one
 * network, under the names that a sweep's results have, so that what reads those reads
 * these.  It has no sweep, no parameters but `depth` (the number of layers) and `classes`,
 * and no losses; beside these the coordinates that its files give, under their own names,
 * and `layer_name`, `layer_width`, `class_size`, `sample_count`, `source_file`.
 *
 * It is built under a temporary name by one process, while its name is claimed, and never
 * written again.
 */
#ifndef DUFM_MEASURED_H
#define DUFM_MEASURED_H

#include "dufm/error.h"
#include "dufm/featurefile.h"
#include "dufm/launch.h"
#include "dufm/result.h"

struct measured_request {
    const char *path; /* claimed */
    const char *title;
    const struct launch *launch;
    int rows;
    struct extent extent;                /* the largest of all rows; `gram` set */
    const struct featurefile_facts *any; /* of one of the files: names of layers and of
                                            coordinates */
};

struct measured; /* a file being built */

struct measured_claim; /* a name under which no other process builds a file */

/* Take the lock of `path`, as a job that writes it does. Kept by the processes forked
 * meanwhile until the last of them ends or gives it up. ERROR_INPUT when there is something
 * of that name, another process builds or writes it, or its folder is missing or not
 * writable; ERROR_SYSTEM. *out: measured_release. */
enum error measured_claim(const char *path, const struct launch *launch,
                          struct measured_claim **out);

/* Give the name up, once whoever built the file is done or dead: what is left under the
 * temporary name goes, too. NULL is fine. */
void measured_release(struct measured_claim **claim);

/* Create the file "<path>.tmp" with its variables; `path` is claimed. ERROR_SYSTEM,
 * ERROR_STORE; *out: measured_finish or measured_abandon. */
enum error measured_create(const struct measured_request *request, struct measured **out);

/* What a row is made of. */
struct measured_row {
    const struct result *result; /* measured; its status is done */
    const struct featurefile_facts *facts;
    const int *class_size; /* (K) */
    const char *source;    /* file of features, as it was named */
};

/* Write a row, from 0, with its checksum; each row once. ERROR_STORE. */
enum error measured_write(struct measured *measured, int row,
                          const struct measured_row *values);

/* Close, sync and give it its name; *measured is gone, and on failure its file, too.
 * ERROR_INPUT when a file of that name came meanwhile. */
enum error measured_finish(struct measured **measured);

/* Remove it; NULL is fine. */
void measured_abandon(struct measured **measured);

#endif

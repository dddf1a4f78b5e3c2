/* Points that brought their process down, kept in "F.h5.faults" beside the result file:
 * a record of fixed size for each death, appended by the handler of fatal signals
 * (guard.h). Points are known by their identity, so that a record outlives growth and a
 * change of the number of ranks.
 */
#ifndef DUFM_FAULTS_H
#define DUFM_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"

/* Deaths after which a point is not tried any more. */
enum { FAULTS_LIMIT = 3 };

enum { FAULTS_CHILD = -1 }; /* a rank: the process was a child that ran the point alone */

/* One death. No padding: it is written as it lies in memory. */
struct fault_record {
    uint32_t magic;
    int32_t rank;   /* in its job; or FAULTS_CHILD */
    uint64_t point; /* point_identity */
    uint32_t row;   /* in the result file when it happened */
    int32_t signal;
    uint64_t check; /* over the fields above */
};

/* All records of a file, oldest first. */
struct faults {
    struct fault_record *records; /* size count; owned */
    int count;
};

/* Path of the file that belongs to result file `path`. ERROR_INPUT when it is too long. */
enum error faults_path(const char *path, char *out, size_t size);

/* Make a record valid: fill in magic and check. Async-signal-safe. */
void fault_record_seal(struct fault_record *record);

/* Read a file; none at all has no records. What is no whole, sealed record is passed
 * over. ERROR_SYSTEM; *out is empty then. */
enum error faults_read(const char *path, struct faults *out);
void faults_release(struct faults *faults);

/* Deaths of a point; *signal is the last one's (it may be NULL), untouched when there is
 * none. */
int faults_deaths(const struct faults *faults, uint64_t point, int *signal);

/* Asked of each record: drop it? */
typedef bool faults_filter(const void *context, const struct fault_record *record);

/* Rewrite the file without the records that `drop` picks, by way of a temporary file; a
 * file without records is removed. ERROR_SYSTEM: the old file stays. */
enum error faults_forget(const char *path, faults_filter *drop, const void *context);

#endif

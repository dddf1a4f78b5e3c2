/* The work that is scheduled, seen from the scheduler: rows are run and committed. The
 * coordinator and the workers know nothing else of points, solvers and files, so that
 * their tests run them on made-up work.
 */
#ifndef DUFM_WORK_H
#define DUFM_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/checkpoints.h"
#include "dufm/error.h"
#include "dufm/kind.h"
#include "dufm/store.h"
#include "dufm/sweep.h"

/* Asked now and then while a row runs; true: leave the row and return. */
typedef bool work_poll(void *context);

struct work_request {
    uint32_t row;
    work_poll *poll;
    void *poll_context;
};

struct work_result {
    enum status status; /* STATUS_DONE, STATUS_FAILED or STATUS_QUARANTINED */
    enum outcome outcome;
    double share; /* of the steps it was allowed: how many it took; 0 to 1 */
};

struct work {
    void *context;
    /* Run a row and keep its result for the next commit. A row that cannot be run is
     * STATUS_FAILED, not an error; ERROR_INTERRUPTED when the poll asked to stop: the row
     * counts as not run. */
    enum error (*run)(void *context, const struct work_request *request,
                      struct work_result *out);
    /* Make everything kept durable. */
    enum error (*commit)(void *context);
    /* Like `run`, for a row that brought a process down: in a child of this process, until
     * it is run or has brought down FAULTS_LIMIT processes in all, which makes it
     * STATUS_QUARANTINED. ERROR_INTERRUPTED also when somebody killed the child. */
    enum error (*retry)(void *context, const struct work_request *request,
                        struct work_result *out);
    /* What became of a row, by whichever process: STATUS_PENDING unless it was committed. */
    enum error (*find)(void *context, uint32_t row, struct work_result *out);
};

/* The same work, each row of it run in a child. */
struct work work_in_children(const struct work *work);

/* The real work: solve the points of `sweep`, write them to `store`, long ones with
 * checkpoints on the way, look up deaths in the file `faults`; all of them outlive it. */
struct work_points;
enum error work_points_create(const struct sweep *sweep, struct store *store,
                              struct checkpoints *checkpoints, const char *faults,
                              struct work_points **out);

/* Take the memory for solving now, not before the first row. */
enum error work_points_reserve(struct work_points *points);
void work_points_destroy(struct work_points **points);
struct work work_of_points(struct work_points *points);

#endif

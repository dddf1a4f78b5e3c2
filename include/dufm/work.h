/* The work that is scheduled, seen from the scheduler: rows are run and committed. The
 * coordinator and the workers know nothing else of points, solvers and files, so that
 * their tests run them on made-up work.
 */
#ifndef DUFM_WORK_H
#define DUFM_WORK_H

#include <stdbool.h>
#include <stdint.h>

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
    enum status status; /* STATUS_DONE or STATUS_FAILED */
    enum outcome outcome;
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
};

/* The real work: solve the points of `sweep`, write them to `store`; both outlive it. */
struct work_points;
enum error work_points_create(const struct sweep *sweep, struct store *store,
                              struct work_points **out);
void work_points_destroy(struct work_points **points);
struct work work_of_points(struct work_points *points);

#endif

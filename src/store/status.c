/* Statuses outside of commits, and how the launch goes. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "reset.h"

enum error store_find(const struct store *store, uint64_t row, enum status *status,
                      enum outcome *outcome) {
    int8_t value;
    struct span span = {schema_find("status"), row, 1};
    TRY(table_read(&store->table, &span, &value));
    *status = (enum status)value;
    span.variable = schema_find("outcome");
    TRY(table_read(&store->table, &span, &value));
    *outcome = (enum outcome)value;
    return ERROR_NONE;
}

/* Rows of values that the sweep has no longer are not run again. */
static bool has_failed(const struct store *store, uint64_t row) {
    int8_t status = store->statuses[row];
    return store_places(store)[row] >= 0 &&
           (status == STATUS_FAILED || status == STATUS_QUARANTINED);
}

static enum error reset_failed(struct store *store, const struct sweep *sweep,
                               struct block *block) {
    for (uint64_t row = 0; row < store_count(store); row++) {
        if (!has_failed(store, row)) continue;
        struct reset reset = {block, 0, row, store_places(store)[row]};
        TRY(reset_row(store, sweep, &reset));
        store->statuses[row] = STATUS_PENDING;
    }
    if (fsync(store->fd))
        return RAISE(ERROR_SYSTEM, "cannot sync the result file: %s", strerror(errno));
    return ERROR_NONE;
}

enum error store_retry_failed(struct store *store, const struct sweep *sweep) {
    struct block block;
    TRY(block_create(&block, &store->table.lengths, block_of_creation, 1));
    enum error error = reset_failed(store, sweep, &block);
    block_destroy(&block);
    return error;
}

enum error store_note_use(struct store *store, const struct launch_use *use) {
    const struct {
        const char *name;
        double seconds;
    } facts[] = {{"launch_span", use->span},
                 {"launch_busy", use->busy},
                 {"launch_committing", use->committing}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        struct span span = {schema_find(facts[i].name), (uint64_t)store->launch_index, 1};
        TRY(table_write(&store->table, &span, &facts[i].seconds));
    }
    return ERROR_NONE;
}

void store_abandon(struct store **store) {
    if (!*store) return;
    lock_leave(&(*store)->fence);
    lock_release(&(*store)->lock);
    *store = NULL; /* its memory lives as long as the open file */
}

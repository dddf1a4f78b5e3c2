#include "adopt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assemble.h"
#include "dufm/log.h"
#include "identity.h"
#include "judge.h"
#include "placing.h"

/* A file and what the sweep makes of it. */
struct adoption {
    const struct store_target *target;
    const char *path;          /* of the target ... */
    const struct sweep *sweep; /* ... both */
    struct table table;
    struct origin origin;
    char *difference;             /* between the sweeps; "" where there is none; owned */
    struct candidate *candidates; /* size count; owned */
    uint64_t count;
    struct placing placing;
};

/* ---- what cannot be ---- */

static const char *on_or_off(bool on) {
    return on ? "true" : "false";
}

static enum error refuse_output(const struct adoption *adoption,
                                const struct output *stored) {
    const struct output *wanted = &adoption->sweep->output;
    char list[256];
    snprintf(list, sizeof list, "history: %d, gram: %s, weights: %s", stored->history,
             on_or_off(stored->gram), on_or_off(stored->weights));
    return RAISE(
        ERROR_INPUT,
        "%s stores something else of each point (output: {%s}), and rows that are done "
        "would lack what this sweep asks for (output: {history: %d, gram: %s, weights: "
        "%s}); set the output back, or choose another file",
        adoption->path, list, wanted->history, on_or_off(wanted->gram),
        on_or_off(wanted->weights));
}

static enum error check_output(const struct adoption *adoption) {
    struct sweep *stored;
    TRY(identity_sweep(&adoption->table, adoption->path, &stored));
    const struct output *one = &stored->output, *other = &adoption->sweep->output;
    bool same = one->history == other->history && one->gram == other->gram &&
                one->weights == other->weights;
    enum error error = same ? ERROR_NONE : refuse_output(adoption, one);
    sweep_destroy(&stored);
    return error;
}

static enum error refuse_sweep(const struct adoption *adoption) {
    bool any = false;
    for (uint64_t i = 0; i < adoption->count && !any; i++)
        any = judge_is_finished(adoption->candidates[i].status);
    return RAISE(ERROR_INPUT, "%s holds another sweep, %s:\n%s", adoption->path,
                 any ? "and no finished point of it is in this one; choose another file, "
                       "or run the sweep it was made for"
                     : "no point of it is finished, and none is in this one; remove the "
                       "file (checkpoints beside it stay, and serve the sweep that made "
                       "them), choose another one, or run the sweep it was made for",
                 adoption->difference);
}

/* Whether the sweep goes on with what the file has under way: a point of the file is in
 * it, and no finished one falls out of it. A file's rows that had no place before count
 * for nothing. */
static bool goes_on(const struct adoption *adoption) {
    bool common = false;
    for (uint64_t i = 0; i < adoption->count; i++) {
        const struct candidate *row = &adoption->candidates[i];
        bool stays = row->grid_index != GRID_REMOVED;
        if (row->placed && !stays && judge_is_finished(row->status)) return false;
        common = common || stays;
    }
    return common;
}

/* ---- what is done ---- */

/* Rows of lost identity are not read again: their damage is told with that of others. */
static void note_lost(const struct adoption *adoption, struct damage *damage) {
    for (uint64_t i = 0; i < adoption->count; i++)
        if (adoption->candidates[i].fault == ROW_BAD_IDENTITY) damage_note(damage, i);
}

static enum error replace(struct adoption *adoption, const char *deed,
                          struct lengths *lengths) {
    char list[512], *past = NULL;
    TRY(hdf_read_text(adoption->table.file, ATTRIBUTE_HISTORY, &past));
    struct assembly assembly = {.path = adoption->path,
                                .sweep = adoption->sweep,
                                .deed = {past, deed, adoption->target->launch},
                                .origins = &adoption->origin,
                                .origin_count = 1,
                                .places = adoption->placing.places,
                                .rows = adoption->placing.count};
    note_lost(adoption, &assembly.damage);
    enum error error = assemble_file(&assembly);
    free(past);
    TRY(error);
    if (assembly.damage.count > 0)
        log_warning("%s: %s damaged, to be computed again", adoption->path,
                    damage_format(&assembly.damage, list, sizeof list));
    *lengths = assembly.lengths;
    return ERROR_NONE;
}

static enum error grow(struct adoption *adoption, struct lengths *lengths) {
    const struct placing *placing = &adoption->placing;
    char deed[160];
    bool common = placing->finished > 0 || goes_on(adoption);
    if (!common && adoption->target->raised)
        TRY(placing_continues(adoption->sweep, adoption->candidates, adoption->count,
                              &common));
    if (!common) return refuse_sweep(adoption);
    snprintf(deed, sizeof deed, "grown from %llu to %llu points, %llu new, %llu removed",
             (unsigned long long)placing->before,
             (unsigned long long)grid_count(adoption->sweep),
             (unsigned long long)placing->fresh, (unsigned long long)placing->removed);
    TRY(replace(adoption, deed, lengths));
    log_info("%s: %s", adoption->path, deed);
    return ERROR_NONE;
}

/* Whether each point of the grid has its row, and each row its point. */
static bool is_whole(const struct adoption *adoption) {
    uint64_t placed = 0;
    for (uint64_t i = 0; i < adoption->count; i++) {
        if (adoption->candidates[i].fault != ROW_FINE) return false;
        placed += adoption->candidates[i].placed;
    }
    return placed == grid_count(adoption->sweep);
}

static enum error gather(struct adoption *adoption, bool same) {
    void *memory;
    adoption->origin = origin_of_table(&adoption->table);
    adoption->count = adoption->table.lengths.of[DIMENSION_CONFIG];
    TRY(memory_allocate(adoption->count, sizeof(struct candidate), &memory));
    adoption->candidates = memory;
    struct placing_request request = {.origin = &adoption->origin,
                                      .sweep = same ? adoption->sweep : NULL};
    return placing_gather(&request, adoption->candidates);
}

static enum error adopt(struct adoption *adoption, struct lengths *lengths) {
    TRY(identity_current(&adoption->table, adoption->path));
    *lengths = adoption->table.lengths;
    TRY(identity_difference(&adoption->table, adoption->sweep, &adoption->difference));
    bool same = !*adoption->difference;
    if (!same) TRY(check_output(adoption));
    TRY(gather(adoption, same));
    bool compact = table_is_compact(&adoption->table), newer = false;
    TRY(hdf_is_newer(adoption->table.file, &newer));
    if (same && !compact && !newer && is_whole(adoption)) return ERROR_NONE;
    TRY(placing_create(adoption->sweep, adoption->candidates, adoption->count,
                       &adoption->placing));
    if (!same) return grow(adoption, lengths);
    if (compact)
        log_info("%s is compact: it is made writable first", adoption->path);
    else if (newer)
        log_info("another program packed %s: it is made writable first", adoption->path);
    return replace(adoption, compact || newer ? "made writable" : "repaired", lengths);
}

enum error adopt_file(const struct store_target *target, struct lengths *lengths) {
    struct adoption adoption = {
        .target = target, .path = target->path, .sweep = target->sweep};
    TRY(identity_open(target->path, &adoption.table));
    enum error error = adopt(&adoption, lengths);
    placing_destroy(&adoption.placing);
    free(adoption.candidates);
    free(adoption.difference);
    enum error closing = table_close(&adoption.table);
    return error ? error : closing;
}

#include "dufm/merge.h"

#include <stdlib.h>
#include <string.h>

#include "dufm/log.h"
#include "identity.h"
#include "judge.h"
#include "novel.h"
#include "placing.h"

/* What is under way. */
struct junction {
    const struct merge_request *request;
    struct merge_report *report;
    struct table *tables; /* size opened of request->count; owned */
    int opened;
    struct origin *origins;       /* size request->count; owned */
    struct sweep *sweep;          /* of the first file; owned */
    struct candidate *candidates; /* size count; owned */
    uint64_t count;
    struct placing placing;
};

/* ---- the files ---- */

static enum error check_compatible(const struct junction *junction, int number) {
    struct output one = lengths_output(&junction->tables[0].lengths);
    struct output other = lengths_output(&junction->tables[number].lengths);
    if (one.history == other.history && one.gram == other.gram &&
        one.weights == other.weights)
        return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s (output: {history: %d, gram: %s, weights: %s}) and %s (output: "
                 "{history: %d, gram: %s, weights: %s}) do not store the same of each "
                 "point: rows of one would lack values of the other",
                 junction->request->files[0], one.history, one.gram ? "true" : "false",
                 one.weights ? "true" : "false", junction->request->files[number],
                 other.history, other.gram ? "true" : "false",
                 other.weights ? "true" : "false");
}

static enum error open_files(struct junction *junction) {
    int count = junction->request->count;
    void *tables, *origins;
    TRY(memory_allocate((size_t)count, sizeof(struct table), &tables));
    junction->tables = tables;
    TRY(memory_allocate((size_t)count, sizeof(struct origin), &origins));
    junction->origins = origins;
    for (int i = 0; i < count; i++) {
        TRY(identity_open(junction->request->files[i], &junction->tables[i]));
        junction->opened++;
        TRY(identity_current(&junction->tables[i], junction->request->files[i]));
        TRY(check_compatible(junction, i));
        junction->origins[i] = origin_of_table(&junction->tables[i]);
        junction->count += junction->tables[i].lengths.of[DIMENSION_CONFIG];
    }
    if (junction->count > INT32_MAX)
        return RAISE(ERROR_INPUT, "the files have more rows together than one can hold");
    return identity_sweep(&junction->tables[0], junction->request->files[0],
                          &junction->sweep);
}

static void report_damage(struct junction *junction, int number,
                          const struct candidate *rows, uint64_t count) {
    struct damage damage = {0};
    char list[512];
    for (uint64_t i = 0; i < count; i++)
        if (rows[i].fault != ROW_FINE) damage_note(&damage, i);
    junction->report->damaged += damage.count;
    if (damage.count > 0)
        log_warning("%s: %s damaged, taken as not run", junction->request->files[number],
                    damage_format(&damage, list, sizeof list));
}

static enum error gather(struct junction *junction) {
    void *memory;
    TRY(memory_allocate(junction->count, sizeof(struct candidate), &memory));
    junction->candidates = memory;
    struct candidate *next = junction->candidates;
    for (int i = 0; i < junction->request->count; i++) {
        struct placing_request request = {
            .origin = &junction->origins[i], .number = i, .whole = true};
        uint64_t count = junction->origins[i].lengths.of[DIMENSION_CONFIG];
        TRY(placing_gather(&request, next));
        report_damage(junction, i, next, count);
        next += count;
    }
    return ERROR_NONE;
}

/* ---- one row a point ---- */

/* A row, ordered by its point, then by its worth. */
struct rival {
    uint64_t id;
    uint32_t candidate;
    uint32_t rank; /* 0: done, 1: failed, 2: not finished */
};

static int compare_rivals(const void *one, const void *other) {
    const struct rival *a = one, *b = other;
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    return (a->candidate > b->candidate) - (a->candidate < b->candidate);
}

static uint32_t rank_of(const struct candidate *row) {
    return row->status == STATUS_DONE ? 0 : judge_is_finished(row->status) ? 1 : 2;
}

static struct rival *list_rivals(const struct junction *junction, uint64_t *used) {
    void *memory;
    *used = 0;
    if (memory_allocate(junction->count, sizeof(struct rival), &memory)) return NULL;
    struct rival *rivals = memory;
    for (uint64_t i = 0; i < junction->count; i++) {
        const struct candidate *row = &junction->candidates[i];
        if (row->fault == ROW_BAD_IDENTITY) continue;
        rivals[(*used)++] = (struct rival){row->id, (uint32_t)i, rank_of(row)};
    }
    qsort(rivals, *used, sizeof *rivals, compare_rivals);
    return rivals;
}

static void note_conflict(struct junction *junction, const struct candidate *one,
                          const struct candidate *other) {
    struct merge_report *report = junction->report;
    const char *const *files = junction->request->files;
    if (report->conflicts < MERGE_CONFLICTS)
        report->conflict[report->conflicts] =
            (struct merge_conflict){{files[one->origin], files[other->origin]},
                                    {(uint64_t)one->row, (uint64_t)other->row}};
    report->conflicts++;
}

/* The best of the rows of one point, first in the list, takes the position of the first
 * of them in the files; the others go as nameless ones do. */
static void settle(struct junction *junction, const struct rival *rivals,
                   uint64_t count) {
    struct candidate *rows = junction->candidates;
    const struct candidate best = rows[rivals[0].candidate];
    uint32_t position = rivals[0].candidate;
    for (uint64_t i = 1; i < count; i++) {
        uint32_t other = rivals[i].candidate;
        if (rivals[i].rank == 0 && rows[other].hash != best.hash)
            note_conflict(junction, &best, &rows[other]);
        if (other < position) position = other;
    }
    for (uint64_t i = 0; i < count; i++)
        rows[rivals[i].candidate].fault = ROW_BAD_IDENTITY;
    rows[position] = best;
}

/* Keep one candidate a point; nameless rows go, too. */
static enum error settle_all(struct junction *junction) {
    uint64_t used, kept = 0;
    struct rival *rivals = list_rivals(junction, &used);
    if (!rivals) return ERROR_SYSTEM;
    for (uint64_t first = 0, next; first < used; first = next) {
        next = first + 1;
        while (next < used && rivals[next].id == rivals[first].id)
            next++;
        settle(junction, rivals + first, next - first);
    }
    free(rivals);
    for (uint64_t i = 0; i < junction->count; i++)
        if (junction->candidates[i].fault != ROW_BAD_IDENTITY)
            junction->candidates[kept++] = junction->candidates[i];
    junction->count = kept;
    return ERROR_NONE;
}

/* ---- all of it ---- */

static enum error assemble(struct junction *junction) {
    const struct merge_request *request = junction->request;
    struct merge_report *report = junction->report;
    struct assembly assembly = {.path = request->output,
                                .sweep = junction->sweep,
                                .deed = {NULL, "merged", &request->launch},
                                .origins = junction->origins,
                                .origin_count = request->count,
                                .places = junction->placing.places,
                                .rows = junction->placing.count};
    TRY(novel_file(&assembly));
    report->rows = assembly.rows;
    report->finished = assembly.finished;
    report->pending = grid_count(junction->sweep) - assembly.finished_placed;
    return ERROR_NONE;
}

static enum error merge(struct junction *junction) {
    uint64_t conflicts;
    TRY(open_files(junction));
    TRY(gather(junction));
    TRY(settle_all(junction));
    conflicts = junction->report->conflicts;
    if (conflicts > 0 && !junction->request->prefer_first)
        return RAISE(ERROR_STORE,
                     "%llu point%s finished in two files with different results; nothing "
                     "is written ('--prefer first' takes the earlier file's)",
                     (unsigned long long)conflicts, conflicts == 1 ? " is" : "s are");
    TRY(placing_create(junction->sweep, junction->candidates, junction->count,
                       &junction->placing));
    return assemble(junction);
}

enum error merge_files(const struct merge_request *request, struct merge_report *report) {
    struct junction junction = {.request = request, .report = report};
    *report = (struct merge_report){0};
    TRY(novel_check(request->output));
    enum error error = merge(&junction);
    for (int i = 0; i < junction.opened; i++)
        table_close(&junction.tables[i]); /* nothing was written: nothing can be lost */
    placing_destroy(&junction.placing);
    free(junction.candidates);
    sweep_destroy(&junction.sweep);
    free(junction.origins);
    free(junction.tables);
    return error;
}

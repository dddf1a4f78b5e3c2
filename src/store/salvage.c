#include "dufm/salvage.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "assemble.h"
#include "identity.h"
#include "judge.h"
#include "novel.h"
#include "placing.h"
#include "rawfile.h"
#include "root.h"

/* What is under way. */
struct rescue {
    const struct salvage_request *request;
    struct salvage_report *report;
    struct layout layout; /* of a file that is read by its bytes ... */
    struct table table;   /* ... or else it is compact, and HDF5 finds what it can */
    bool compact;
    struct sweep *sweep; /* of the new file; owned */
    struct origin origin;
    struct candidate *candidates; /* size count; owned */
    uint64_t count;
    struct placing placing;
};

/* A file that is open, has no table of where its values lie, and is not compact. */
static enum error refuse_open(const char *path, const struct table *table) {
    if (!table->lengths.measured)
        return RAISE(ERROR_STORE,
                     "%s cannot be saved: it opens, but no intact layout table of schema "
                     "version %d is in it; 'dufm verify' says what else is damaged",
                     path, SCHEMA_VERSION);
    return RAISE(
        ERROR_INPUT,
        "%s holds measured features of networks ('dufm measure'), not the points "
        "of a sweep, and cannot be saved: measure the files of features again",
        path);
}

/* A compact file has no table: it must open. Its rows are whole where their pieces are. */
static enum error open_compact(struct rescue *rescue) {
    const char *path = rescue->request->damaged;
    if (identity_open(path, &rescue->table))
        return RAISE(ERROR_STORE,
                     "%s cannot be saved: no intact layout table of schema version %d is "
                     "in it (a compact file has none), and without one a file of which "
                     "HDF5 cannot read the structure is lost: make it again, or take a "
                     "copy of it",
                     path, SCHEMA_VERSION);
    rescue->compact = table_is_compact(&rescue->table);
    if (!rescue->compact) {
        enum error error = refuse_open(path, &rescue->table);
        table_close(&rescue->table); /* nothing was written */
        return error;
    }
    rescue->origin = origin_of_table(&rescue->table);
    return hdf_read_text(rescue->table.file, ATTRIBUTE_TEXT, &rescue->layout.text);
}

static enum error find_rows(struct rescue *rescue, int fd) {
    if (layout_find(fd, &rescue->layout)) return open_compact(rescue);
    rescue->origin = origin_of_bytes(fd, &rescue->layout);
    return ERROR_NONE;
}

static enum error check_version(const struct rescue *rescue) {
    int version = rescue->origin.lengths.version;
    if (version == SCHEMA_VERSION) return ERROR_NONE;
    return RAISE(
        ERROR_INPUT,
        "%s has schema version %d, this program saves rows of version %d: use the "
        "program that wrote it",
        rescue->request->damaged, version, SCHEMA_VERSION);
}

static enum error read_sweep(struct rescue *rescue) {
    const struct salvage_request *request = rescue->request;
    const char *text = rescue->layout.text;
    if (request->sweep) return sweep_read(request->sweep, &rescue->sweep);
    return sweep_parse(request->damaged, text, strlen(text), &rescue->sweep);
}

/* Another sweep may have other points, but rows hold what they hold. */
static enum error check_output(const struct rescue *rescue) {
    const struct output *wanted = &rescue->sweep->output;
    struct output stored = lengths_output(&rescue->origin.lengths);
    if (stored.history == wanted->history && stored.gram == wanted->gram &&
        stored.weights == wanted->weights)
        return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s asks for another output (history, gram, weights) than %s stores",
                 rescue->request->sweep, rescue->request->damaged);
}

static enum error gather(struct rescue *rescue) {
    void *memory;
    rescue->count = rescue->origin.lengths.of[DIMENSION_CONFIG];
    TRY(memory_allocate(rescue->count, sizeof(struct candidate), &memory));
    rescue->candidates = memory;
    struct placing_request request = {.origin = &rescue->origin};
    TRY(placing_gather(&request, rescue->candidates));
    return placing_create(rescue->sweep, rescue->candidates, rescue->count,
                          &rescue->placing);
}

/* Rows of lost identity were not even placed; others were found wanting when read. */
static void count_rows(struct rescue *rescue, const struct assembly *assembly) {
    struct salvage_report *report = rescue->report;
    uint64_t nameless = 0;
    for (uint64_t i = 0; i < rescue->count; i++)
        nameless += rescue->candidates[i].fault == ROW_BAD_IDENTITY;
    *report = (struct salvage_report){.rows = rescue->count,
                                      .finished = assembly->finished,
                                      .lost = nameless + assembly->damage.count,
                                      .pending = grid_count(rescue->sweep) -
                                                 assembly->finished_placed};
}

static enum error assemble(struct rescue *rescue) {
    const struct salvage_request *request = rescue->request;
    struct assembly assembly = {.path = request->output,
                                .sweep = rescue->sweep,
                                .deed = {NULL, "salvaged", &request->launch},
                                .origins = &rescue->origin,
                                .origin_count = 1,
                                .places = rescue->placing.places,
                                .rows = rescue->placing.count};
    TRY(novel_file(&assembly));
    count_rows(rescue, &assembly);
    return ERROR_NONE;
}

static enum error salvage(struct rescue *rescue, int fd) {
    TRY(find_rows(rescue, fd));
    TRY(check_version(rescue));
    TRY(read_sweep(rescue));
    TRY(check_output(rescue));
    TRY(gather(rescue));
    return assemble(rescue);
}

enum error salvage_file(const struct salvage_request *request,
                        struct salvage_report *report) {
    struct rescue rescue = {.request = request, .report = report};
    int fd;
    TRY(novel_check(request->output));
    TRY(rawfile_open(request->damaged, O_RDONLY, &fd));
    enum error error = salvage(&rescue, fd);
    placing_destroy(&rescue.placing);
    free(rescue.candidates);
    sweep_destroy(&rescue.sweep);
    layout_release(&rescue.layout);
    if (rescue.compact) table_close(&rescue.table); /* nothing was written */
    close(fd);
    return error;
}

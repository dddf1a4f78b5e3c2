#include "dufm/measured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/file.h"
#include "lock.h"
#include "novel.h"
#include "publish.h"
#include "root.h"
#include "rowsum.h"

struct measured {
    char *path, *temporary; /* owned */
    struct table table;
    struct coordinates coordinates;
    struct block block; /* of one row */
    struct rowsum sums;
};

/* ---- its name ---- */

struct measured_claim {
    struct lock lock;
    char *temporary; /* owned */
    bool ours;       /* nobody else has a file of that name */
};

static enum error name_temporary(const char *path, char **out) {
    char name[PATH_MAX];
    *out = NULL;
    TRY(file_beside(path, ".tmp", name, sizeof name));
    if ((*out = strdup(name))) return ERROR_NONE;
    return RAISE(ERROR_SYSTEM, "no memory for the name of a file");
}

/* Looked at before the lock, too, which leaves a file for a moment. */
static enum error take_name(const char *path, const struct launch *launch,
                            struct measured_claim *claim) {
    TRY(name_temporary(path, &claim->temporary));
    TRY(novel_check(path));
    TRY(lock_take(&claim->lock, path, launch));
    TRY(novel_check(path));
    TRY(publish_clear(claim->temporary));
    claim->ours = true;
    return ERROR_NONE;
}

enum error measured_claim(const char *path, const struct launch *launch,
                          struct measured_claim **out) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct measured_claim), &memory));
    struct measured_claim *claim = memory;
    claim->ours = false;
    claim->lock.fd = -1;
    enum error error = take_name(path, launch, claim);
    if (error)
        measured_release(&claim);
    else
        *out = claim;
    return error;
}

void measured_release(struct measured_claim **claim) {
    struct measured_claim *gone = *claim;
    if (!gone) return;
    *claim = NULL;
    if (gone->ours) unlink(gone->temporary);
    lock_release(&gone->lock);
    free(gone->temporary);
    free(gone);
}

/* ---- creation ---- */

static enum error write_launch(const struct table *table, const struct launch *launch) {
    struct block block;
    TRY(block_create(&block, &table->lengths, block_of_launch, 1));
    struct stamp stamp = {.launch_checksum = ""};
    struct row_sources from = {.launch = launch, .stamp = &stamp};
    block_pack(&block, 0, &from, &table->lengths);
    hash_format(block_launch_checksum(&block, 0), stamp.launch_checksum);
    block_pack(&block, 0, &from, &table->lengths);
    enum error error =
        table_write_run(table, &block, &(struct run){PHASE_LAUNCH, 0, 1, 0});
    block_destroy(&block);
    return error;
}

static enum error write_names(const struct table *table,
                              const struct featurefile_facts *facts) {
    struct span span = {schema_find("layer_name"), 0, (uint64_t)facts->shape.depth};
    return table_write(table, &span, facts->layer_name);
}

/* "epoch width" */
static enum error join_names(const struct featurefile_facts *facts, char **out) {
    size_t size = (FEATUREFILE_COORDINATES + 1) * FEATUREFILE_NAME, used = 0;
    void *memory;
    TRY(memory_allocate(size, 1, &memory));
    *out = memory;
    for (int i = 0; i < facts->coordinate_count; i++)
        used += (size_t)snprintf(*out + used, size - used, "%s%s", i > 0 ? " " : "",
                                 facts->coordinate[i].name);
    return ERROR_NONE;
}

static enum error define(struct measured *measured,
                         const struct measured_request *request, const char *given) {
    struct table *table = &measured->table;
    struct lengths lengths = lengths_of_measured(&request->extent);
    struct measured_root root = {request->title, given};
    struct deed deed = {.text = "measured", .launch = request->launch};
    struct span tolerances = {schema_find("tolerance"), 0, TOLERANCE_COUNT};
    lengths.of[DIMENSION_CONFIG] = (uint64_t)request->rows;
    TRY(root_write_measured(table->file, &root, &deed));
    table->given = given;
    TRY(table_define(table, &lengths));
    TRY(coordinates_define(table, &measured->coordinates));
    TRY(table_write(table, &tolerances, rank_tolerances));
    TRY(write_names(table, request->any));
    TRY(write_launch(table, request->launch));
    TRY(rowsum_create(table, &measured->coordinates, &measured->sums));
    return block_create(&measured->block, &lengths, block_of_rows, 1);
}

static enum error build(struct measured *measured,
                        const struct measured_request *request) {
    char *given;
    if (!(measured->path = strdup(request->path)))
        return RAISE(ERROR_SYSTEM, "no memory for the name of a file");
    TRY(name_temporary(request->path, &measured->temporary));
    TRY(join_names(request->any, &given));
    enum error error = hdf_create(measured->temporary, HDF_SERIAL, &measured->table.file);
    if (error) error_prefix(error, "%s cannot be created", measured->temporary);
    if (!error) error = define(measured, request, given);
    measured->table.given = NULL;
    free(given);
    return error;
}

enum error measured_create(const struct measured_request *request,
                           struct measured **out) {
    void *memory;
    hdf_start();
    TRY(memory_allocate(1, sizeof(struct measured), &memory));
    struct measured *measured = memory;
    measured->table.file = H5I_INVALID_HID;
    for (int i = 0; i < VARIABLES_MAX; i++)
        measured->table.variable[i] = H5I_INVALID_HID;
    enum error error = build(measured, request);
    if (error)
        measured_abandon(&measured);
    else
        *out = measured;
    return error;
}

/* ---- rows ---- */

static void pack(struct measured *measured, const char *name, const void *value,
                 const struct lengths *tight) {
    block_pack_variable(&measured->block, 0, schema_find(name), value, tight);
}

static void pack_row(struct measured *measured, const struct measured_row *row,
                     const struct lengths *tight) {
    const struct features_shape *shape = &row->facts->shape;
    struct point point = {.depth = shape->depth, .classes = shape->classes};
    struct stamp stamp = {.launch_index = 0};
    struct row_sources from = {
        .point = &point, .result = row->result, .arrays = row->result, .stamp = &stamp};
    int widths[FEATURES_LAYERS];
    char source[LAUNCH_LONG_TEXT];
    for (int l = 0; l < shape->depth; l++)
        widths[l] = shape->layer[l].width;
    snprintf(source, sizeof source, "%s", row->source);
    const struct featurefile_state *state = &row->facts->state;
    const double bytes = (double)state->bytes;
    char modified[LAUNCH_TEXT] = "";
    clock_utc((time_t)(state->modified / 1000000000), modified, sizeof modified);
    block_pack(&measured->block, 0, &from, tight);
    pack(measured, "source_bytes", &bytes, tight);
    pack(measured, "source_modified", modified, tight);
    pack(measured, "layer_width", widths, tight);
    pack(measured, "class_size", row->class_size, tight);
    pack(measured, "sample_count", &shape->samples, tight);
    pack(measured, "source_file", source, tight);
    char hash[HASH_TEXT + 1];
    hash_format(block_result_hash(&measured->block, 0, tight), hash);
    pack(measured, "result_hash", hash, tight);
}

static enum error write_checksum(struct measured *measured, uint64_t row) {
    uint64_t checksum;
    char text[HASH_TEXT + 1];
    TRY(rowsum_of(&measured->sums, row, &checksum));
    hash_format(checksum, text);
    struct span span = {schema_find("checksum"), row, 1};
    return table_write(&measured->table, &span, text);
}

enum error measured_write(struct measured *measured, int row,
                          const struct measured_row *values) {
    static const enum phase phases[] = {PHASE_CREATION, PHASE_DATA, PHASE_STATUS};
    struct lengths tight = lengths_of_measured(&values->result->extent);
    double coordinates[FEATUREFILE_COORDINATES];
    for (int i = 0; i < values->facts->coordinate_count; i++)
        coordinates[i] = values->facts->coordinate[i].value;
    pack_row(measured, values, &tight);
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        TRY(table_write_run(&measured->table, &measured->block,
                            &(struct run){phases[i], 0, 1, (uint64_t)row}));
    TRY(coordinates_write_row(&measured->coordinates, (uint64_t)row, coordinates));
    return write_checksum(measured, (uint64_t)row);
}

/* ---- the end ---- */

/* Everything but the names; the file is closed. */
static enum error close_file(struct measured *measured) {
    rowsum_release(&measured->sums);
    block_destroy(&measured->block);
    coordinates_close(&measured->coordinates);
    if (measured->table.file < 0) return ERROR_NONE;
    enum error error = table_close(&measured->table);
    measured->table.file = H5I_INVALID_HID;
    return error;
}

static enum error publish(const struct measured *measured) {
    TRY(novel_check(measured->path));
    return publish_file(measured->temporary, measured->path);
}

enum error measured_finish(struct measured **measured) {
    enum error error = close_file(*measured);
    if (!error) error = publish(*measured);
    measured_abandon(measured);
    return error;
}

void measured_abandon(struct measured **measured) {
    struct measured *gone = *measured;
    if (!gone) return;
    *measured = NULL;
    close_file(gone);
    if (gone->temporary) unlink(gone->temporary);
    free(gone->temporary);
    free(gone->path);
    free(gone);
}

#include "dufm/compact.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "damage.h"
#include "dufm/file.h"
#include "identity.h"
#include "judge.h"
#include "lock.h"
#include "novel.h"
#include "pace.h"
#include "placing.h"
#include "publish.h"
#include "reading.h"
#include "replica.h"
#include "seal.h"

/* What is under way. */
struct press {
    const struct compact_request *request;
    struct compact_report *report;
    const char *target; /* name that the compact form takes */
    char temporary[LOCK_PATH];
    struct reader *reader; /* of the file; owned */
};

/* ---- is it worth keeping ---- */

/* A compact file cannot be saved as well as others: its rows have to be whole. */
static enum error refuse_damage(const struct press *press, const struct damage *damage) {
    char list[512];
    return RAISE(ERROR_STORE, "%s: %s damaged, see 'dufm verify'; %s first",
                 press->request->file, damage_format(damage, list, sizeof list),
                 reader_is_measured(press->reader) ? "measure the files of features again"
                                                   : "let 'dufm run' compute them again");
}

static enum error check_rows(const struct press *press) {
    enum { ROWS = 4096 };
    int8_t bad[ROWS];
    struct damage damage = {0};
    uint64_t total = reader_count(press->reader);
    struct pace pace = pace_begin("checking rows", total);
    for (uint64_t first = 0, count; first < total; first += count) {
        count = total - first < ROWS ? total - first : ROWS;
        TRY(pace_step(&pace, first));
        TRY(reader_verify_rows(press->reader, first, count, bad));
        for (uint64_t i = 0; i < count; i++)
            if (bad[i] != ROW_FINE) damage_note(&damage, first + i);
    }
    return damage.count > 0 ? refuse_damage(press, &damage) : ERROR_NONE;
}

/* ---- the compact form ---- */

static enum error fill(const struct press *press, hid_t file, uint64_t *seal) {
    struct replica replica = {press->request->file, press->reader->table.file, file};
    TRY(replica_copy(&replica));
    return seal_define(file, &press->request->launch, seal);
}

static enum error build(const struct press *press) {
    hid_t file;
    uint64_t seal = 0;
    TRY(hdf_create_pieces(press->temporary, &file));
    enum error error = fill(press, file, &seal);
    if (H5Fclose(file) < 0 && !error) error = hdf_raise("H5Fclose", __FILE__, __LINE__);
    return error ? error : seal_close(press->temporary, seal);
}

/* Nothing replaces a file that does not hold the same. */
static enum error prove(const struct press *press) {
    bool holds = false;
    struct replica replica = {.path = press->request->file,
                              .from = press->reader->table.file};
    TRY(hdf_open(press->temporary, HDF_SERIAL, false, &replica.to));
    enum error error = replica_check(&replica);
    if (!error) error = seal_check(replica.to, &holds);
    H5Fclose(replica.to);
    if (!error && !holds) error = RAISE(ERROR_STORE, "its seal does not hold");
    return error;
}

static uint64_t bytes_of(const char *path) {
    struct stat facts;
    return stat(path, &facts) ? 0 : (uint64_t)facts.st_size;
}

static enum error replace(const struct press *press) {
    struct compact_report *report = press->report;
    TRY(publish_clear(press->temporary));
    enum error error = build(press);
    if (!error) error = prove(press);
    report->before = bytes_of(press->request->file);
    report->after = bytes_of(press->temporary);
    if (!error) error = publish_file(press->temporary, press->target);
    if (!error) return ERROR_NONE;
    unlink(press->temporary);
    return error == ERROR_INTERRUPTED
               ? error
               : error_prefix(error, "cannot make %s compact", press->request->file);
}

static enum error note_compact(const struct press *press) {
    press->report->already = true;
    if (!press->request->output) return ERROR_NONE;
    return RAISE(ERROR_INPUT, "%s is compact already: copy it", press->request->file);
}

/* Measured features never have a table of where their values lie. */
static bool is_compact(const struct table *table) {
    return table->lengths.measured ? seal_exists(table->file) : table_is_compact(table);
}

/* Under the lock of the file, and of the output where there is one. */
static enum error compact(struct press *press) {
    TRY(reader_open(press->request->file, &press->reader));
    if (is_compact(&press->reader->table)) return note_compact(press);
    TRY(check_rows(press));
    return replace(press);
}

static enum error compact_to_output(struct press *press) {
    struct lock lock;
    if (!press->request->output) return compact(press);
    TRY(lock_take(&lock, press->target, &press->request->launch));
    enum error error = novel_check(press->target);
    if (!error) error = compact(press);
    lock_release(&lock);
    return error;
}

static enum error choose_names(struct press *press) {
    const struct compact_request *request = press->request;
    press->target = request->output ? request->output : request->file;
    if (request->output) TRY(novel_check(request->output));
    return file_beside(press->target, ".tmp", press->temporary, sizeof press->temporary);
}

/* Whether it is a file at all is told before its lock is made. */
static enum error check_file(const char *path) {
    struct reader *reader;
    TRY(reader_open(path, &reader));
    reader_close(&reader);
    return ERROR_NONE;
}

enum error compact_file(const struct compact_request *request,
                        struct compact_report *report) {
    struct press press = {.request = request, .report = report};
    struct lock lock;
    *report = (struct compact_report){0};
    TRY(choose_names(&press));
    TRY(check_file(request->file));
    TRY(lock_take(&lock, request->file, &request->launch));
    enum error error = compact_to_output(&press);
    reader_close(&press.reader);
    lock_release(&lock);
    return error;
}

/* ---- what a run finds ---- */

/* Every row is read and checked, as a run checks those of any file. */
static enum error judge(const struct table *table, const struct sweep *sweep,
                        struct candidate *rows, struct compact_state *out) {
    struct origin origin = origin_of_table(table);
    uint64_t placed = 0, unfinished = 0;
    TRY(placing_gather(
        &(struct placing_request){.origin = &origin, .whole = true, .sweep = sweep},
        rows));
    for (uint64_t i = 0; i < table->lengths.of[DIMENSION_CONFIG]; i++) {
        if (rows[i].fault != ROW_FINE) return ERROR_NONE;
        if (!rows[i].placed) continue;
        placed++;
        unfinished += !judge_is_finished(rows[i].status);
        out->failed += judge_is_finished(rows[i].status) && rows[i].status != STATUS_DONE;
    }
    out->whole = placed == grid_count(sweep) && unfinished == 0;
    return ERROR_NONE;
}

static enum error inspect(const struct table *table, const struct sweep *sweep,
                          struct compact_state *out) {
    char *difference;
    void *rows;
    if (!table_is_compact(table) || table->lengths.version != SCHEMA_VERSION)
        return ERROR_NONE;
    TRY(identity_difference(table, sweep, &difference));
    bool same = !*difference;
    free(difference);
    if (!same) return ERROR_NONE;
    TRY(memory_allocate(table->lengths.of[DIMENSION_CONFIG], sizeof(struct candidate),
                        &rows));
    enum error error = judge(table, sweep, rows, out);
    free(rows);
    return error;
}

enum error compact_inspect(const char *path, const struct sweep *sweep,
                           struct compact_state *out) {
    struct table table;
    *out = (struct compact_state){0};
    if (access(path, F_OK) || identity_open(path, &table)) return ERROR_NONE;
    enum error error = inspect(&table, sweep, out);
    table_close(&table); /* nothing was written: nothing can be lost */
    return error;
}

#include "assemble.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/file.h"
#include "judge.h"
#include "pace.h"
#include "publish.h"
#include "size.h"

enum { COPY_BYTES = 16 << 20, COPY_ROWS = 4096 };

/* A file that rows come from. */
struct feed {
    struct block block; /* rows as that file has them */
    int shift;          /* added to their launch_index */
};

/* The file under construction. */
struct bench {
    struct assembly *assembly;
    struct table table;
    struct output output;
    struct block fresh;  /* points that are to run */
    struct block copied; /* rows of other files, as this one has them */
    struct feed *feeds;  /* size origin_count; owned */
    int launches;        /* rows of `launch` in use */
};

static struct place place_of(const struct assembly *assembly, uint64_t row) {
    if (assembly->places) return assembly->places[row];
    return (struct place){PLACE_NEW, 0, (int32_t)row};
}

/* ---- new points ---- */

static void pack_fresh(struct bench *bench, struct block *block, int slot,
                       const struct point *point, int grid_index) {
    struct stamp stamp = {.grid_index = grid_index, .launch_index = -1};
    struct lengths tight = lengths_of_point(point, &bench->output);
    hash_format(point_identity(point), stamp.point_id);
    block_pack(block, slot, &(struct row_sources){.point = point, .stamp = &stamp},
               &tight);
}

static enum error write_fresh(struct bench *bench, uint64_t first, int count) {
    for (int i = 0; i < count; i++) {
        struct place place = place_of(bench->assembly, first + (uint64_t)i);
        struct point point;
        grid_point(bench->assembly->sweep, (uint64_t)place.grid_index, &point);
        pack_fresh(bench, &bench->fresh, i, &point, place.grid_index);
    }
    return table_write_run(&bench->table, &bench->fresh,
                           &(struct run){PHASE_CREATION, 0, count, first});
}

/* ---- rows of other files ---- */

/* A row that is to run, though another file has it: its point is that of the new grid,
 * whose words for it may differ from the old ones ("lambda", "lambdas"). */
static enum error pack_pending(struct bench *bench, int slot, const struct place *place) {
    const struct block *block = &bench->feeds[place->origin].block;
    struct point point;
    if (place->grid_index >= 0) {
        grid_point(bench->assembly->sweep, (uint64_t)place->grid_index, &point);
    } else {
        enum row_fault fault = judge_creation(block, slot, NULL, &point);
        if (fault != ROW_FINE && fault != ROW_BAD_PADDING)
            return RAISE(ERROR_STORE, "row %d has changed while it was read", place->row);
    }
    /* Results are undefined, as a new file's: fill, whatever a killed job left. */
    pack_fresh(bench, &bench->copied, slot, &point, place->grid_index);
    return ERROR_NONE;
}

/* Launches of several files follow each other; those past the last row share it. */
static void rebase_launch(struct bench *bench, int slot, int shift,
                          const struct lengths *tight) {
    int variable = schema_find("launch_index");
    int32_t index;
    memcpy(&index, block_cell(&bench->copied, slot, variable), sizeof index);
    index = index < LAUNCH_ROWS - shift ? index + shift : LAUNCH_ROWS - 1;
    block_pack_variable(&bench->copied, slot, variable, &index, tight);
    char checksum[HASH_TEXT + 1];
    hash_format(block_checksum(&bench->copied, slot, tight), checksum);
    block_pack_variable(&bench->copied, slot, schema_find("checksum"), checksum, tight);
}

static enum error copy_row(struct bench *bench, int slot, const struct place *place,
                           uint64_t row) {
    struct feed *feed = &bench->feeds[place->origin];
    struct point point;
    enum row_fault fault = judge_row(&feed->block, slot, NULL, &point);
    int status = (int8_t)*block_cell(&feed->block, slot, schema_find("status"));
    if (fault != ROW_FINE) damage_note(&bench->assembly->damage, row);
    if (fault != ROW_FINE || !judge_is_finished(status))
        return pack_pending(bench, slot, place);
    struct lengths tight = lengths_of_point(&point, &bench->output);
    block_copy(&bench->copied, slot, &feed->block, slot, &tight);
    block_pack_variable(&bench->copied, slot, schema_find("grid_index"),
                        &place->grid_index, &tight);
    if (feed->shift > 0) rebase_launch(bench, slot, feed->shift, &tight);
    bench->assembly->finished++;
    bench->assembly->finished_placed += place->grid_index != GRID_REMOVED;
    return ERROR_NONE;
}

static enum error write_copied(struct bench *bench, uint64_t first, int count) {
    static const enum phase phases[] = {PHASE_CREATION, PHASE_DATA, PHASE_CHECKSUM,
                                        PHASE_STATUS};
    struct place place = place_of(bench->assembly, first);
    struct block *block = &bench->feeds[place.origin].block;
    block->count = count;
    TRY(origin_read_rows(&bench->assembly->origins[place.origin], (uint64_t)place.row,
                         block));
    for (int i = 0; i < count; i++) {
        place = place_of(bench->assembly, first + (uint64_t)i);
        TRY(copy_row(bench, i, &place, first + (uint64_t)i));
    }
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        TRY(table_write_run(&bench->table, &bench->copied,
                            &(struct run){phases[i], 0, count, first}));
    return ERROR_NONE;
}

/* ---- launches ---- */

/* A launch whose facts are damaged is still one: rows point at it. */
static void pack_lost_launch(struct block *block, int slot) {
    struct launch launch = {
        .start = "unknown", .host = "unknown", .use = {NAN, NAN, NAN}};
    struct stamp stamp = {.launch_index = -1};
    struct row_sources from = {.launch = &launch, .stamp = &stamp};
    block_pack(block, slot, &from, &block->lengths);
    hash_format(block_launch_checksum(block, slot), stamp.launch_checksum);
    block_pack(block, slot, &from, &block->lengths);
}

static enum error copy_launches(struct bench *bench, const struct origin *origin,
                                int count) {
    struct block block;
    int room = LAUNCH_ROWS - bench->launches;
    if (count > room) count = room;
    if (count <= 0) return ERROR_NONE; /* the files before have more than there is room */
    TRY(block_create(&block, &origin->lengths, block_of_launch, count));
    block.count = count;
    enum error error = origin_read_rows(origin, 0, &block);
    for (int i = 0; i < count && !error; i++)
        if (!judge_launch(&block, i)) pack_lost_launch(&block, i);
    struct run run = {PHASE_LAUNCH, 0, count, (uint64_t)bench->launches};
    if (!error) error = table_write_run(&bench->table, &block, &run);
    block_destroy(&block);
    return error;
}

/* ---- all of it ---- */

/* Launches that finished rows name. A file that was cut off may have lost the facts of a
 * launch, whose place no other one must take. */
static enum error count_named(const struct origin *origin, int *count) {
    enum { ROWS = 4096 };
    int8_t status[ROWS];
    int32_t launch[ROWS];
    uint64_t total = origin->lengths.of[DIMENSION_CONFIG];
    for (uint64_t first = 0; first < total; first += ROWS) {
        uint64_t rows = total - first < ROWS ? total - first : ROWS;
        struct span span = {schema_find("status"), first, rows};
        TRY(origin_read(origin, &span, status));
        span.variable = schema_find("launch_index");
        TRY(origin_read(origin, &span, launch));
        for (uint64_t i = 0; i < rows; i++)
            if (judge_is_finished(status[i]) && launch[i] >= *count &&
                launch[i] < LAUNCH_ROWS)
                *count = launch[i] + 1;
    }
    return ERROR_NONE;
}

/* Be ready to read a file's rows; its launches follow those of the files before. */
static enum error open_feed(struct bench *bench, int number) {
    const struct origin *origin = &bench->assembly->origins[number];
    struct feed *feed = &bench->feeds[number];
    int count;
    TRY(block_create(&feed->block, &origin->lengths, block_of_rows,
                     bench->copied.capacity));
    feed->shift = bench->launches;
    TRY(origin_launches(origin, &count));
    TRY(count_named(origin, &count));
    TRY(copy_launches(bench, origin, count));
    bench->launches += count;
    return ERROR_NONE;
}

static enum error open_feeds(struct bench *bench) {
    const struct lengths *lengths = &bench->table.lengths;
    int count = bench->assembly->origin_count;
    uint64_t most = bench->assembly->rows < COPY_ROWS ? bench->assembly->rows : COPY_ROWS;
    void *memory;
    TRY(block_create(&bench->fresh, lengths, block_of_creation, (int)most));
    if (count == 0) return ERROR_NONE;
    TRY(block_create(&bench->copied, lengths, block_of_rows,
                     block_rows_within(lengths, block_of_rows, COPY_BYTES, most)));
    TRY(memory_allocate((size_t)count, sizeof *bench->feeds, &memory));
    bench->feeds = memory;
    for (int i = 0; i < count; i++)
        TRY(open_feed(bench, i));
    return ERROR_NONE;
}

static void close_feeds(struct bench *bench) {
    for (int i = 0; bench->feeds && i < bench->assembly->origin_count; i++)
        block_destroy(&bench->feeds[i].block);
    free(bench->feeds);
    block_destroy(&bench->copied);
    block_destroy(&bench->fresh);
}

/* Rows from `first` on that are handled together: new ones, or neighbours in a file. */
static int run_length(const struct bench *bench, uint64_t first) {
    struct place start = place_of(bench->assembly, first);
    bool fresh = start.origin == PLACE_NEW;
    uint64_t left = bench->assembly->rows - first;
    int most = fresh ? bench->fresh.capacity : bench->copied.capacity, count = 1;
    for (; count < most && (uint64_t)count < left; count++) {
        struct place place = place_of(bench->assembly, first + (uint64_t)count);
        if (place.origin != start.origin) break;
        if (!fresh && place.row != start.row + count) break;
    }
    return count;
}

static enum error write_rows(struct bench *bench) {
    char what[512];
    snprintf(what, sizeof what, "writing %s", bench->assembly->path);
    struct pace pace = pace_begin(what, bench->assembly->rows);
    for (uint64_t row = 0; row < bench->assembly->rows;) {
        TRY(pace_step(&pace, row));
        int count = run_length(bench, row);
        bool fresh = place_of(bench->assembly, row).origin == PLACE_NEW;
        TRY(fresh ? write_fresh(bench, row, count) : write_copied(bench, row, count));
        row += (uint64_t)count;
    }
    return pace_step(&pace, bench->assembly->rows);
}

static enum error write_tolerances(const struct table *table) {
    struct span span = {schema_find("tolerance"), 0, TOLERANCE_COUNT};
    return table_write(table, &span, rank_tolerances);
}

/* What the layout table will say, while HDF5 can still tell it. */
static enum error note_layout(const struct table *table, struct layout *layout) {
    layout->lengths = table->lengths;
    for (int i = 0; i < schema_get()->count; i++)
        if (table->variable[i] >= 0) TRY(table_offset(table, i, &layout->offset[i]));
    return ERROR_NONE;
}

static enum error fill_file(struct bench *bench, struct layout *layout) {
    const struct assembly *assembly = bench->assembly;
    TRY(root_write(bench->table.file, assembly->sweep, &assembly->deed));
    TRY(table_define(&bench->table, &assembly->lengths));
    TRY(write_tolerances(&bench->table));
    TRY(note_layout(&bench->table, layout));
    enum error error = open_feeds(bench);
    if (!error) error = write_rows(bench);
    close_feeds(bench);
    return error;
}

static enum error build_file(const char *path, struct assembly *assembly) {
    struct bench bench = {.assembly = assembly, .output = assembly->sweep->output};
    struct layout layout = {.text = assembly->sweep->text};
    TRY(hdf_create(path, HDF_SERIAL, &bench.table.file));
    enum error error = fill_file(&bench, &layout);
    if (error) {
        H5Fclose(bench.table.file); /* strong: closes the variables too */
        return error;
    }
    TRY(table_close(&bench.table));
    return layout_seal(path, &layout);
}

/* Lengths that hold every row: files never shrink, removed values keep theirs. */
static struct lengths lengths_of(const struct assembly *assembly) {
    struct lengths lengths = lengths_of_sweep(assembly->sweep);
    for (int i = 0; i < assembly->origin_count; i++)
        lengths = lengths_enclose(&lengths, &assembly->origins[i].lengths);
    lengths.of[DIMENSION_CONFIG] = assembly->rows;
    lengths.of[DIMENSION_LAYOUT] = layout_bytes(&lengths, assembly->sweep->text);
    return lengths;
}

enum error assemble_file(struct assembly *assembly) {
    char temporary[PATH_MAX];
    assembly->lengths = lengths_of(assembly);
    TRY(file_beside(assembly->path, ".tmp", temporary, sizeof temporary));
    TRY(size_check(assembly->path, assembly->sweep, &assembly->lengths));
    TRY(publish_clear(temporary));
    enum error error = build_file(temporary, assembly);
    if (!error) error = publish_file(temporary, assembly->path);
    if (!error) return ERROR_NONE;
    unlink(temporary);
    return error == ERROR_INTERRUPTED
               ? error
               : error_prefix(error, "cannot create %s", assembly->path);
}

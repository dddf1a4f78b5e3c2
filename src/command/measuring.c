#include "measuring.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/featurefile.h"
#include "dufm/features.h"
#include "dufm/log.h"
#include "dufm/measured.h"
#include "dufm/memory.h"
#include "dufm/team.h"

/* ---- do the files fit together? ---- */

static enum error compare_layers(const char *path, const struct featurefile_facts *facts,
                                 const char *first,
                                 const struct featurefile_facts *wanted) {
    if (facts->shape.depth != wanted->shape.depth)
        return RAISE(ERROR_INPUT,
                     "%s has %d layers, %s has %d; expected the same layers in every "
                     "file",
                     path, facts->shape.depth, first, wanted->shape.depth);
    for (int l = 0; l < facts->shape.depth; l++)
        if (strcmp(facts->layer_name[l], wanted->layer_name[l]) != 0)
            return RAISE(ERROR_INPUT,
                         "layer %d of %s is %s, that of %s is %s; expected the same "
                         "layers in every file",
                         l, path, facts->layer_name[l], first, wanted->layer_name[l]);
    return ERROR_NONE;
}

static bool has_coordinate(const struct featurefile_facts *facts, const char *name) {
    for (int i = 0; i < facts->coordinate_count; i++)
        if (strcmp(facts->coordinate[i].name, name) == 0) return true;
    return false;
}

static enum error compare_coordinates(const char *one, const char *other,
                                      const struct featurefile_facts *facts,
                                      const struct featurefile_facts *others) {
    for (int i = 0; i < facts->coordinate_count; i++)
        if (!has_coordinate(others, facts->coordinate[i].name))
            return RAISE(ERROR_INPUT,
                         "%s lacks the attribute '%s' that %s has; expected the same "
                         "coordinates in every file",
                         other, facts->coordinate[i].name, one);
    return ERROR_NONE;
}

/* ---- do they fit into memory? ---- */

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static struct extent extent_of(const struct features_shape *shape) {
    return (struct extent){.layer = shape->depth,
                           .index = features_index(shape),
                           .class_ = shape->classes,
                           .gram = true};
}

/* What one file takes. */
struct bench {
    struct features features;
    struct result result;
    struct arena arena, shared;
};

static void carve(struct bench *bench, const struct features_shape *shape) {
    struct extent extent = extent_of(shape);
    features_carve(&bench->features, shape, &bench->arena, &bench->shared);
    result_carve(&bench->result, &extent, &bench->arena);
}

/* a + b, or the largest number where that is more. */
static size_t add(size_t a, size_t b) {
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

/* What is stored compressed is unpacked by whole pieces. */
static enum error refuse_pieces(const struct measuring *measuring, const char *path,
                                size_t unpacking, size_t need) {
    return RAISE(
        ERROR_INPUT,
        "%s: its layers need %zu MiB to be measured, %zu of them for compressed "
        "pieces that a sample goes through, allowed are %d; write them in chunks "
        "of fewer samples or uncompressed, or allow more with --memory",
        path, need, unpacking, measuring->memory);
}

/* All but what is unpacked. A row's values are packed once and read back once besides; a
 * file that is open keeps its labels and the sizes of its classes. */
static size_t plain_bytes(const struct features_shape *shape) {
    struct bench bench = {0};
    struct extent extent = extent_of(shape);
    struct result result;
    struct arena row = {0};
    carve(&bench, shape);
    result_carve(&result, &extent, &row);
    size_t labels = ((size_t)shape->samples + (size_t)shape->classes) * sizeof(int);
    return add(add(add(bench.arena.used, bench.shared.used), labels),
               add(row.used, row.used));
}

/* As many as there are work, cores and memory for. */
static int choose_processes(const struct measuring *measuring,
                            const struct featurefile_facts *facts) {
    size_t one = add(features_process_bytes(&facts->shape), facts->unpacking);
    size_t need = add(plain_bytes(&facts->shape), facts->unpacking);
    int most = smaller(features_processes(&facts->shape), team_cores()), count = 0;
    while (count < most && (need = add(need, one)) >> 20 <= (size_t)measuring->memory)
        count++;
    return larger(count, 1);
}

static enum error check_memory(const struct measuring *measuring, const char *path,
                               const struct featurefile_facts *facts) {
    size_t plain = plain_bytes(&facts->shape);
    size_t need = add(plain, facts->unpacking) >> 20;
    if (need <= (size_t)measuring->memory) return ERROR_NONE;
    if (plain >> 20 <= (size_t)measuring->memory)
        return refuse_pieces(measuring, path, facts->unpacking >> 20, need);
    return RAISE(ERROR_INPUT,
                 "%s: its layers need %zu MiB to be measured, allowed are %d; average "
                 "or leave out features of the widest layers, or allow more with "
                 "--memory",
                 path, need, measuring->memory);
}

/* ---- looking at all files ---- */

/* What is known of all files before one is measured. */
struct survey {
    uint64_t *identity; /* of each file; owned */
    struct featurefile_facts first;
    struct extent extent; /* the largest */
};

static void enclose(struct extent *extent, const struct features_shape *shape) {
    struct extent other = extent_of(shape);
    *extent = (struct extent){.layer = other.layer,
                              .index = larger(extent->index, other.index),
                              .class_ = larger(extent->class_, other.class_),
                              .gram = true};
}

static enum error look_at(struct measuring *measuring, int number,
                          struct survey *survey) {
    const char *path = measuring->files[number], *first = measuring->files[0];
    struct featurefile *file;
    *measuring->current = number;
    TRY(featurefile_open(path, true, &file));
    const struct featurefile_facts *facts = featurefile_facts(file);
    if (number == 0) survey->first = *facts;
    enum error error = compare_layers(path, facts, first, &survey->first);
    if (!error) error = compare_coordinates(first, path, &survey->first, facts);
    if (!error) error = compare_coordinates(path, first, facts, &survey->first);
    if (!error) error = check_memory(measuring, path, facts);
    if (!error) enclose(&survey->extent, &facts->shape);
    survey->identity[number] = featurefile_identity(facts);
    featurefile_close(&file);
    return error;
}

/* ---- measuring ---- */

static enum error measure_open(struct measuring *measuring, int number,
                               struct featurefile *file, struct measured *measured) {
    const struct featurefile_facts *facts = featurefile_facts(file);
    struct features_source source = featurefile_source(file);
    void *memory;
    TRY(memory_allocate(1, sizeof(struct bench), &memory));
    struct bench *bench = memory;
    carve(bench, &facts->shape);
    enum error error = arena_reserve(&bench->arena);
    if (!error) error = arena_share(&bench->shared);
    if (!error) {
        carve(bench, &facts->shape);
        result_clear(&bench->result);
        int processes = source.divisible ? choose_processes(measuring, facts) : 1;
        error = features_measure(&bench->features, &source, processes, &bench->result);
        if (error == ERROR_SYSTEM)
            error = error_prefix(error, "%s is damaged, or there is too little memory",
                                 measuring->files[number]);
        bench->result.status = STATUS_DONE;
    }
    const struct measured_row row = {&bench->result, facts, source.class_size,
                                     measuring->files[number]};
    if (!error) error = measured_write(measured, number, &row);
    arena_release(&bench->shared);
    arena_release(&bench->arena);
    free(memory);
    return error;
}

static enum error refuse_change(const char *path) {
    return RAISE(ERROR_INPUT,
                 "%s has changed while it was measured; start again when nothing writes "
                 "it any more",
                 path);
}

/* The result has room for what all files held at first, under the names they had then. */
static enum error check_identity(const char *path, const struct featurefile *file,
                                 uint64_t identity) {
    if (featurefile_identity(featurefile_facts(file)) == identity) return ERROR_NONE;
    return refuse_change(path);
}

/* While its values were read. */
static enum error check_unchanged(const char *path, const struct featurefile *file) {
    bool changed = false;
    TRY(featurefile_changed(file, &changed));
    return changed ? refuse_change(path) : ERROR_NONE;
}

static enum error measure_file(struct measuring *measuring, int number,
                               const struct survey *survey, struct measured *measured) {
    const char *path = measuring->files[number];
    struct featurefile *file;
    *measuring->current = number;
    TRY(featurefile_open(path, false, &file));
    enum error error = check_identity(path, file, survey->identity[number]);
    if (!error) error = measure_open(measuring, number, file, measured);
    if (!error) error = check_unchanged(path, file);
    featurefile_close(&file);
    return error;
}

/* "folder/epochs.h5" is entitled "epochs". */
static void name_title(const char *path, char *title, size_t size) {
    const char *slash = strrchr(path, '/');
    snprintf(title, size, "%s", slash ? slash + 1 : path);
    char *ending = strrchr(title, '.');
    if (ending != NULL && ending != title) *ending = '\0';
}

static enum error measure_all(struct measuring *measuring, const struct survey *survey) {
    char title[256];
    struct measured *measured;
    name_title(measuring->output, title, sizeof title);
    const struct measured_request request = {.path = measuring->output,
                                             .title = title,
                                             .launch = &measuring->launch,
                                             .rows = measuring->count,
                                             .extent = survey->extent,
                                             .any = &survey->first};
    TRY(measured_create(&request, &measured));
    enum error error = ERROR_NONE;
    for (int i = 0; i < measuring->count && !error; i++)
        error = measure_file(measuring, i, survey, measured);
    if (!error) return measured_finish(&measured);
    measured_abandon(&measured);
    return error;
}

static enum error survey_and_measure(struct measuring *measuring, struct survey *survey) {
    void *memory;
    TRY(memory_allocate((size_t)measuring->count, sizeof *survey->identity, &memory));
    survey->identity = memory;
    for (int i = 0; i < measuring->count; i++)
        TRY(look_at(measuring, i, survey));
    return measure_all(measuring, survey);
}

enum error measuring_run(struct measuring *measuring) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct survey), &memory));
    struct survey *survey = memory;
    enum error error = survey_and_measure(measuring, survey);
    free(survey->identity);
    free(survey);
    return error;
}

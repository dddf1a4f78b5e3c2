/* A sweep file as a whole: its name, its output, its grids one after the other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "spec.h"

enum { NAME_BYTES = 128 };

/* Rows a point has when history is not given. */
static const int history_default = 64;

static enum error read_history(const struct spec *spec, struct fy_node *value, int *out) {
    double records;
    TRY(spec_integer(spec, value, &records));
    if (records < 0 || records > SPEC_HISTORY_MAX)
        return spec_fail(spec, value,
                         "history is %.12g\nexpected 0 to %d records a point", records,
                         SPEC_HISTORY_MAX);
    *out = (int)records;
    return ERROR_NONE;
}

static enum error visit_output(struct spec *spec, struct fy_node *key,
                               struct fy_node *value, void *context) {
    (void)context;
    static const char *const names[] = {"history", "gram", "weights", NULL};
    struct output *output = &spec->sweep->output;
    switch (spec_index(key, names)) {
    case 0:
        return read_history(spec, value, &output->history);
    case 1:
        return spec_boolean(spec, value, &output->gram);
    case 2:
        return spec_boolean(spec, value, &output->weights);
    default:
        return spec_fail_unknown(spec, key, "output", names);
    }
}

static bool is_printable(const char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7F) return false;
    return true;
}

static enum error copy_text(const char *text, size_t bytes, char **out) {
    void *memory = NULL;
    TRY(memory_allocate(bytes + 1, 1, &memory));
    memcpy(memory, text, bytes);
    *out = memory;
    return ERROR_NONE;
}

static enum error read_name(struct spec *spec, struct fy_node *value) {
    char text[NAME_BYTES], shown[SPEC_SHOWN];
    bool plain;
    if (!spec_scalar(value, text, sizeof text, &plain) || text[0] == '\0' ||
        !is_printable(text))
        return spec_fail(spec, value,
                         "name is %s\nexpected one line of text, shorter "
                         "than %d bytes",
                         spec_show(value, shown), NAME_BYTES);
    return copy_text(text, strlen(text), &spec->sweep->name);
}

/* "sweeps/width.yaml" is named "width". */
static enum error name_after_path(struct spec *spec) {
    const char *slash = strrchr(spec->path, '/');
    const char *stem = slash != NULL ? slash + 1 : spec->path;
    const char *dot = strrchr(stem, '.');
    size_t length = dot != NULL && dot != stem ? (size_t)(dot - stem) : strlen(stem);
    return copy_text(stem, length, &spec->sweep->name);
}

/* What the top of a file holds. */
struct top {
    struct fy_node *root;
    struct fy_node *own;   /* key of a section that a union does not share; NULL */
    struct fy_node *grids; /* value of `union:`; NULL */
    struct fy_node *key;   /* of `union:` */
};

/* A parameter at the top is a likely slip. */
static enum error fail_section(const struct spec *spec, struct fy_node *key,
                               const char *const *names) {
    const char *parameters[GIVEN_MAX];
    int index = spec_index(key, spec_given_names(parameters));
    if (index < 0) return spec_fail_unknown(spec, key, "section", names);
    return spec_fail(spec, key,
                     "the parameter %s outside a section\nexpected it under 'grid' (an "
                     "axis) or under 'point' (one value)",
                     parameters[index]);
}

static enum error visit_top(struct spec *spec, struct fy_node *key, struct fy_node *value,
                            void *context) {
    struct top *top = context;
    static const char *const names[] = {"name",   "grid",    "zip",      "repeats",
                                        "point",  "exclude", "override", "union",
                                        "output", NULL};
    static const char *const whole[] = {"name", "output", "union", NULL};
    if (spec_index(key, names) < 0) return fail_section(spec, key, names);
    switch (spec_index(key, whole)) {
    case 0:
        return read_name(spec, value);
    case 1:
        return spec_each(spec, value, "output", visit_output, NULL);
    case 2:
        top->grids = value;
        top->key = key;
        return ERROR_NONE;
    default:
        if (!spec_is_shared(key) && top->own == NULL) top->own = key;
        return ERROR_NONE;
    }
}

/* The sections that belong to the grid under way; all others were visited before. */
static enum error visit_grid_at_top(struct spec *spec, struct fy_node *key,
                                    struct fy_node *value, void *late) {
    if (spec_index(key, spec_sections) < 0) return ERROR_NONE;
    return spec_section(spec, key, value, late);
}

static enum error visit_grid_of_union(struct spec *spec, struct fy_node *key,
                                      struct fy_node *value, void *late) {
    if (spec_index(key, spec_sections) < 0) return fail_section(spec, key, spec_sections);
    return spec_section(spec, key, value, late);
}

/* Make grid number `index` the one under way, with room for every parameter. */
static enum error begin_grid(struct spec *spec, int index) {
    size_t room = (size_t)given_count();
    void *memory = NULL;
    spec->grid = &spec->sweep->grids[index];
    spec->place = &spec->places[index];
    spec->sweep->grid_count = index + 1;
    TRY(memory_allocate(room, sizeof(struct axis), &memory));
    spec->grid->axes = memory;
    TRY(memory_allocate(room, sizeof(struct zip), &memory));
    spec->grid->zips = memory;
    TRY(memory_allocate(room, sizeof(struct axis), &memory));
    spec->grid->fixed = memory;
    return ERROR_NONE;
}

/* The sections at the top, then those of `own`, an item of the union (NULL: none). */
static enum error read_grid(struct spec *spec, const struct top *top, int index,
                            struct fy_node *own) {
    struct spec_late late = {.count = 0};
    TRY(begin_grid(spec, index));
    spec->place->node = own != NULL ? own : top->root;
    TRY(spec_each(spec, top->root, "the file", visit_grid_at_top, &late));
    spec->key = spec->place->node;
    if (own != NULL)
        TRY(spec_each(spec, own, "a grid of the union", visit_grid_of_union, &late));
    TRY(spec_finish_grid(spec, &late));
    spec->key = spec->place->node;
    return spec_rules_of_grid(spec);
}

static enum error read_union(struct spec *spec, const struct top *top, int count) {
    void *state = NULL;
    for (int i = 0; i < count; i++) {
        struct fy_node *item = fy_node_sequence_iterate(top->grids, &state);
        TRY(spec_resolve(spec, &item));
        TRY(read_grid(spec, top, i, item));
    }
    return ERROR_NONE;
}

static enum error check_union(const struct spec *spec, const struct top *top,
                              int *count) {
    char shown[SPEC_SHOWN];
    *count = 1;
    if (top->grids == NULL) return ERROR_NONE;
    if (top->own != NULL)
        return spec_fail(spec, top->own,
                         "%s beside 'union' (line %d)\nexpected it within the grids of "
                         "the union; they share point, repeats, exclude and override",
                         spec_show(top->own, shown), spec_place(spec, top->key).line);
    if (!fy_node_is_sequence(top->grids) || fy_node_sequence_item_count(top->grids) < 1)
        return spec_fail(
            spec, top->grids,
            "union is %s\nexpected a list of grids, each with 'grid' and what "
            "belongs to it",
            fy_node_is_sequence(top->grids) ? "an empty list"
                                            : spec_show(top->grids, shown));
    *count = fy_node_sequence_item_count(top->grids);
    if (*count > SWEEP_GRIDS_MAX)
        return spec_fail(spec, top->grids, "a union of %d grids\nexpected at most %d",
                         *count, SWEEP_GRIDS_MAX);
    return ERROR_NONE;
}

static enum error read_grids(struct spec *spec, struct top *top) {
    void *memory = NULL;
    int count;
    spec->key = top->key;
    TRY(check_union(spec, top, &count));
    TRY(memory_allocate((size_t)count, sizeof(struct grid), &memory));
    spec->sweep->grids = memory;
    TRY(memory_allocate((size_t)count, sizeof(struct spec_grid), &memory));
    spec->places = memory;
    if (top->grids != NULL) return read_union(spec, top, count);
    return read_grid(spec, top, 0, NULL);
}

static enum error number(struct spec *spec) {
    int crowded;
    enum error error = number_points(spec->sweep, &crowded);
    if (error != ERROR_INPUT) return error;
    const struct spec_grid *place = &spec->places[crowded];
    return spec_fail(spec, place->exclude != NULL ? place->exclude : place->node,
                     "which points exist depends on more than %d combinations of "
                     "values\nexpected conditions and repeated points that look at fewer "
                     "axes, or at fewer values of them",
                     COMBINATIONS_MAX);
}

static enum error read_document(struct spec *spec) {
    struct top top = {0};
    TRY(spec_source_check(spec));
    TRY(spec_load(spec, &top.root));
    TRY(spec_resolve(spec, &top.root));
    TRY(spec_each(spec, top.root, "the file", visit_top, &top));
    if (spec->sweep->name == NULL) TRY(name_after_path(spec));
    TRY(read_grids(spec, &top));
    spec->key = top.root;
    TRY(number(spec));
    TRY(spec_rules_of_points(spec));
    return spec_measure(spec->sweep);
}

static enum error create_sweep(const char *path, const char *text, size_t bytes,
                               struct sweep **out) {
    void *memory = NULL;
    TRY(memory_allocate(1, sizeof(struct sweep), &memory));
    struct sweep *sweep = *out = memory;
    sweep->output = (struct output){.history = history_default, .gram = true};
    TRY(copy_text(path, strlen(path), &sweep->path));
    return copy_text(text, bytes, &sweep->text);
}

enum error sweep_parse(const char *path, const char *text, size_t bytes,
                       struct sweep **out) {
    struct spec spec = {.path = path, .text = text, .bytes = bytes};
    enum error error;
    *out = NULL;
    TRY_OR(cleanup, error, create_sweep(path, text, bytes, out));
    spec.sweep = *out;
    error = read_document(&spec);
cleanup:
    spec_release(&spec);
    free(spec.places);
    if (error != ERROR_NONE) sweep_destroy(out);
    return error;
}

enum error sweep_read(const char *path, struct sweep **out) {
    char *text = NULL;
    size_t bytes = 0;
    *out = NULL;
    TRY(spec_source_read(path, &text, &bytes));
    enum error error = sweep_parse(path, text, bytes, out);
    free(text);
    return error;
}

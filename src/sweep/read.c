/* Sections of a sweep file: name, grid, point, output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "spec.h"

enum { NAME_BYTES = 128 };

/* Rows a point has when history is not given. */
static const int history_default = 64;

static const char **parameter_names(const char *names[SPEC_PARAMETERS]) {
    for (int i = 0; i < parameter_count; i++)
        names[i] = parameter_table[i].name;
    names[parameter_count] = NULL;
    return names;
}

/* The parameter that a key names, not given before anywhere. */
static enum error claim_parameter(struct spec *spec, struct fy_node *key,
                                  const struct parameter **out) {
    const char *names[SPEC_PARAMETERS];
    int index = spec_index(key, parameter_names(names));
    if (index < 0) return spec_fail_unknown(spec, key, "parameter", names);
    *out = &parameter_table[index];
    if (spec->given[index] != NULL)
        return spec_fail(spec, key,
                         "%s is given in 'grid' and in 'point'\nexpected it in one of "
                         "them; the other is at line %d",
                         (*out)->name, spec_place(spec, spec->given[index]).line);
    spec->given[index] = key;
    return ERROR_NONE;
}

static enum error visit_grid(struct spec *spec, struct fy_node *key,
                             struct fy_node *value, void *context) {
    (void)context;
    const struct parameter *parameter;
    TRY(claim_parameter(spec, key, &parameter));
    struct axis *axis = &spec->sweep->axes[spec->sweep->axis_count++];
    *axis = (struct axis){.parameter = parameter, .stride = 1};
    return spec_axis(spec, value, axis);
}

static enum error visit_point(struct spec *spec, struct fy_node *key,
                              struct fy_node *value, void *context) {
    (void)context;
    const struct parameter *parameter;
    TRY(claim_parameter(spec, key, &parameter));
    struct axis *axis = &spec->sweep->fixed[spec->sweep->fixed_count++];
    *axis = (struct axis){.parameter = parameter, .stride = 1};
    return spec_fixed(spec, value, axis);
}

static enum error read_history(const struct spec *spec, struct fy_node *value, int *out) {
    double number;
    TRY(spec_integer(spec, value, &number));
    if (number < 0 || number > SPEC_HISTORY_MAX)
        return spec_fail(spec, value,
                         "history is %.12g\nexpected 0 to %d records a point", number,
                         SPEC_HISTORY_MAX);
    *out = (int)number;
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

/* A parameter at the top is a likely slip. */
static enum error fail_section(const struct spec *spec, struct fy_node *key,
                               const char *const *names) {
    const char *parameters[SPEC_PARAMETERS];
    int index = spec_index(key, parameter_names(parameters));
    if (index < 0) return spec_fail_unknown(spec, key, "section", names);
    return spec_fail(spec, key,
                     "the parameter %s outside a section\nexpected it under 'grid' (an "
                     "axis) or under 'point' (one value)",
                     parameters[index]);
}

static enum error visit_top(struct spec *spec, struct fy_node *key, struct fy_node *value,
                            void *context) {
    (void)context;
    static const char *const names[] = {"name", "grid", "point", "output", NULL};
    switch (spec_index(key, names)) {
    case 0:
        return read_name(spec, value);
    case 1:
        return spec_each(spec, value, "grid", visit_grid, NULL);
    case 2:
        return spec_each(spec, value, "point", visit_point, NULL);
    case 3:
        return spec_each(spec, value, "output", visit_output, NULL);
    default:
        return fail_section(spec, key, names);
    }
}

static enum error read_document(struct spec *spec) {
    struct fy_node *root = NULL;
    TRY(spec_source_check(spec));
    TRY(spec_load(spec, &root));
    TRY(spec_resolve(spec, &root));
    TRY(spec_each(spec, root, "the file", visit_top, NULL));
    spec->key = root;
    if (spec->sweep->name == NULL) TRY(name_after_path(spec));
    return spec_rules(spec);
}

/* An empty sweep with room for every parameter. */
static enum error create_sweep(const char *path, const char *text, size_t bytes,
                               struct sweep **out) {
    void *memory = NULL;
    TRY(memory_allocate(1, sizeof(struct sweep), &memory));
    struct sweep *sweep = *out = memory;
    sweep->output = (struct output){.history = history_default, .gram = true};
    TRY(copy_text(path, strlen(path), &sweep->path));
    TRY(copy_text(text, bytes, &sweep->text));
    TRY(memory_allocate((size_t)parameter_count, sizeof(struct axis), &memory));
    sweep->axes = memory;
    TRY(memory_allocate((size_t)parameter_count, sizeof(struct axis), &memory));
    sweep->fixed = memory;
    return ERROR_NONE;
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

static void destroy_axes(struct axis *axes, int count) {
    for (int i = 0; i < count; i++) {
        free(axes[i].values);
        free(axes[i].lengths);
    }
    free(axes);
}

void sweep_destroy(struct sweep **sweep) {
    if (*sweep == NULL) return;
    destroy_axes((*sweep)->axes, (*sweep)->axis_count);
    destroy_axes((*sweep)->fixed, (*sweep)->fixed_count);
    free((*sweep)->path);
    free((*sweep)->name);
    free((*sweep)->text);
    free(*sweep);
    *sweep = NULL;
}

/* The canonical text of a sweep, and what differs between two of them. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/hash.h"
#include "spec.h"

/* Shortest text that reads back as the same double. */
static void print_real(FILE *out, double value) {
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    fputs(text, out);
}

static void print_number(FILE *out, const struct parameter *parameter, double value) {
    if (isnan(value))
        fputs("derived", out);
    else if (parameter->type == PARAMETER_CHOICE)
        fputs(parameter->choices[(int)value], out);
    else if (isinf(value))
        fputs("unlimited", out);
    else
        print_real(out, value);
}

static void print_layers(FILE *out, const struct axis *axis, uint64_t index) {
    const double *values = axis->values + index * (uint64_t)axis->stride;
    for (int i = 0; i < axis->lengths[index]; i++) {
        fputs(i > 0 ? ", " : "[", out);
        print_real(out, values[i]);
    }
    fputs("]", out);
}

/* How many whole numbers in a row start at value number `index`. */
static uint64_t run_length(const struct axis *axis, uint64_t index) {
    if (axis->parameter->type != PARAMETER_INTEGER) return 1;
    if (axis->values == NULL) return axis->count - index;
    uint64_t length = 1;
    while (index + length < axis->count &&
           axis_value(axis, index + length) == axis_value(axis, index) + (double)length)
        length++;
    return length;
}

/* Print the value number `index`, or a run from it; returns how many values it took. */
static uint64_t print_item(FILE *out, const struct axis *axis, uint64_t index) {
    if (axis->parameter->type == PARAMETER_LAYERS) {
        print_layers(out, axis, index);
        return 1;
    }
    uint64_t run = run_length(axis, index);
    print_number(out, axis->parameter, axis_value(axis, index));
    if (run < 3) return 1;
    fputs("..", out);
    print_number(out, axis->parameter, axis_value(axis, index + run - 1));
    return run;
}

/* Everything the axis holds, for axes too long to be shown; their values are not lists
 * of whole numbers in a row alone. */
static uint64_t hash_of_values(const struct axis *axis) {
    size_t doubles = (size_t)axis->count * (size_t)axis->stride;
    return hash_block(axis->values, doubles * sizeof(double));
}

static void print_axis(FILE *out, const struct axis *axis) {
    uint64_t index = 0;
    for (int item = 0; index < axis->count && item < AXIS_SHOWN; item++) {
        if (item > 0) fputs(", ", out);
        index += print_item(out, axis, index);
    }
    if (index == axis->count) return;
    char hash[HASH_TEXT + 1];
    hash_format(hash_of_values(axis), hash);
    fprintf(out, ", ... (%" PRIu64 " values, hash %s)", axis->count, hash);
}

/* End a text stream: its text is then in *text, owned by the caller. */
static enum error finish(FILE *stream, char **text) {
    bool failed = ferror(stream) != 0;
    failed = fclose(stream) != 0 || failed;
    if (!failed) return ERROR_NONE;
    free(*text);
    *text = NULL;
    return RAISE(ERROR_SYSTEM, "no memory for the text of a sweep");
}

static enum error start(char **text, size_t *size, FILE **out) {
    *text = NULL;
    *out = open_memstream(text, size);
    if (*out == NULL) return RAISE(ERROR_SYSTEM, "no memory for the text of a sweep");
    return ERROR_NONE;
}

enum error axis_describe(const struct axis *axis, char **out) {
    FILE *stream;
    size_t size;
    TRY(start(out, &size, &stream));
    print_axis(stream, axis);
    return finish(stream, out);
}

/* The order of the axes numbers the points; axes of one value do not take part. */
static void print_order(FILE *out, const struct grid *grid) {
    const char *separator = " ";
    fputs("axes:", out);
    for (int z = 0; z < grid->zip_count; z++) {
        const struct zip *zip = &grid->zips[z];
        if (zip->count < 2) continue;
        for (int i = 0; i < zip->size; i++)
            fprintf(out, "%s%s", i > 0 ? " + " : separator,
                    grid->axes[zip->first + i].parameter->name);
        separator = ", ";
    }
    fputs("\n", out);
}

/* Whether another parameter is given that says the same. */
static bool is_replaced(const struct grid *grid, int number) {
    for (int i = 0; i < given_count(); i++)
        if (i != number && spec_rivals(number) >> i & 1 &&
            grid_find(grid, given_row(i)) != NULL)
            return true;
    return false;
}

/* Derived parameters have no fallback, and a file that knew none of them no line. */
static void print_parameter(FILE *out, const char *prefix, const struct grid *grid,
                            int number) {
    const struct parameter *parameter = given_row(number);
    const struct axis *axis = grid_find(grid, parameter);
    bool derived = number >= parameter_count;
    if (axis == NULL && (parameter->required || derived || is_replaced(grid, number)))
        return;
    fprintf(out, "%s%s: ", prefix, parameter->name);
    if (axis != NULL)
        print_axis(out, axis);
    else
        print_number(out, parameter, parameter->fallback);
    fputs("\n", out);
}

static void print_conditions(FILE *out, const char *prefix, const struct grid *grid) {
    if (grid->override_count > 0) fprintf(out, "%soverride:", prefix);
    for (int i = 0; i < grid->override_count; i++) {
        const struct override *row = &grid->overrides[i];
        fputs(i > 0 ? "; " : " ", out);
        for (int j = 0; j < row->set_count; j++) {
            fprintf(out, "%s%s = ", j > 0 ? ", " : "", row->set[j].parameter->name);
            print_axis(out, &row->set[j]);
        }
        fprintf(out, " where %s", condition_text(row->where));
    }
    if (grid->override_count > 0) fputs("\n", out);
    if (grid->exclude_count > 0) fprintf(out, "%sexclude:", prefix);
    for (int i = 0; i < grid->exclude_count; i++)
        fprintf(out, "%s%s", i > 0 ? "; " : " ", condition_text(grid->excludes[i]));
    if (grid->exclude_count > 0) fputs("\n", out);
}

static void print_grid(FILE *out, const struct sweep *sweep, int index) {
    char prefix[32] = "";
    if (sweep->grid_count > 1) snprintf(prefix, sizeof prefix, "grid %d.", index + 1);
    fputs(prefix, out);
    print_order(out, &sweep->grids[index]);
    for (int i = 0; i < given_count(); i++)
        print_parameter(out, prefix, &sweep->grids[index], i);
    print_conditions(out, prefix, &sweep->grids[index]);
}

enum error sweep_canonical(const struct sweep *sweep, char **out) {
    FILE *stream;
    size_t size;
    TRY(start(out, &size, &stream));
    for (int i = 0; i < sweep->grid_count; i++)
        print_grid(stream, sweep, i);
    fprintf(stream, "output.history: %d\noutput.gram: %s\noutput.weights: %s\n",
            sweep->output.history, sweep->output.gram ? "true" : "false",
            sweep->output.weights ? "true" : "false");
    return finish(stream, out);
}

/* ---- differences ---- */

/* A line "name: value" within a text. */
struct entry {
    const char *name, *value;
    size_t name_length, value_length;
};

/* The entry at *text, which moves behind it; false at the end. */
static bool next_entry(const char **text, struct entry *out) {
    if (**text == '\0') return false;
    size_t length = strcspn(*text, "\n");
    size_t name = strcspn(*text, ":\n");
    size_t value = name + strspn(*text + name, ": ");
    if (value > length) value = length;
    *out = (struct entry){*text, *text + value, name, length - value};
    *text += length + ((*text)[length] == '\n');
    return true;
}

static bool find_entry(const char *text, const struct entry *wanted, struct entry *out) {
    while (next_entry(&text, out))
        if (out->name_length == wanted->name_length &&
            memcmp(out->name, wanted->name, wanted->name_length) == 0)
            return true;
    return false;
}

/* Whether the entry says what its absence says: a parameter at its fallback. */
static bool is_fallback(const struct entry *entry) {
    char name[64], text[64];
    const char *point = memchr(entry->name, '.', entry->name_length); /* "grid 2.depth" */
    size_t skipped = point != NULL ? (size_t)(point - entry->name) + 1 : 0;
    snprintf(name, sizeof name, "%.*s", (int)(entry->name_length - skipped),
             entry->name + skipped);
    const struct parameter *parameter = parameter_find(name);
    if (parameter == NULL || parameter->required) return false;
    FILE *stream = fmemopen(text, sizeof text, "w");
    if (stream == NULL) return false;
    print_number(stream, parameter, parameter->fallback);
    if (fclose(stream) != 0) return false;
    return strlen(text) == entry->value_length &&
           memcmp(text, entry->value, entry->value_length) == 0;
}

static void print_name(FILE *out, const struct entry *entry) {
    fprintf(out, "%.*s: ", (int)entry->name_length, entry->name);
}

static void print_value(FILE *out, const char *who, const struct entry *entry) {
    fprintf(out, "%s has %.*s", who, (int)entry->value_length, entry->value);
}

/* Entries of the file that the sweep has otherwise, or not at all. */
static void print_changed(FILE *out, const char *file_text, const char *sweep_text) {
    struct entry file, sweep;
    while (next_entry(&file_text, &file)) {
        bool found = find_entry(sweep_text, &file, &sweep);
        if (!found && is_fallback(&file)) continue;
        if (found && file.value_length == sweep.value_length &&
            memcmp(file.value, sweep.value, file.value_length) == 0)
            continue;
        print_name(out, &file);
        print_value(out, "the file", &file);
        if (found)
            print_value(out, ", the sweep", &sweep);
        else
            fputs(", the sweep does not give it", out);
        fputs("\n", out);
    }
}

/* Entries of the sweep that the file does not have. */
static void print_added(FILE *out, const char *file_text, const char *sweep_text) {
    struct entry file, sweep;
    while (next_entry(&sweep_text, &sweep)) {
        if (find_entry(file_text, &sweep, &file) || is_fallback(&sweep)) continue;
        print_name(out, &sweep);
        fputs("the file does not give it", out);
        print_value(out, ", the sweep", &sweep);
        fputs("\n", out);
    }
}

enum error sweep_difference(const char *file_text, const char *sweep_text, char **out) {
    FILE *stream;
    size_t size;
    TRY(start(out, &size, &stream));
    print_changed(stream, file_text, sweep_text);
    print_added(stream, file_text, sweep_text);
    return finish(stream, out);
}

/* Axes: of their own, moving together, or made of repeats. */
#include <stdlib.h>

#include "dufm/memory.h"
#include "spec.h"

static const char *const zip_name[] = {"zip", NULL};

enum error spec_claim(struct spec *spec, struct fy_node *key, const char *section,
                      const struct parameter **out) {
    const char *names[GIVEN_MAX];
    int index = spec_index(key, spec_given_names(names));
    if (index < 0) return spec_fail_unknown(spec, key, "parameter", names);
    *out = given_row(index);
    struct fy_node *first = spec->place->given[index];
    if (first != NULL)
        return spec_fail(spec, key,
                         "%s is given in '%s' and in '%s'\nexpected it in one of "
                         "them; the other is at line %d",
                         (*out)->name, spec->place->section[index], section,
                         spec_place(spec, first).line);
    spec->place->given[index] = key;
    spec->place->section[index] = section;
    return ERROR_NONE;
}

/* The next axis of the grid under way; a zip of its own for now. */
static struct axis *add_axis(struct grid *grid, const struct parameter *parameter) {
    grid->zips[grid->zip_count++] = (struct zip){grid->axis_count, 1, 0};
    struct axis *axis = &grid->axes[grid->axis_count++];
    *axis = (struct axis){.parameter = parameter, .stride = 1};
    return axis;
}

static enum error read_axis(struct spec *spec, struct fy_node *key, struct fy_node *value,
                            bool zipped) {
    struct grid *grid = spec->grid;
    const struct parameter *parameter = NULL;
    TRY(spec_claim(spec, key, zipped ? "zip" : "grid", &parameter));
    struct axis *axis = add_axis(grid, parameter);
    TRY(spec_axis(spec, value, zipped, axis));
    grid->zips[grid->zip_count - 1].count = axis->count;
    return ERROR_NONE;
}

static enum error visit_grid(struct spec *spec, struct fy_node *key,
                             struct fy_node *value, void *context) {
    (void)context;
    if (spec_index(key, zip_name) == 0) return spec_read_zip(spec, value);
    return read_axis(spec, key, value, false);
}

enum error spec_read_grid(struct spec *spec, struct fy_node *value) {
    return spec_each(spec, value, "grid", visit_grid, NULL);
}

/* ---- zips ---- */

static enum error visit_zip(struct spec *spec, struct fy_node *key, struct fy_node *value,
                            void *context) {
    struct zip *zip = context;
    struct grid *grid = spec->grid;
    TRY(read_axis(spec, key, value, true));
    const struct axis *axis = &grid->axes[grid->axis_count - 1];
    grid->zip_count--; /* not a factor of its own */
    if (zip->size++ == 0) {
        *zip = (struct zip){grid->axis_count - 1, 1, axis->count};
        return ERROR_NONE;
    }
    if (axis->count == zip->count) return ERROR_NONE;
    const struct parameter *first = grid->axes[zip->first].parameter;
    return spec_fail(spec, key,
                     "%s has %llu value%s, but %s (line %d), which moves with it, has "
                     "%llu\nexpected lists of one length in a zip",
                     axis->parameter->name, (unsigned long long)axis->count,
                     axis->count == 1 ? "" : "s", first->name,
                     spec_place(spec, spec->place->given[given_number(first)]).line,
                     (unsigned long long)zip->count);
}

/* Axes that are sorted together. */
struct tuples {
    const struct axis *axes;
    int size;
};

static int compare_values(const struct tuples *tuples, uint64_t a, uint64_t b) {
    int order = 0;
    for (int i = 0; i < tuples->size && order == 0; i++)
        order = spec_compare_values(&tuples->axes[i], a, b);
    return order;
}

static int compare(const void *left, const void *right, void *context) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    int order = compare_values(context, a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

/* Two numbers of equal combinations of values; both zip->count where there are none. */
static enum error find_repeated(const struct grid *grid, const struct zip *zip,
                                uint64_t repeated[2]) {
    struct tuples tuples = {&grid->axes[zip->first], zip->size};
    void *memory = NULL;
    repeated[0] = repeated[1] = zip->count;
    for (int i = 0; i < zip->size; i++)
        if (tuples.axes[i].values == NULL) return ERROR_NONE; /* a range: all differ */
    TRY(memory_allocate(zip->count, sizeof(uint64_t), &memory));
    uint64_t *order = memory;
    for (uint64_t i = 0; i < zip->count; i++)
        order[i] = i;
    qsort_r(order, zip->count, sizeof *order, compare, &tuples);
    for (uint64_t i = 1; i < zip->count; i++)
        if (compare_values(&tuples, order[i - 1], order[i]) == 0) {
            repeated[0] = order[i - 1];
            repeated[1] = order[i];
        }
    free(order);
    return ERROR_NONE;
}

static enum error read_one_zip(struct spec *spec, struct fy_node *value) {
    struct zip zip = {0};
    uint64_t repeated[2];
    TRY(spec_each(spec, value, "zip", visit_zip, &zip));
    spec->grid->zips[spec->grid->zip_count++] = zip;
    TRY(find_repeated(spec->grid, &zip, repeated));
    if (repeated[0] == zip.count) return ERROR_NONE;
    return spec_fail(
        spec, value,
        "values number %llu and %llu of this zip are the same\nexpected each "
        "combination once; more runs of one point are made by repeats",
        (unsigned long long)repeated[0] + 1, (unsigned long long)repeated[1] + 1);
}

enum error spec_read_zip(struct spec *spec, struct fy_node *value) {
    if (value == NULL || !fy_node_is_sequence(value)) return read_one_zip(spec, value);
    void *state = NULL;
    struct fy_node *item = fy_node_sequence_iterate(value, &state);
    if (item == NULL)
        return spec_fail(spec, value,
                         "zip is an empty list\nexpected a mapping of axes that move "
                         "together, or a list of such mappings");
    for (; item != NULL; item = fy_node_sequence_iterate(value, &state)) {
        struct fy_node *mapping = item;
        TRY(spec_resolve(spec, &mapping));
        TRY(read_one_zip(spec, mapping));
    }
    return ERROR_NONE;
}

/* ---- repeats ---- */

struct repeats {
    double count, first;
};

static enum error visit_repeats(struct spec *spec, struct fy_node *key,
                                struct fy_node *value, void *context) {
    static const char *const names[] = {"count", "first", NULL};
    struct repeats *repeats = context;
    int index = spec_index(key, names);
    if (index < 0) return spec_fail_unknown(spec, key, "key of repeats", names);
    return spec_integer(spec, value, index == 0 ? &repeats->count : &repeats->first);
}

/* Seeds first .. first + count - 1, an axis without memory. */
enum error spec_read_repeats(struct spec *spec, struct fy_node *key,
                             struct fy_node *value) {
    struct repeats repeats = {.count = 0, .first = 0};
    const struct parameter *seed = parameter_find("seed");
    int number = given_number(seed);
    struct fy_node *first = spec->place->given[number];
    if (first != NULL)
        return spec_fail(spec, key,
                         "repeats beside seed (line %d)\nexpected one of them: repeats "
                         "are an axis of seeds",
                         spec_place(spec, first).line);
    spec->place->given[number] = key;
    spec->place->section[number] = "repeats";
    if (value != NULL && fy_node_is_mapping(value))
        TRY(spec_each(spec, value, "repeats", visit_repeats, &repeats));
    else
        TRY(spec_integer(spec, value, &repeats.count));
    if (repeats.count < 1)
        return spec_fail(spec, value,
                         "%.12g repeats\nexpected at least 1, as in 'repeats: 10' or "
                         "'repeats: {count: 10, first: 0}'",
                         repeats.count);
    TRY(spec_check(spec, value, seed, repeats.first));
    TRY(spec_check(spec, value, seed, repeats.first + repeats.count - 1));
    struct axis *axis = add_axis(spec->grid, seed);
    axis->first = (int)repeats.first;
    axis->count = spec->grid->zips[spec->grid->zip_count - 1].count =
        (uint64_t)repeats.count;
    return ERROR_NONE;
}

/* Conditions of a sweep file: what is left out, what is changed where. */
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "spec.h"

enum { CONDITION_BYTES = 8192 };

/* ---- what names mean ---- */

static bool has_one_value(const struct parameter *parameter) {
    return parameter->type != PARAMETER_LAYERS;
}

static int find_quantity(const void *context, const char *name) {
    (void)context;
    int number = given_find(name);
    return number >= 0 && has_one_value(given_row(number)) ? number : -1;
}

static const char *const *choices_of(const void *context, int quantity) {
    (void)context;
    return given_row(quantity)->choices;
}

static const char **quantity_names(const char *names[GIVEN_MAX]) {
    int count = 0;
    for (int i = 0; i < given_count(); i++)
        if (has_one_value(given_row(i))) names[count++] = given_row(i)->name;
    names[count] = NULL;
    return names;
}

static enum error read_condition(const struct spec *spec, struct fy_node *node,
                                 struct condition **out) {
    char text[CONDITION_BYTES], shown[SPEC_SHOWN];
    const char *known[GIVEN_MAX];
    bool plain;
    if (!spec_scalar(node, text, sizeof text, &plain) || text[0] == '\0')
        return spec_fail(
            spec, node,
            "%s is not a condition\nexpected one such as 'depth = 3 and width "
            "< 2 * classes', shorter than %d bytes; in quotes within [ ] and "
            "{ }",
            spec_show(node, shown), CONDITION_BYTES);
    struct condition_names names = {find_quantity, choices_of, quantity_names(known),
                                    NULL};
    struct condition_fault fault;
    enum error error = condition_parse(text, &names, out, &fault);
    if (error != ERROR_INPUT) return error;
    return spec_fail_within(spec, node, fault.column, fault.message);
}

/* ---- lists ---- */

/* Items of a section that holds one or a list of them. */
static int count_items(struct fy_node *value) {
    bool list = value != NULL && fy_node_is_sequence(value);
    return list ? fy_node_sequence_item_count(value) : 1;
}

static enum error get_item(const struct spec *spec, struct fy_node *value, int index,
                           struct fy_node **out) {
    bool list = value != NULL && fy_node_is_sequence(value);
    *out = list ? fy_node_sequence_get_by_index(value, index) : value;
    return spec_resolve(spec, out);
}

static enum error grow(void **list, int count, int more, size_t size) {
    void *larger = NULL;
    TRY(memory_allocate((size_t)(count + more), size, &larger));
    if (count > 0) memcpy(larger, *list, (size_t)count * size);
    free(*list);
    *list = larger;
    return ERROR_NONE;
}

static enum error refuse_empty(const struct spec *spec, struct fy_node *value,
                               const char *expected) {
    if (count_items(value) > 0) return ERROR_NONE;
    return spec_fail(spec, value, "an empty list\nexpected %s", expected);
}

enum error spec_read_exclude(struct spec *spec, struct fy_node *value) {
    struct grid *grid = spec->grid;
    int more = count_items(value);
    void *list = grid->excludes;
    TRY(refuse_empty(spec, value, "a condition, or a list of them"));
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the list is one of pointers */
    TRY(grow(&list, grid->exclude_count, more, sizeof *grid->excludes));
    grid->excludes = list;
    for (int i = 0; i < more; i++) {
        struct fy_node *item;
        TRY(get_item(spec, value, i, &item));
        TRY(read_condition(spec, item, &grid->excludes[grid->exclude_count]));
        grid->exclude_count++;
    }
    return ERROR_NONE;
}

/* ---- overrides ---- */

uint64_t spec_rivals(int number) {
    static const char *const groups[][3] = {{"width", "width_per_class", NULL},
                                            {"lambda", "lambdas", "kappa_ratio"},
                                            {"max_steps", "horizon", NULL}};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        uint64_t group = 0;
        for (int j = 0; j < 3 && groups[i][j] != NULL; j++)
            group |= UINT64_C(1) << given_find(groups[i][j]);
        if (group >> number & 1) return group;
    }
    return UINT64_C(1) << number;
}

/* An axis that was overridden would make one point of several. */
static enum error refuse_axis(const struct spec *spec, struct fy_node *key, int number) {
    for (int i = 0; i < spec->grid->axis_count; i++) {
        int axis = given_number(spec->grid->axes[i].parameter);
        if (!(spec_rivals(number) >> axis & 1)) continue;
        return spec_fail(
            spec, key,
            "%s cannot be overridden: %s is an axis (line %d)\nexpected a "
            "parameter with one value; values that belong together go into a "
            "zip, other grids into a union",
            given_row(number)->name, given_row(axis)->name,
            spec_place(spec, spec->place->given[axis]).line);
    }
    return ERROR_NONE;
}

static enum error visit_set(struct spec *spec, struct fy_node *key, struct fy_node *value,
                            void *context) {
    struct override *row = context;
    const char *names[GIVEN_MAX];
    int number = spec_index(key, spec_given_names(names));
    if (number < 0) return spec_fail_unknown(spec, key, "parameter", names);
    TRY(refuse_axis(spec, key, number));
    for (int i = 0; i < row->set_count; i++) {
        const struct parameter *other = row->set[i].parameter;
        if (spec_rivals(number) >> given_number(other) & 1)
            return spec_fail(spec, key, "%s beside %s\nexpected one of them",
                             given_row(number)->name, other->name);
    }
    spec->place->set[number] = key;
    struct axis *axis = &row->set[row->set_count++];
    *axis = (struct axis){.parameter = given_row(number), .stride = 1};
    return spec_fixed(spec, value, axis);
}

static enum error visit_override(struct spec *spec, struct fy_node *key,
                                 struct fy_node *value, void *context) {
    static const char *const names[] = {"where", "set", NULL};
    struct override *row = context;
    switch (spec_index(key, names)) {
    case 0:
        return read_condition(spec, value, &row->where);
    case 1:
        return spec_each(spec, value, "set", visit_set, row);
    default:
        return spec_fail_unknown(spec, key, "key of override", names);
    }
}

static enum error read_override(struct spec *spec, struct fy_node *item) {
    void *memory = NULL;
    TRY(memory_allocate((size_t)given_count(), sizeof(struct axis), &memory));
    struct override *row = &spec->grid->overrides[spec->grid->override_count++];
    row->set = memory;
    TRY(spec_each(spec, item, "override", visit_override, row));
    if (row->where != NULL && row->set_count > 0) return ERROR_NONE;
    return spec_fail(spec, item,
                     "an override without '%s'\nexpected {where: condition, set: "
                     "{parameter: value}}",
                     row->where == NULL ? "where" : "set");
}

enum error spec_read_override(struct spec *spec, struct fy_node *value) {
    struct grid *grid = spec->grid;
    int more = count_items(value);
    void *list = grid->overrides;
    TRY(refuse_empty(spec, value, "{where: condition, set: {parameter: value}}"));
    TRY(grow(&list, grid->override_count, more, sizeof *grid->overrides));
    grid->overrides = list;
    for (int i = 0; i < more; i++) {
        struct fy_node *item;
        TRY(get_item(spec, value, i, &item));
        TRY(read_override(spec, item));
    }
    return ERROR_NONE;
}

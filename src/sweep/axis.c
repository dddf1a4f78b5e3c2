/* The values of one parameter: a value, a list of values, or a generator. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "spec.h"

/* One number or one choice (as its index). */
static enum error read_value(const struct spec *spec, const struct parameter *parameter,
                             struct fy_node *node, double *out) {
    if (parameter->type == PARAMETER_CHOICE) {
        int index = spec_index(node, parameter->choices);
        *out = index;
        if (index >= 0) return ERROR_NONE;
        return spec_fail_unknown(spec, node, parameter->name, parameter->choices);
    }
    if (parameter->type == PARAMETER_INTEGER)
        TRY(spec_integer(spec, node, out));
    else
        TRY(spec_real(spec, node, out));
    return spec_check(spec, node, parameter, *out);
}

static enum error allocate_values(struct axis *axis, uint64_t count, int stride) {
    void *memory = NULL;
    axis->stride = stride;
    TRY(memory_allocate(count * (size_t)stride, sizeof(double), &memory));
    axis->values = memory;
    if (axis->parameter->type == PARAMETER_LAYERS) {
        TRY(memory_allocate(count, sizeof(int), &memory));
        axis->lengths = memory;
    }
    axis->count = count;
    return ERROR_NONE;
}

/* Number of values of a list of layers, checked. */
static enum error count_layers(const struct spec *spec, struct fy_node *list,
                               const struct parameter *parameter, int *out) {
    char shown[SPEC_SHOWN];
    *out = 0;
    if (list != NULL && fy_node_is_sequence(list))
        *out = fy_node_sequence_item_count(list);
    if (*out < 1 || *out > DEPTH_MAX)
        return spec_fail(
            spec, list,
            "%s is %s\nexpected one value a layer in brackets, such as "
            "[0.004, 0.004, 0.002] (at most %d); under 'grid' a list of such lists",
            parameter->name, spec_show(list, shown), DEPTH_MAX);
    return ERROR_NONE;
}

/* One list of layers as value number `index`. */
static enum error read_layers(struct spec *spec, struct fy_node *list, struct axis *axis,
                              uint64_t index) {
    double *values = axis->values + index * (uint64_t)axis->stride;
    void *state = NULL;
    TRY(count_layers(spec, list, axis->parameter, &axis->lengths[index]));
    for (int i = 0; i < axis->lengths[index]; i++) {
        struct fy_node *item = fy_node_sequence_iterate(list, &state);
        TRY(spec_resolve(spec, &item));
        TRY(spec_real(spec, item, &values[i]));
        TRY(spec_check(spec, item, axis->parameter, values[i]));
    }
    return ERROR_NONE;
}

static enum error read_item(struct spec *spec, struct fy_node *item, struct axis *axis,
                            uint64_t index) {
    if (axis->parameter->type == PARAMETER_LAYERS)
        return read_layers(spec, item, axis, index);
    return read_value(spec, axis->parameter, item, &axis->values[index]);
}

enum error spec_fixed(struct spec *spec, struct fy_node *node, struct axis *axis) {
    int length = 1;
    if (axis->parameter->type == PARAMETER_LAYERS)
        TRY(count_layers(spec, node, axis->parameter, &length));
    else if (node != NULL && !fy_node_is_scalar(node))
        return spec_fail(spec, node,
                         "several values of %s in 'point'\nexpected one value; an axis "
                         "of the sweep goes under 'grid'",
                         axis->parameter->name);
    TRY(allocate_values(axis, 1, length));
    return read_item(spec, node, axis, 0);
}

/* Longest list of layers among the items. */
static enum error longest_item(const struct spec *spec, struct fy_node *list,
                               const struct axis *axis, int *out) {
    void *state = NULL;
    struct fy_node *item;
    *out = 1;
    if (axis->parameter->type != PARAMETER_LAYERS) return ERROR_NONE;
    while ((item = fy_node_sequence_iterate(list, &state)) != NULL) {
        int length;
        TRY(spec_resolve(spec, &item));
        TRY(count_layers(spec, item, axis->parameter, &length));
        if (length > *out) *out = length;
    }
    return ERROR_NONE;
}

static enum error read_list(struct spec *spec, struct fy_node *list, struct axis *axis) {
    int count = fy_node_sequence_item_count(list), stride;
    if (count < 1)
        return spec_fail(spec, list, "%s is an empty list\nexpected at least one value",
                         axis->parameter->name);
    TRY(longest_item(spec, list, axis, &stride));
    TRY(allocate_values(axis, (uint64_t)count, stride));
    void *state = NULL;
    for (int i = 0; i < count; i++) {
        struct fy_node *item = fy_node_sequence_iterate(list, &state);
        TRY(spec_resolve(spec, &item));
        TRY(read_item(spec, item, axis, (uint64_t)i));
    }
    return ERROR_NONE;
}

static int length_of(const struct axis *axis, uint64_t index) {
    return axis->lengths != NULL ? axis->lengths[index] : 1;
}

int spec_compare_values(const struct axis *axis, uint64_t a, uint64_t b) {
    if (axis->values == NULL) return (a > b) - (a < b);
    if (length_of(axis, a) != length_of(axis, b))
        return length_of(axis, a) < length_of(axis, b) ? -1 : 1;
    const double *left = axis->values + a * (uint64_t)axis->stride;
    const double *right = axis->values + b * (uint64_t)axis->stride;
    for (int i = 0; i < length_of(axis, a); i++)
        if (left[i] != right[i]) return left[i] < right[i] ? -1 : 1;
    return 0;
}

static int compare(const void *left, const void *right, void *axis) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    int order = spec_compare_values(axis, a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

static enum error sort_values(struct axis *axis) {
    void *memory = NULL;
    TRY(memory_allocate(axis->count, sizeof *axis->order, &memory));
    axis->order = memory;
    for (uint64_t i = 0; i < axis->count; i++)
        axis->order[i] = i;
    qsort_r(axis->order, axis->count, sizeof *axis->order, compare, axis);
    return ERROR_NONE;
}

/* Number of the first value that appeared before, or axis->count. */
static uint64_t find_repeated(const struct axis *axis) {
    const uint64_t *order = axis->order;
    uint64_t first = axis->count;
    for (uint64_t i = 1; i < axis->count; i++)
        if (spec_compare_values(axis, order[i - 1], order[i]) == 0 && order[i] < first)
            first = order[i];
    return first;
}

/* The same value twice would run the same points twice. */
static enum error refuse_repeated(struct spec *spec, struct fy_node *node,
                                  struct axis *axis) {
    uint64_t repeated = find_repeated(axis);
    char shown[SPEC_SHOWN];
    if (repeated == axis->count) return ERROR_NONE;
    if (!fy_node_is_sequence(node))
        return spec_fail(spec, node,
                         "the generator makes %.12g twice after rounding to 12 "
                         "digits\nexpected values further apart",
                         axis_value(axis, repeated));
    struct fy_node *item = fy_node_sequence_get_by_index(node, (int)repeated);
    return spec_fail(spec, item,
                     "%s appears twice in %s\nexpected each value once; more runs of one "
                     "point are made by more seeds",
                     spec_show(item, shown), axis->parameter->name);
}

enum error spec_axis(struct spec *spec, struct fy_node *node, bool zipped,
                     struct axis *axis) {
    bool layers = axis->parameter->type == PARAMETER_LAYERS;
    if (node != NULL && fy_node_is_mapping(node)) {
        TRY(spec_generate(spec, node, axis));
    } else if (node != NULL && fy_node_is_sequence(node)) {
        TRY(read_list(spec, node, axis));
    } else {
        if (layers) return count_layers(spec, node, axis->parameter, &axis->stride);
        TRY(spec_fixed(spec, node, axis));
    }
    if (axis->values == NULL) return ERROR_NONE;
    TRY(sort_values(axis));
    return zipped ? ERROR_NONE : refuse_repeated(spec, node, axis);
}

#include "restore.h"

#include <string.h>

#include "dufm/effect.h"

static bool is_choice(const struct parameter *parameter, int choice) {
    int count = 0;
    while (parameter->choices[count])
        count++;
    return choice >= 0 && choice < count;
}

/* Set the field of `point` that a parameter's stored value stands for. */
static bool restore_field(const struct parameter *parameter, const unsigned char *cell,
                          size_t cells, struct point *point) {
    unsigned char *field = (unsigned char *)point + parameter->offset;
    if (parameter->type == PARAMETER_CHOICE) {
        int choice = (int8_t)*cell;
        memcpy(field, &choice, sizeof choice);
        return is_choice(parameter, choice);
    }
    if (parameter->type == PARAMETER_INTEGER) {
        memcpy(field, cell, sizeof(int32_t));
    } else {
        if (cells > DEPTH_MAX) cells = DEPTH_MAX;
        memcpy(field, cell, cells * sizeof(double));
    }
    return true;
}

/* Shapes whose lengths can be worked out. */
static bool has_shape(const struct point *point) {
    return point->depth >= 1 && point->depth <= DEPTH_MAX && point->width >= 1 &&
           point->classes >= 1 && point->samples >= 1 &&
           (int64_t)point->classes * point->samples <= INT_MAX;
}

/* An older file lacks parameters: its points have the fallbacks, where they use them. */
static void fill_missing(const struct block *block, struct point *out) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < schema->count; i++) {
        const struct parameter *parameter = schema->variables[i].parameter;
        if (!parameter || schema->variables[i].since <= block->lengths.version) continue;
        double value =
            effect_is_used(parameter, out) ? parameter->fallback : effect_idle(parameter);
        parameter_set(parameter, value, out);
    }
}

bool restore_point(const struct block *block, int slot, struct point *out) {
    const struct schema *schema = schema_get();
    bool possible = true;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (variable->parameter && block->image[i])
            possible &= restore_field(variable->parameter, block_cell(block, slot, i),
                                      variable_cells(variable, &block->lengths), out);
    }
    fill_missing(block, out);
    return possible && has_shape(out);
}

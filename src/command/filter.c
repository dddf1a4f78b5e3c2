#include "filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"

enum { WHY_BYTES = 256 };

/* Numbers, flags and elements are quantities; texts and lists are not. A name without an
 * index that is no column may be that of a value. */
static int find(const void *context, const char *name) {
    const struct filter *filter = context;
    struct column column;
    int index = -1;
    enum error error = column_resolve(name, filter->frame->reader, &column);
    if (!error && (column.kind == COLUMN_TEXT || column.kind == COLUMN_LIST))
        error = RAISE(ERROR_USAGE, "%s has no single number a row to compare", name);
    else if (error && strchr(name, '[') == NULL)
        return -1;
    if (!error) error = frame_add(filter->frame, name, &index);
    if (!error) return index;
    snprintf(filter->why, WHY_BYTES, "%s", error_message());
    return -1;
}

static const char *const *choices(const void *context, int quantity) {
    const struct filter *filter = context;
    return filter->frame->columns[quantity].variable.flags;
}

/* Scalars and derived columns, NULL-terminated. */
static enum error list_known(struct filter *filter) {
    enum { KNOWN_MAX = 512 };
    const struct reader *reader = filter->frame->reader;
    const struct column_derived *made;
    struct reader_variable variable;
    int count = 0;
    void *memory;
    TRY(memory_allocate(KNOWN_MAX + 1, sizeof *filter->known, &memory));
    filter->known = memory;
    for (int at = 0; count < KNOWN_MAX && reader_next(reader, &at, &variable);)
        if (variable.rank == 0 && variable.kind != READER_TEXT)
            filter->known[count++] = variable.name;
    for (int at = 0; count < KNOWN_MAX && (made = column_next_derived(reader, &at));)
        filter->known[count++] = made->name;
    return ERROR_NONE;
}

enum error filter_create(struct filter *filter, const char *text, struct frame *frame) {
    struct condition_fault fault;
    *filter = (struct filter){.frame = frame};
    if (text == NULL) return ERROR_NONE;
    void *memory;
    TRY(memory_allocate(WHY_BYTES, 1, &memory));
    filter->why = memory;
    TRY(list_known(filter));
    const struct condition_names names = {
        .find = find, .choices = choices, .known = filter->known, .context = filter};
    enum error error = condition_parse(text, &names, &filter->condition, &fault);
    if (error && *filter->why != '\0') error = RAISE(ERROR_USAGE, "%s", filter->why);
    return error ? error_prefix(error, "--where") : ERROR_NONE;
}

void filter_release(struct filter *filter) {
    condition_destroy(&filter->condition);
    free(filter->known);
    free(filter->why);
    *filter = (struct filter){0};
}

/* A row of the frame, for the condition's look-ups. */
struct place {
    const struct frame *frame;
    uint64_t slot;
};

static double look_up(const void *context, int quantity) {
    const struct place *place = context;
    return frame_number(place->frame, place->slot, quantity);
}

bool filter_passes(const struct filter *filter, uint64_t slot) {
    struct place place = {filter->frame, slot};
    return filter->condition == NULL ||
           condition_holds(filter->condition, look_up, &place);
}

/* The sections of one grid. */
#include <string.h>

#include "spec.h"

const char *const spec_sections[] = {"grid",    "zip",      "point", "repeats",
                                     "exclude", "override", NULL};
enum { SECTION_GRID, SECTION_ZIP, SECTION_POINT, SECTION_REPEATS, SECTION_EXCLUDE };

bool spec_is_shared(struct fy_node *key) {
    return spec_index(key, spec_sections) > SECTION_ZIP;
}

const char **spec_given_names(const char *names[GIVEN_MAX]) {
    for (int i = 0; i < given_count(); i++)
        names[i] = given_row(i)->name;
    names[given_count()] = NULL;
    return names;
}

static enum error visit_point(struct spec *spec, struct fy_node *key,
                              struct fy_node *value, void *context) {
    (void)context;
    const struct parameter *parameter;
    TRY(spec_claim(spec, key, "point", &parameter));
    struct axis *axis = &spec->grid->fixed[spec->grid->fixed_count++];
    *axis = (struct axis){.parameter = parameter, .stride = 1};
    return spec_fixed(spec, value, axis);
}

enum error spec_section(struct spec *spec, struct fy_node *key, struct fy_node *value,
                        struct spec_late *late) {
    switch (spec_index(key, spec_sections)) {
    case SECTION_GRID:
        return spec_read_grid(spec, value);
    case SECTION_ZIP:
        return spec_read_zip(spec, value);
    case SECTION_POINT:
        return spec_each(spec, value, "point", visit_point, NULL);
    default:
        late->sections[late->count].key = key;
        late->sections[late->count++].value = value;
        return ERROR_NONE;
    }
}

/* A file may have excludes both at the top and in a grid of its union: they add up. */
static enum error read_late(struct spec *spec, struct fy_node *key,
                            struct fy_node *value) {
    spec->key = key;
    switch (spec_index(key, spec_sections)) {
    case SECTION_REPEATS:
        return spec_read_repeats(spec, key, value);
    case SECTION_EXCLUDE:
        spec->place->exclude = key;
        return spec_read_exclude(spec, value);
    default:
        return spec_read_override(spec, value);
    }
}

enum error spec_finish_grid(struct spec *spec, const struct spec_late *late) {
    static const char *const repeats[] = {"repeats", NULL};
    for (int pass = 0; pass < 2; pass++) /* axes before what looks at them */
        for (int i = 0; i < late->count; i++) {
            struct fy_node *key = late->sections[i].key;
            if ((spec_index(key, repeats) == 0) == (pass == 0))
                TRY(read_late(spec, key, late->sections[i].value));
        }
    return ERROR_NONE;
}

#include "featurelayer.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/log.h"
#include "featurepiece.h"

const char *const featurelayer_sides[SIDE_COUNT] = {"pre", "post"};

enum { TEXT = 512 };

void featurelayer_name(const struct featurelayer_place *place, char *text, size_t size) {
    if (place->group)
        snprintf(text, size, "%s: /layers/%s/%s", place->path, place->group, place->name);
    else
        snprintf(text, size, "%s: /%s", place->path, place->name);
}

int featurelayer_shape(hid_t dataset, hsize_t shape[H5S_MAX_RANK]) {
    hid_t space = H5Dget_space(dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    return rank;
}

/* ---- names, in order ---- */

/* What is gathered while a group is walked through. */
struct walk {
    const char *path;
    struct featurefile_facts *facts;
    enum error error;
};

static herr_t take_name(hid_t group, const char *name, const H5L_info_t *info,
                        void *context) {
    struct walk *walk = context;
    struct featurefile_facts *facts = walk->facts;
    (void)group;
    (void)info;
    if (facts->shape.depth == FEATURES_LAYERS)
        walk->error = RAISE(ERROR_INPUT, "%s: /layers has more than %d layers",
                            walk->path, FEATURES_LAYERS);
    else if (strlen(name) >= sizeof *facts->layer_name)
        walk->error = RAISE(ERROR_INPUT,
                            "%s: the name of a layer is longer than %zu bytes: %.40s...",
                            walk->path, sizeof *facts->layer_name - 1, name);
    else
        snprintf(facts->layer_name[facts->shape.depth++], sizeof *facts->layer_name, "%s",
                 name);
    return walk->error ? -1 : 0;
}

/* "fc2" before "fc10": digits count as the number they are. */
static int compare_names(const void *one, const void *other) {
    const char *a = one, *b = other;
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");
            size_t length_a = strspn(a + zeros_a, "0123456789");
            size_t length_b = strspn(b + zeros_b, "0123456789");
            int order = length_a == length_b
                            ? strncmp(a + zeros_a, b + zeros_b, length_a)
                            : (length_a > length_b) - (length_a < length_b);
            if (order != 0) return order;
            a += zeros_a + length_a;
            b += zeros_b + length_b;
        } else if (*a == *b) {
            a++;
            b++;
        } else {
            break;
        }
    }
    return (unsigned char)*a - (unsigned char)*b;
}

static enum error is_ordered(hid_t group, bool *ordered) {
    unsigned flags = 0;
    hid_t creation = H5Gget_create_plist(group);
    HDF_TRY(creation);
    herr_t code = H5Pget_link_creation_order(creation, &flags);
    H5Pclose(creation);
    HDF_TRY(code);
    *ordered = (flags & H5P_CRT_ORDER_TRACKED) != 0;
    return ERROR_NONE;
}

static enum error list_names(hid_t group, const char *path, bool tell,
                             struct featurefile_facts *facts) {
    struct walk walk = {path, facts, ERROR_NONE};
    bool ordered = false;
    TRY(is_ordered(group, &ordered));
    herr_t code = H5Literate(group, ordered ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME,
                             H5_ITER_INC, NULL, take_name, &walk);
    if (walk.error) return walk.error;
    HDF_TRY(code);
    if (facts->shape.depth == 0)
        return RAISE(ERROR_INPUT, "%s: /layers is empty; expected a group for each layer",
                     path);
    if (ordered) return ERROR_NONE;
    qsort(facts->layer_name, (size_t)facts->shape.depth, sizeof *facts->layer_name,
          compare_names);
    if (tell && facts->shape.depth > 1)
        log_info("%s: /layers does not tell the order of its layers; taken by name, from "
                 "%s to %s",
                 path, facts->layer_name[0], facts->layer_name[facts->shape.depth - 1]);
    return ERROR_NONE;
}

/* ---- one dataset ---- */

/* "(100, 3, 32)" */
static void describe_shape(const hsize_t *shape, int rank, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "(");
    for (int i = 0; i < rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%llu", i > 0 ? ", " : "",
                                 (unsigned long long)shape[i]);
    if (used < size) snprintf(text + used, size - used, ")");
}

static enum error check_type(hid_t dataset, const struct featurelayer_place *place) {
    char name[TEXT];
    hid_t type = H5Dget_type(dataset);
    bool real = H5Tget_class(type) == H5T_FLOAT;
    H5Tclose(type);
    if (real) return ERROR_NONE;
    featurelayer_name(place, name, sizeof name);
    return RAISE(ERROR_INPUT,
                 "%s holds no floating-point numbers; expected float16, float32 or "
                 "float64",
                 name);
}

/* The first length as *rows, all others multiplied as *columns. */
static enum error flatten(hid_t dataset, const struct featurelayer_place *place,
                          uint64_t *rows, int *columns) {
    hsize_t shape[H5S_MAX_RANK];
    char name[TEXT], text[TEXT];
    int rank = featurelayer_shape(dataset, shape);
    uint64_t product = 1;
    HDF_TRY(rank);
    featurelayer_name(place, name, sizeof name);
    describe_shape(shape, rank, text, sizeof text);
    if (rank < 2)
        return RAISE(ERROR_INPUT,
                     "%s has shape %s; expected two dimensions or more, one row a %s",
                     name, text, strcmp(place->name, "weight") ? "sample" : "neuron");
    for (int i = 1; i < rank && product <= INT_MAX; i++)
        product = shape[i] == 0 ? 0 : product * shape[i];
    if (shape[0] == 0 || shape[0] > INT_MAX || product == 0 || product > INT_MAX)
        return RAISE(ERROR_INPUT, "%s has shape %s; expected lengths from 1 to %d", name,
                     text, INT_MAX);
    *rows = shape[0];
    *columns = (int)product;
    return ERROR_NONE;
}

/* Rows and columns of a dataset of floating-point numbers; none where there is no such
 * name. */
static enum error look_at(hid_t group, const struct featurelayer_place *place,
                          struct featurefile_facts *facts, uint64_t *rows, int *columns) {
    hid_t dataset;
    size_t memory;
    if (H5Lexists(group, place->name, H5P_DEFAULT) <= 0) return ERROR_NONE;
    TRY(featurepiece_open(group, place, &dataset, &memory));
    enum error error = check_type(dataset, place);
    if (!error) error = flatten(dataset, place, rows, columns);
    if (memory > facts->unpacking) facts->unpacking = memory;
    H5Dclose(dataset);
    return error;
}

/* ---- one layer ---- */

static enum error look_at_side(hid_t group, struct featurelayer_place place,
                               struct featurefile_facts *facts, int index) {
    struct features_layer *layer = &facts->shape.layer[index];
    enum side side = strcmp(place.name, "pre") ? SIDE_POST : SIDE_PRE;
    char name[TEXT];
    uint64_t rows = 0;
    int width = 0;
    TRY(look_at(group, &place, facts, &rows, &width));
    if (rows == 0) return ERROR_NONE;
    featurelayer_name(&place, name, sizeof name);
    if (rows != (uint64_t)facts->shape.samples)
        return RAISE(ERROR_INPUT,
                     "%s has %llu samples, but /labels has %d; expected as many", name,
                     (unsigned long long)rows, facts->shape.samples);
    if (layer->width != 0 && layer->width != width)
        return RAISE(ERROR_INPUT,
                     "%s has %d features a sample, but 'pre' of this layer has %d; "
                     "expected as many before and after the activation",
                     name, width, layer->width);
    layer->width = width;
    layer->side[side] = true;
    return ERROR_NONE;
}

static enum error look_at_weight(hid_t group, struct featurelayer_place place,
                                 struct featurefile_facts *facts, int index, bool tell) {
    struct features_layer *layer = &facts->shape.layer[index];
    char name[TEXT];
    uint64_t rows = 0;
    TRY(look_at(group, &place, facts, &rows, &layer->columns));
    if (rows == 0) return ERROR_NONE;
    layer->rows = (int)rows;
    featurelayer_name(&place, name, sizeof name);
    if (tell && layer->columns != layer->width)
        log_info(
            "%s has %d columns, the layer %d features: its spectrum is measured, its "
            "alignment with class means (nc3) is not",
            name, layer->columns, layer->width);
    return ERROR_NONE;
}

static herr_t note_extra(hid_t group, const char *name, const H5L_info_t *info,
                         void *context) {
    static const char *const known[] = {"pre", "post", "weight"};
    const struct featurelayer_place *place = context;
    (void)group;
    (void)info;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i])) return 0;
    log_info("%s: /layers/%s/%s is ignored", place->path, place->group, name);
    return 0;
}

static enum error look_at_layer(hid_t group, const char *path, bool tell,
                                struct featurefile_facts *facts, int index) {
    struct featurelayer_place place = {path, facts->layer_name[index], NULL};
    for (int side = 0; side < SIDE_COUNT; side++) {
        place.name = featurelayer_sides[side];
        TRY(look_at_side(group, place, facts, index));
    }
    if (facts->shape.layer[index].width == 0)
        return RAISE(ERROR_INPUT,
                     "%s: /layers/%s has neither 'pre' nor 'post'; expected features, "
                     "one row a sample",
                     path, place.group);
    place.name = "weight";
    TRY(look_at_weight(group, place, facts, index, tell));
    if (tell)
        HDF_TRY(H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, note_extra, &place));
    return ERROR_NONE;
}

static enum error look_at_layers(hid_t group, const char *path, bool tell,
                                 struct featurefile_facts *facts) {
    TRY(list_names(group, path, tell, facts));
    for (int i = 0; i < facts->shape.depth; i++) {
        hid_t layer = H5Gopen2(group, facts->layer_name[i], H5P_DEFAULT);
        if (layer < 0)
            return RAISE(ERROR_INPUT,
                         "%s: /layers/%s is no group; expected one with 'pre', 'post' "
                         "and 'weight'",
                         path, facts->layer_name[i]);
        enum error error = look_at_layer(layer, path, tell, facts, i);
        H5Gclose(layer);
        TRY(error);
    }
    return ERROR_NONE;
}

enum error featurelayer_look(hid_t file, const char *path, bool tell,
                             struct featurefile_facts *facts) {
    hid_t group = H5I_INVALID_HID;
    if (H5Lexists(file, "layers", H5P_DEFAULT) > 0)
        group = H5Gopen2(file, "layers", H5P_DEFAULT);
    if (group < 0)
        return RAISE(ERROR_INPUT,
                     "%s has no group /layers; expected one with a group for each layer",
                     path);
    enum error error = look_at_layers(group, path, tell, facts);
    H5Gclose(group);
    return error;
}

/* ---- to be read ---- */

static enum error check_lengths(hid_t dataset, const struct featurelayer_place *place,
                                const int lengths[2]) {
    char name[TEXT];
    uint64_t rows = 0;
    int columns = 0;
    TRY(flatten(dataset, place, &rows, &columns));
    if (rows == (uint64_t)lengths[0] && columns == lengths[1]) return ERROR_NONE;
    featurelayer_name(place, name, sizeof name);
    return RAISE(ERROR_INPUT, "%s has changed while it was measured", name);
}

enum error featurelayer_open(hid_t file, const struct featurelayer_place *place,
                             const int lengths[2], hid_t *out) {
    char group[TEXT];
    size_t memory;
    hid_t dataset;
    snprintf(group, sizeof group, "/layers/%s", place->group);
    hid_t layer = H5Gopen2(file, group, H5P_DEFAULT);
    HDF_TRY(layer);
    enum error error = featurepiece_open(layer, place, &dataset, &memory);
    H5Gclose(layer);
    TRY(error);
    error = check_lengths(dataset, place, lengths);
    if (error)
        H5Dclose(dataset);
    else
        *out = dataset;
    return error;
}

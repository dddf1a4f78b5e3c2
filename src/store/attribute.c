#include "attribute.h"

#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"

/* An attribute in memory. */
struct image {
    hid_t attribute, type, space;
    size_t count; /* elements */
    size_t bytes; /* of an element */
    void *values; /* count * bytes; texts of any length are pointers, which HDF5 owns */
    bool texts;
};

static bool is_plain(hid_t type) {
    H5T_class_t class = H5Tget_class(type);
    return class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM ||
           class == H5T_STRING;
}

static enum error read_values(struct image *image, const char *name) {
    HDF_TRY(image->attribute);
    HDF_TRY(image->type = H5Aget_type(image->attribute));
    HDF_TRY(image->space = H5Aget_space(image->attribute));
    if (!is_plain(image->type))
        return RAISE(ERROR_INPUT,
                     "the attribute '%s' holds neither numbers nor text: it is not ours, "
                     "remove it first",
                     name);
    hssize_t count = H5Sget_simple_extent_npoints(image->space);
    HDF_TRY(count);
    image->count = (size_t)count;
    image->bytes = H5Tget_size(image->type);
    image->texts = H5Tis_variable_str(image->type) > 0;
    TRY(memory_allocate(image->count + 1, image->bytes, &image->values));
    HDF_TRY(H5Aread(image->attribute, image->type, image->values));
    return ERROR_NONE;
}

static void release(struct image *image) {
    if (image->texts && image->values)
        H5Dvlen_reclaim(image->type, image->space, H5P_DEFAULT, image->values);
    free(image->values);
    H5Sclose(image->space);
    H5Tclose(image->type);
    H5Aclose(image->attribute);
}

/* *out: release, whatever comes back. */
static enum error take(hid_t object, const char *name, struct image *out) {
    *out = (struct image){.attribute = H5Aopen(object, name, H5P_DEFAULT),
                          .type = H5I_INVALID_HID,
                          .space = H5I_INVALID_HID};
    return read_values(out, name);
}

static enum error put(hid_t object, const char *name, const struct image *image) {
    hid_t attribute =
        H5Acreate2(object, name, image->type, image->space, H5P_DEFAULT, H5P_DEFAULT);
    HDF_TRY(attribute);
    enum error error = ERROR_NONE;
    if (H5Awrite(attribute, image->type, image->values) < 0)
        error = hdf_raise("H5Awrite", __FILE__, __LINE__);
    H5Aclose(attribute);
    return error;
}

enum error attribute_copy(hid_t from, hid_t to, const char *name) {
    struct image image;
    enum error error = take(from, name, &image);
    if (!error) error = put(to, name, &image);
    release(&image);
    return error;
}

static bool same_texts(const struct image *one, const struct image *other) {
    char *const *mine = one->values, *const *theirs = other->values;
    for (size_t i = 0; i < one->count; i++) {
        if (!mine[i] || !theirs[i]) {
            if (mine[i] != theirs[i]) return false;
        } else if (strcmp(mine[i], theirs[i]) != 0) {
            return false;
        }
    }
    return true;
}

static bool same(const struct image *one, const struct image *other) {
    if (H5Tequal(one->type, other->type) <= 0 ||
        H5Sextent_equal(one->space, other->space) <= 0)
        return false;
    return one->texts ? same_texts(one, other)
                      : !memcmp(one->values, other->values, one->count * one->bytes);
}

enum error attribute_equal(hid_t one, hid_t other, const char *name, bool *equal) {
    struct image mine, theirs;
    enum error error = take(one, name, &mine);
    enum error next = take(other, name, &theirs);
    *equal = mine.values && theirs.values && !error && !next && same(&mine, &theirs);
    release(&mine);
    release(&theirs);
    return error ? error : next;
}

bool attribute_is_at(hid_t object, uint64_t place, const char *name) {
    char found[256];
    ssize_t length = H5Aget_name_by_idx(object, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC,
                                        (hsize_t)place, found, sizeof found, H5P_DEFAULT);
    if (length < 0 || !name) return length < 0 && !name;
    return (size_t)length < sizeof found && !strcmp(found, name);
}

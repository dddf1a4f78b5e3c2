/* The walk through two files, and what is done with each variable on it: made, or
 * compared. */
#include "replica.h"

#include <hdf5_hl.h>

#include <stdio.h>
#include <string.h>

#include "attribute.h"
#include "dufm/memory.h"
#include "pace.h"
#include "replica_values.h"
#include "seal.h"

enum { NAME = 256 };

/* What happens on the way. */
struct walk {
    const struct replica *replica;
    struct pace pace;
    uint64_t done; /* bytes of values behind us */
    bool compare;  /* or else copy */
    int variables;
    enum error error;
};

/* One variable, or bare dimension, in both files. */
struct twins {
    struct walk *walk;
    hid_t from, to;
    uint64_t attributes; /* behind us */
    enum error error;
};

static enum error differ(const char *what, const char *name) {
    return RAISE(ERROR_STORE, "%s '%s' did not come out the same", what, name);
}

/* ---- dimensions ---- */

static bool is_scale_attribute(const char *name) {
    return !strcmp(name, "CLASS") || !strcmp(name, "NAME") ||
           !strcmp(name, "REFERENCE_LIST");
}

/* The first of a scale's own attributes, which stand where it became one. */
static enum error copy_scale(const struct twins *twins, const char *attribute) {
    char label[NAME] = "";
    if (strcmp(attribute, "CLASS") != 0) return ERROR_NONE; /* they come together */
    HDF_TRY(H5DSget_scale_name(twins->from, label, sizeof label));
    HDF_TRY(H5DSset_scale(twins->to, label));
    return ERROR_NONE;
}

static enum error compare_scale(const struct twins *twins) {
    char mine[NAME] = "", theirs[NAME] = "";
    HDF_TRY(H5DSget_scale_name(twins->from, mine, sizeof mine));
    HDF_TRY(H5DSget_scale_name(twins->to, theirs, sizeof theirs));
    return strcmp(mine, theirs) ? differ("the name of the dimension", mine) : ERROR_NONE;
}

/* Hang the scale's twin on the same axis, or see that it hangs there. */
static herr_t take_axis(hid_t dataset, unsigned axis, hid_t scale, void *context) {
    struct twins *twins = context;
    char name[NAME];
    (void)dataset;
    if (H5Iget_name(scale, name, sizeof name) < 0) return -1;
    hid_t twin = H5Dopen2(twins->walk->replica->to, name, H5P_DEFAULT);
    if (twin < 0) return -1;
    bool fine = twins->walk->compare ? H5DSis_attached(twins->to, twin, axis) > 0
                                     : H5DSattach_scale(twins->to, twin, axis) >= 0;
    H5Dclose(twin);
    return fine ? 0 : -1;
}

static enum error take_axes(struct twins *twins) {
    hid_t space = H5Dget_space(twins->from);
    int rank = H5Sget_simple_extent_ndims(space);
    H5Sclose(space);
    for (int axis = 0; axis < rank; axis++) {
        int scales = H5DSget_num_scales(twins->from, (unsigned)axis);
        if (scales > 0 &&
            H5DSiterate_scales(twins->from, (unsigned)axis, NULL, take_axis, twins) < 0)
            return RAISE(ERROR_STORE, "axis %d has no such dimension", axis);
        if (twins->walk->compare &&
            H5DSget_num_scales(twins->to, (unsigned)axis) != scales)
            return RAISE(ERROR_STORE, "axis %d has another dimension", axis);
    }
    return ERROR_NONE;
}

/* ---- attributes ---- */

static enum error compare_attribute(const struct twins *twins, const char *name) {
    bool equal;
    if (is_scale_attribute(name)) return compare_scale(twins);
    TRY(attribute_equal(twins->from, twins->to, name, &equal));
    return equal ? ERROR_NONE : differ("the attribute", name);
}

static enum error take_attribute(struct twins *twins, const char *name) {
    bool compare = twins->walk->compare;
    if (compare && !attribute_is_at(twins->to, twins->attributes++, name))
        return differ("the place of the attribute", name);
    if (!strcmp(name, "DIMENSION_LIST")) return take_axes(twins);
    if (compare) return compare_attribute(twins, name);
    if (is_scale_attribute(name)) return copy_scale(twins, name);
    return attribute_copy(twins->from, twins->to, name);
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info,
                              void *context) {
    struct twins *twins = context;
    (void)object;
    (void)info;
    return (twins->error = take_attribute(twins, name)) ? -1 : 0;
}

static enum error take_attributes(struct twins *twins) {
    hsize_t place = 0;
    if (H5Aiterate2(twins->from, H5_INDEX_CRT_ORDER, H5_ITER_INC, &place, visit_attribute,
                    twins) < 0)
        return twins->error ? twins->error : hdf_raise("H5Aiterate2", __FILE__, __LINE__);
    if (twins->walk->compare && !attribute_is_at(twins->to, twins->attributes, NULL))
        return RAISE(ERROR_STORE, "there is an attribute too many");
    return ERROR_NONE;
}

/* ---- variables ---- */

static enum error take_values(struct twins *twins) {
    struct walk *walk = twins->walk;
    struct replica_values values = {.from = twins->from,
                                    .to = twins->to,
                                    .compare = walk->compare,
                                    .pace = &walk->pace,
                                    .done = &walk->done};
    return replica_values_take(&values);
}

static enum error take_twins(struct walk *walk, const char *name) {
    struct twins twins = {.walk = walk, .to = H5I_INVALID_HID};
    enum error error;
    HDF_TRY_OR(cleanup, error,
               twins.from = H5Dopen2(walk->replica->from, name, H5P_DEFAULT));
    if (walk->compare)
        HDF_TRY_OR(cleanup, error,
                   twins.to = H5Dopen2(walk->replica->to, name, H5P_DEFAULT));
    else
        TRY_OR(cleanup, error,
               replica_values_create(twins.from, walk->replica->to, name, &twins.to));
    TRY_OR(cleanup, error, take_attributes(&twins));
    error = take_values(&twins);
cleanup:
    H5Dclose(twins.to);
    H5Dclose(twins.from);
    return error && error != ERROR_INTERRUPTED ? error_prefix(error, "'%s'", name)
                                               : error;
}

/* The tables of where the values lie, and their dimension. */
static bool is_left_out(const char *name) {
    return !strcmp(name, "layout") || !strcmp(name, "layout_copy") ||
           !strcmp(name, dimension_names[DIMENSION_LAYOUT]);
}

/* Whether link number `place`, in the order they were made, has this name. */
static bool is_at(hid_t file, int place, const char *name) {
    char found[NAME];
    ssize_t length = H5Lget_name_by_idx(file, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC,
                                        (hsize_t)place, found, sizeof found, H5P_DEFAULT);
    return length >= 0 && (size_t)length < sizeof found && !strcmp(found, name);
}

static enum error take_link(struct walk *walk, const char *name) {
    H5O_info_t info;
    if (is_left_out(name)) return ERROR_NONE;
    HDF_TRY(H5Oget_info_by_name(walk->replica->from, name, &info, H5P_DEFAULT));
    if (info.type != H5O_TYPE_DATASET)
        return RAISE(ERROR_INPUT, "%s holds '%s', which is not ours: remove it first",
                     walk->replica->path, name);
    if (walk->compare && !is_at(walk->replica->to, walk->variables++, name))
        return differ("the place of the variable", name);
    return take_twins(walk, name);
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info,
                         void *context) {
    struct walk *walk = context;
    (void)group;
    (void)info;
    return (walk->error = take_link(walk, name)) ? -1 : 0;
}

/* ---- the whole way ---- */

static enum error walk_through(struct walk *walk) {
    const struct replica *replica = walk->replica;
    struct twins roots = {.walk = walk, .from = replica->from, .to = replica->to};
    hsize_t size, place = 0;
    HDF_TRY(H5Fget_filesize(replica->from, &size));
    walk->pace.total = size;
    TRY(take_attributes(&roots));
    if (H5Literate(replica->from, H5_INDEX_CRT_ORDER, H5_ITER_INC, &place, visit_link,
                   walk) < 0)
        return walk->error ? walk->error : hdf_raise("H5Literate", __FILE__, __LINE__);
    return ERROR_NONE;
}

enum error replica_copy(const struct replica *replica) {
    char what[512];
    snprintf(what, sizeof what, "compacting %s", replica->path);
    struct walk walk = {.replica = replica, .pace = pace_begin(what, 1)};
    return walk_through(&walk);
}

enum error replica_check(const struct replica *replica) {
    char what[512];
    H5G_info_t links;
    snprintf(what, sizeof what, "comparing %s with its compact form", replica->path);
    struct walk walk = {.replica = replica, .pace = pace_begin(what, 1), .compare = true};
    TRY(walk_through(&walk));
    HDF_TRY(H5Gget_info(replica->to, &links));
    if (links.nlinks != (hsize_t)walk.variables + 1 ||
        !is_at(replica->to, walk.variables, SEAL_NAME))
        return RAISE(ERROR_STORE, "there is a variable too many");
    return ERROR_NONE;
}

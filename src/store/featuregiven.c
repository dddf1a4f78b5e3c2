#include "featuregiven.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dufm/log.h"

/* What is gathered from the attributes of the root. */
struct walk {
    const char *path; /* of the file */
    struct featurefile_facts *facts;
    bool tell;
    enum error error;
};

static bool is_name(const char *name) {
    bool good = isalpha((unsigned char)*name) || *name == '_';
    for (const char *at = name; *at && good; at++)
        good = isalnum((unsigned char)*at) || *at == '_';
    return good && strlen(name) < FEATUREFILE_NAME;
}

/* What those who read results make of them, and name so; "share_": all that begins so. */
static const char *const reserved[] = {
    "count", "ending", "loss_ratio", "loss_ratio_srg", "least_rank", "seal", "share_"};

static bool is_reserved(const char *name) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        size_t length = strlen(reserved[i]);
        bool family = reserved[i][length - 1] == '_';
        if (strncmp(name, reserved[i], length) == 0 && (family || !name[length]))
            return true;
    }
    return false;
}

/* Whether results have something else of that name. What is a parameter of a sweep's points
 * (width, seed, lambda) means the same of a network. */
static bool is_taken(const char *name) {
    int index = schema_find(name);
    if (is_reserved(name)) return true;
    for (int d = DIMENSION_CONFIG; d < DIMENSION_COUNT; d++)
        if (!strcmp(dimension_names[d], name)) return true;
    if (index < 0) return false;
    const struct variable *variable = &schema_get()->variables[index];
    return variable->measured || variable->source != SOURCE_POINT;
}

/* Integers beyond are no doubles, all of them. HDF5 turns what is larger than 64 bits can
 * hold into the largest that they can. */
static bool is_exact(int64_t value) {
    static const int64_t most = (int64_t)1 << DBL_MANT_DIG;
    return value >= -most && value <= most;
}

/* One number; *is_number is false for anything else, *value NaN for an integer that is no
 * double. */
static enum error read_number(hid_t root, const char *name, bool *is_number,
                              double *value) {
    int64_t whole = 0;
    hid_t attribute = H5Aopen(root, name, H5P_DEFAULT);
    HDF_TRY(attribute);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    H5T_class_t kind = H5Tget_class(type);
    *is_number = (kind == H5T_INTEGER || kind == H5T_FLOAT) &&
                 H5Sget_simple_extent_npoints(space) == 1;
    herr_t code = *is_number ? H5Aread(attribute, H5T_NATIVE_DOUBLE, value) : 0;
    if (code >= 0 && *is_number && kind == H5T_INTEGER)
        code = H5Aread(attribute, H5T_NATIVE_INT64, &whole);
    if (!is_exact(whole)) *value = NAN;
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
    HDF_TRY(code);
    return ERROR_NONE;
}

static enum error take_coordinate(struct walk *walk, hid_t root, const char *name) {
    struct featurefile_facts *facts = walk->facts;
    const char *path = walk->path;
    bool is_number = false;
    double value = 0;
    TRY(read_number(root, name, &is_number, &value));
    if (!is_number) {
        if (walk->tell && *name != '_')
            log_info("%s: the attribute '%s' is ignored: it is not one number", path,
                     name);
        return ERROR_NONE;
    }
    if (!is_name(name))
        return RAISE(ERROR_INPUT,
                     "%s: the attribute '%.80s' cannot name a coordinate; expected "
                     "letters, digits and _, fewer than %d",
                     path, name, FEATUREFILE_NAME);
    if (is_taken(name))
        return RAISE(ERROR_INPUT,
                     "%s: the attribute '%s' has a name that means something else in "
                     "results; call it otherwise, as in net_%s",
                     path, name, name);
    if (!isfinite(value))
        return RAISE(ERROR_INPUT,
                     "%s: the attribute '%s' is not finite, or an integer beyond 2^53, "
                     "which is not kept exactly; expected a number",
                     path, name);
    if (facts->coordinate_count == FEATUREFILE_COORDINATES)
        return RAISE(ERROR_INPUT, "%s has more than %d coordinates", path,
                     FEATUREFILE_COORDINATES);
    struct featurefile_coordinate *next = &facts->coordinate[facts->coordinate_count++];
    snprintf(next->name, sizeof next->name, "%s", name);
    next->value = value;
    return ERROR_NONE;
}

static herr_t take_attribute(hid_t root, const char *name, const H5A_info_t *info,
                             void *context) {
    struct walk *walk = context;
    (void)info;
    walk->error = take_coordinate(walk, root, name);
    return walk->error ? -1 : 0;
}

enum error featuregiven_read(hid_t file, const char *path, bool tell,
                             struct featurefile_facts *facts) {
    struct walk walk = {path, facts, tell, ERROR_NONE};
    hsize_t from = 0;
    herr_t code =
        H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_INC, &from, take_attribute, &walk);
    if (walk.error) return walk.error;
    HDF_TRY(code);
    return ERROR_NONE;
}

/* Definition of a new file's dimensions and variables, as netCDF-4 expects them: every
 * axis of every variable has a dimension scale, all creation orders are tracked. */
#include <hdf5_hl.h>

#include <stdio.h>
#include <string.h>

#include "table.h"

/* Properties of a new dataset: contiguous; its space, if `allocate`, taken and filled at
 * once, so that later writes are plain overwrites and a full disk shows now. */
static enum error set_properties(hid_t creation, enum cell cell, bool allocate) {
    unsigned order = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
    HDF_TRY(H5Pset_attr_creation_order(creation, order));
    HDF_TRY(H5Pset_layout(creation, H5D_CONTIGUOUS));
    HDF_TRY(H5Pset_alloc_time(creation,
                              allocate ? H5D_ALLOC_TIME_EARLY : H5D_ALLOC_TIME_LATE));
    HDF_TRY(H5Pset_fill_time(creation, H5D_FILL_TIME_ALLOC));
    HDF_TRY(H5Pset_fill_value(creation, hdf_type(cell), cell_fill(cell)));
    return ERROR_NONE;
}

struct axes {
    int rank;
    hsize_t length[RANK_MAX];
};

static enum error create_dataset(hid_t file, const char *name, enum cell cell,
                                 const struct axes *axes, bool allocate, hid_t *out) {
    enum error error;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(axes->rank, axes->length, NULL);
    TRY_OR(cleanup, error, set_properties(creation, cell, allocate));
    HDF_TRY_OR(cleanup, error,
               *out = H5Dcreate2(file, name, hdf_type(cell), space, H5P_DEFAULT, creation,
                                 H5P_DEFAULT));
cleanup:
    H5Sclose(space);
    H5Pclose(creation);
    return error ? error_prefix(error, "creating '%s'", name) : ERROR_NONE;
}

/* A dimension without a variable of its name: an empty dataset, which netCDF knows by
 * this text. */
static enum error define_scale(hid_t file, const char *name, uint64_t length) {
    char label[80];
    snprintf(label, sizeof label,
             "This is a netCDF dimension but not a netCDF variable.%10llu",
             (unsigned long long)length);
    struct axes axes = {1, {length}};
    hid_t scale = H5I_INVALID_HID;
    TRY(create_dataset(file, name, CELL_BYTE, &axes, false, &scale));
    enum error error;
    HDF_TRY_OR(cleanup, error, H5DSset_scale(scale, label));
cleanup:
    H5Dclose(scale);
    return error;
}

/* Whether a variable carries the values of its own dimension. */
static bool is_scale(const struct variable *variable) {
    return !strcmp(variable->name, dimension_names[variable->dimensions[0]]);
}

static enum error define_scales(hid_t file, const struct lengths *lengths) {
    for (int d = DIMENSION_CONFIG; d < DIMENSION_FEATURE_ROW; d++)
        if (lengths->of[d] > 0 && d != DIMENSION_TOLERANCE)
            TRY(define_scale(file, dimension_names[d], lengths->of[d]));
    return ERROR_NONE;
}

static enum error attach_scales(hid_t file, hid_t dataset,
                                const struct variable *variable) {
    for (int i = 0; i < variable_rank(variable); i++) {
        const char *name = dimension_names[variable->dimensions[i]];
        hid_t scale = H5Dopen2(file, name, H5P_DEFAULT);
        HDF_TRY(scale);
        herr_t code = H5DSattach_scale(dataset, scale, (unsigned)i);
        H5Dclose(scale);
        HDF_TRY(code);
    }
    return ERROR_NONE;
}

/* CF: the coordinates of a result are the parameters on the dimensions it has. */
static enum error write_coordinates(hid_t dataset, const struct variable *variable) {
    const struct schema *schema = schema_get();
    char names[1024] = "";
    size_t used = 0;
    bool layers = false;
    for (int i = 1; i < variable_rank(variable); i++)
        layers |= variable->dimensions[i] == DIMENSION_LAYER;
    for (int i = 0; i < schema->count; i++) {
        const struct variable *other = &schema->variables[i];
        if (!other->parameter || (variable_rank(other) > 1 && !layers)) continue;
        int more = snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "",
                            other->name);
        if ((size_t)more >= sizeof names - used) break;
        used += (size_t)more;
    }
    return hdf_write_text(dataset, "coordinates", names);
}

static enum error write_flags(hid_t dataset, const char *const *flags) {
    int8_t values[32];
    char meanings[512] = "";
    size_t used = 0;
    int count = 0;
    for (; count < (int)sizeof values && flags[count]; count++) {
        values[count] = (int8_t)count;
        int more = snprintf(meanings + used, sizeof meanings - used, "%s%s",
                            used ? " " : "", flags[count]);
        if ((size_t)more >= sizeof meanings - used)
            return RAISE(ERROR_STORE, "flag_meanings are longer than %zu bytes",
                         sizeof meanings);
        used += (size_t)more;
    }
    TRY(hdf_write_cells(dataset, "flag_values", CELL_BYTE, count, values));
    return hdf_write_text(dataset, "flag_meanings", meanings);
}

/* Only results may be missing; a reader masks the fill value of what may. */
static bool may_be_missing(const struct variable *variable) {
    bool number = variable->cell == CELL_REAL || variable->cell == CELL_INTEGER;
    return number && (variable->phase == PHASE_DATA || variable_rank(variable) > 1);
}

static enum error describe(hid_t dataset, const struct variable *variable) {
    TRY(hdf_write_text(dataset, "long_name", variable->long_name));
    if (variable->units) TRY(hdf_write_text(dataset, "units", variable->units));
    if (variable->comment) TRY(hdf_write_text(dataset, "comment", variable->comment));
    if (variable->flags) TRY(write_flags(dataset, variable->flags));
    if (may_be_missing(variable))
        TRY(hdf_write_cells(dataset, "_FillValue", variable->cell, 1,
                            cell_fill(variable->cell)));
    if (variable->dimensions[0] == DIMENSION_CONFIG && !variable->parameter)
        TRY(write_coordinates(dataset, variable));
    return ERROR_NONE;
}

static enum error finish_variable(hid_t file, hid_t dataset,
                                  const struct variable *variable) {
    TRY(describe(dataset, variable));
    if (!is_scale(variable)) return attach_scales(file, dataset, variable);
    HDF_TRY(H5DSset_scale(dataset, variable->name));
    return ERROR_NONE;
}

static enum error define_variable(struct table *table, int index) {
    const struct variable *variable = &schema_get()->variables[index];
    struct axes axes = {.rank = variable_rank(variable)};
    for (int i = 0; i < axes.rank; i++)
        axes.length[i] = table->lengths.of[variable->dimensions[i]];
    TRY(create_dataset(table->file, variable->name, variable->cell, &axes, true,
                       &table->variable[index]));
    return finish_variable(table->file, table->variable[index], variable);
}

enum error table_define(struct table *table, const struct lengths *lengths) {
    const struct schema *schema = schema_get();
    table->lengths = *lengths;
    for (int i = 0; i < VARIABLES_MAX; i++)
        table->variable[i] = H5I_INVALID_HID;
    TRY(define_scales(table->file, lengths));
    /* A scale must be there before what hangs on it. */
    for (int scales = 1; scales >= 0; scales--)
        for (int i = 0; i < schema->count; i++)
            if (is_scale(&schema->variables[i]) == scales &&
                variable_exists(&schema->variables[i], lengths))
                TRY(define_variable(table, i));
    return ERROR_NONE;
}

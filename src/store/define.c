/* Definition of a new file's dimensions and variables, as netCDF-4 expects them: every
 * axis of every variable has a dimension scale, all creation orders are tracked. */
#include <hdf5_hl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/interrupt.h"
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

/* A scale must be there before what hangs on it; the first layout table is to lie near
 * the beginning, where a file that is cut off still has it. */
static bool is_early(const struct variable *variable) {
    return is_scale(variable) || !strcmp(variable->name, "layout");
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

/* Whether an axis of each row is `layer`. */
static bool has_layers(const struct variable *variable) {
    bool layers = false;
    for (int i = 1; i < variable_rank(variable); i++)
        layers |= variable->dimensions[i] == DIMENSION_LAYER;
    return layers;
}

/* Of measured features: what their files give. */
static enum error write_given(hid_t dataset, const struct variable *variable,
                              const char *given) {
    char *names;
    if (asprintf(&names, "%s%s%s", has_layers(variable) ? "layer_name" : "source_file",
                 *given ? " " : "", given) < 0)
        return RAISE(ERROR_SYSTEM, "no memory for the names of coordinates");
    enum error error = hdf_write_text(dataset, "coordinates", names);
    free(names);
    return error;
}

/* CF: the coordinates of a result are the parameters on the dimensions it has. */
static enum error write_coordinates(hid_t dataset, const struct variable *variable) {
    const struct schema *schema = schema_get();
    char names[1024] = "";
    size_t used = 0;
    bool layers = has_layers(variable);
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

static enum error describe(const struct table *table, hid_t dataset,
                           const struct variable *variable) {
    bool measured = table->lengths.measured;
    const char *comment =
        measured && variable->without_loss ? variable->without_loss : variable->comment;
    TRY(hdf_write_text(dataset, "long_name", variable->long_name));
    if (variable->units) TRY(hdf_write_text(dataset, "units", variable->units));
    if (comment) TRY(hdf_write_text(dataset, "comment", comment));
    if (variable->flags) TRY(write_flags(dataset, variable->flags));
    if (may_be_missing(variable))
        TRY(hdf_write_cells(dataset, "_FillValue", variable->cell, 1,
                            cell_fill(variable->cell)));
    if (variable->dimensions[0] != DIMENSION_CONFIG || variable->parameter)
        return ERROR_NONE;
    if (!measured) return write_coordinates(dataset, variable);
    bool given = variable->phase == PHASE_CREATION || variable->source == SOURCE_MEASURED;
    return given ? ERROR_NONE : write_given(dataset, variable, table->given);
}

static enum error finish_variable(const struct table *table, hid_t dataset,
                                  const struct variable *variable) {
    TRY(describe(table, dataset, variable));
    if (!is_scale(variable)) return attach_scales(table->file, dataset, variable);
    HDF_TRY(H5DSset_scale(dataset, variable->name));
    return ERROR_NONE;
}

enum error table_define_variable(const struct table *table,
                                 const struct variable *variable, hid_t *out) {
    struct axes axes = {.rank = variable_rank(variable)};
    for (int i = 0; i < axes.rank; i++)
        axes.length[i] = table->lengths.of[variable->dimensions[i]];
    TRY(create_dataset(table->file, variable->name, variable->cell, &axes, true, out));
    return finish_variable(table, *out, variable);
}

/* Filling a large file takes a while: a signal is heeded between the variables. */
static enum error define_unless_stopped(struct table *table, int index) {
    char name[1024] = "a file";
    if (interrupt_requested()) {
        H5Fget_name(table->file, name, sizeof name);
        return RAISE(ERROR_INTERRUPTED,
                     "stopped while %s was made; run the same command again", name);
    }
    return table_define_variable(table, &schema_get()->variables[index],
                                 &table->variable[index]);
}

enum error table_define(struct table *table, const struct lengths *lengths) {
    const struct schema *schema = schema_get();
    table->lengths = *lengths;
    table->pieces = false;
    for (int i = 0; i < VARIABLES_MAX; i++)
        table->variable[i] = H5I_INVALID_HID;
    TRY(define_scales(table->file, lengths));
    for (int early = 1; early >= 0; early--)
        for (int i = 0; i < schema->count; i++)
            if (is_early(&schema->variables[i]) == early &&
                variable_exists(&schema->variables[i], lengths))
                TRY(define_unless_stopped(table, i));
    return ERROR_NONE;
}

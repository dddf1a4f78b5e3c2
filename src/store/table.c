#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/contain.h"
#include "root.h"

/* Length of a dimension from its scale; 0 where the file has none. */
static enum error read_length(hid_t file, const char *name, uint64_t *out) {
    *out = 0;
    htri_t there = H5Lexists(file, name, H5P_DEFAULT);
    HDF_TRY(there);
    if (!there) return ERROR_NONE;
    enum error error = ERROR_NONE;
    hid_t space = H5I_INVALID_HID, scale = H5Dopen2(file, name, H5P_DEFAULT);
    HDF_TRY(scale);
    HDF_TRY_OR(cleanup, error, space = H5Dget_space(scale));
    hssize_t length = H5Sget_simple_extent_npoints(space);
    HDF_TRY_OR(cleanup, error, length);
    *out = (uint64_t)length;
cleanup:
    H5Sclose(space);
    H5Dclose(scale);
    return error;
}

static enum error read_lengths(struct table *table) {
    TRY(hdf_read_integer(table->file, ATTRIBUTE_VERSION, &table->lengths.version));
    table->lengths.measured = hdf_has(table->file, ATTRIBUTE_GIVEN);
    table->lengths.dated = table->lengths.measured &&
                           H5Lexists(table->file, "source_modified", H5P_DEFAULT) > 0;
    for (int d = DIMENSION_CONFIG; d < DIMENSION_COUNT; d++)
        TRY(read_length(table->file, dimension_names[d], &table->lengths.of[d]));
    if (table->lengths.of[DIMENSION_CONFIG] == 0)
        return RAISE(ERROR_STORE, "the file has no dimension 'config'");
    return ERROR_NONE;
}

/* Whether an open dataset has the type and the shape of its row in the table. */
static bool has_shape(hid_t dataset, const struct variable *variable,
                      const struct lengths *lengths) {
    hsize_t shape[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    int rank = H5Sget_simple_extent_dims(space, shape, NULL);
    bool same =
        rank == variable_rank(variable) && H5Tequal(type, hdf_type(variable->cell));
    for (int i = 0; same && i < rank; i++)
        same = shape[i] == lengths->of[variable->dimensions[i]];
    H5Tclose(type);
    H5Sclose(space);
    return same;
}

static bool has_pieces(hid_t dataset) {
    hid_t creation = H5Dget_create_plist(dataset);
    bool pieces = H5Pget_layout(creation) != H5D_CONTIGUOUS;
    H5Pclose(creation);
    return pieces;
}

static enum error open_variable(struct table *table, int index, hid_t access) {
    const struct variable *variable = &schema_get()->variables[index];
    hid_t dataset = H5Dopen2(table->file, variable->name, access);
    if (dataset < 0)
        return RAISE(ERROR_STORE, "the file lacks the variable '%s'", variable->name);
    table->variable[index] = dataset;
    if (!has_shape(dataset, variable, &table->lengths))
        return RAISE(ERROR_STORE,
                     "the variable '%s' has another type or shape than its "
                     "dimensions say",
                     variable->name);
    table->pieces |= has_pieces(dataset);
    return ERROR_NONE;
}

enum error table_open(struct table *table, const struct lengths *known, bool collective) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < VARIABLES_MAX; i++)
        table->variable[i] = H5I_INVALID_HID;
    table->pieces = false;
    if (known)
        table->lengths = *known;
    else
        TRY(read_lengths(table));
    enum error error = ERROR_NONE;
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (collective)
        HDF_TRY_OR(cleanup, error, H5Pset_all_coll_metadata_ops(access, true));
    for (int i = 0; i < schema->count; i++)
        if (variable_exists(&schema->variables[i], &table->lengths))
            TRY_OR(cleanup, error, open_variable(table, i, access));
cleanup:
    H5Pclose(access);
    return error;
}

bool table_is_compact(const struct table *table) {
    if (table->lengths.measured) return false; /* has no layout either */
    return table->pieces || table->lengths.of[DIMENSION_LAYOUT] == 0;
}

/* All that is open is closed, whatever fails; the first failure counts. */
enum error table_close(struct table *table) {
    enum error error = ERROR_NONE;
    for (int i = 0; i < schema_get()->count; i++)
        if (table->variable[i] >= 0 && H5Dclose(table->variable[i]) < 0 && !error)
            error = hdf_raise("H5Dclose", __FILE__, __LINE__);
    if (H5Fclose(table->file) < 0 && !error)
        error = hdf_raise("H5Fclose", __FILE__, __LINE__);
    return error;
}

/* Select the rows of a span in the file's dataspace and a flat one in memory. */
static enum error select_span(const struct table *table, const struct span *span,
                              hid_t *file_space, hid_t *memory_space) {
    const struct variable *variable = &schema_get()->variables[span->variable];
    hsize_t start[RANK_MAX] = {span->first}, count[RANK_MAX] = {span->count};
    hsize_t cells = span->count * variable_cells(variable, &table->lengths);
    for (int i = 1; i < variable_rank(variable); i++)
        count[i] = table->lengths.of[variable->dimensions[i]];
    *memory_space = H5Screate_simple(1, &cells, NULL);
    *file_space = H5Dget_space(table->variable[span->variable]);
    HDF_TRY(*memory_space);
    HDF_TRY(*file_space);
    HDF_TRY(H5Sselect_hyperslab(*file_space, H5S_SELECT_SET, start, NULL, count, NULL));
    return ERROR_NONE;
}

enum error table_read_as(const struct table *table, const struct span *span, hid_t type,
                         void *values) {
    hid_t dataset = table->variable[span->variable];
    hid_t file_space = H5I_INVALID_HID, memory_space = H5I_INVALID_HID;
    enum error error = select_span(table, span, &file_space, &memory_space);
    if (!error &&
        H5Dread(dataset, type, memory_space, file_space, H5P_DEFAULT, values) < 0)
        error = hdf_raise_read(__FILE__, __LINE__);
    H5Sclose(file_space);
    H5Sclose(memory_space);
    contain_progress();
    const char *name = schema_get()->variables[span->variable].name;
    return error ? error_prefix(error, "reading '%s'", name) : ERROR_NONE;
}

/* Select one element of each row of a span. */
static enum error select_elements(const struct span *span, const size_t *element,
                                  hid_t file_space) {
    const struct variable *variable = &schema_get()->variables[span->variable];
    hsize_t start[RANK_MAX] = {span->first}, count[RANK_MAX] = {span->count};
    for (int i = 1; i < variable_rank(variable); i++) {
        start[i] = element[i - 1];
        count[i] = 1;
    }
    HDF_TRY(file_space);
    HDF_TRY(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, count, NULL));
    return ERROR_NONE;
}

enum error table_read_elements(const struct table *table, const struct span *span,
                               const size_t *element, double *values) {
    hid_t dataset = table->variable[span->variable];
    hsize_t cells = span->count;
    hid_t memory_space = H5Screate_simple(1, &cells, NULL);
    HDF_TRY(memory_space);
    hid_t file_space = H5Dget_space(dataset);
    enum error error = select_elements(span, element, file_space);
    if (!error && H5Dread(dataset, H5T_NATIVE_DOUBLE, memory_space, file_space,
                          H5P_DEFAULT, values) < 0)
        error = hdf_raise("H5Dread", __FILE__, __LINE__);
    H5Sclose(file_space);
    H5Sclose(memory_space);
    contain_progress();
    const char *name = schema_get()->variables[span->variable].name;
    return error ? error_prefix(error, "reading '%s'", name) : ERROR_NONE;
}

enum error table_read(const struct table *table, const struct span *span, void *values) {
    enum cell cell = schema_get()->variables[span->variable].cell;
    return table_read_as(table, span, hdf_type(cell), values);
}

/* MPI-IO does not say why the system refused a write: errno still does, where nothing
 * reset it. `code` is errno, 0 before the write. */
static enum error raise_write(int code) {
    enum error error = hdf_raise("H5Dwrite", __FILE__, __LINE__);
    const char *reason = strerror(code);
    if (code == 0 || strstr(error_message(), reason)) return error;
    return error_prefix(error, "%s", reason);
}

enum error table_write(const struct table *table, const struct span *span,
                       const void *values) {
    const struct variable *variable = &schema_get()->variables[span->variable];
    hid_t file_space = H5I_INVALID_HID, memory_space = H5I_INVALID_HID;
    enum error error = select_span(table, span, &file_space, &memory_space);
    errno = 0;
    if (!error && H5Dwrite(table->variable[span->variable], hdf_type(variable->cell),
                           memory_space, file_space, H5P_DEFAULT, values) < 0)
        error = raise_write(errno);
    H5Sclose(file_space);
    H5Sclose(memory_space);
    return error ? error_prefix(error, "writing '%s'", variable->name) : ERROR_NONE;
}

enum error table_write_run(const struct table *table, const struct block *block,
                           const struct run *run) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < schema->count; i++) {
        if (!block->image[i] || schema->variables[i].phase != run->phase) continue;
        struct span span = {i, run->first, (uint64_t)run->count};
        TRY(table_write(table, &span, block_cell(block, run->slot, i)));
    }
    return ERROR_NONE;
}

enum error table_offset(const struct table *table, int variable, uint64_t *offset) {
    haddr_t place = H5Dget_offset(table->variable[variable]);
    if (place == HADDR_UNDEF)
        return RAISE(ERROR_STORE, "the values of '%s' have no place in the file",
                     schema_get()->variables[variable].name);
    *offset = place;
    return ERROR_NONE;
}

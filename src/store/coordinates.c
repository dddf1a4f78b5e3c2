#include "coordinates.h"

#include <stdlib.h>
#include <string.h>

#include "root.h"

/* "epoch width" into names without datasets; *out owns the list even where this fails. */
static enum error split(const char *names, struct coordinates *out) {
    *out = (struct coordinates){0};
    void *memory;
    TRY(memory_allocate(strlen(names) / 2 + 1, sizeof *out->list, &memory));
    out->list = memory;
    for (const char *at = names + strspn(names, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        struct coordinate *next = &out->list[out->count];
        if (length >= sizeof next->name)
            return RAISE(ERROR_STORE, "the name of a coordinate is too long");
        memcpy(next->name, at, length);
        next->dataset = H5I_INVALID_HID;
        out->count++;
        at += length;
    }
    return ERROR_NONE;
}

static bool has_shape(hid_t dataset, const struct table *table) {
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    bool same = H5Sget_simple_extent_ndims(space) == 1 &&
                H5Tequal(type, hdf_type(CELL_REAL)) > 0 &&
                (uint64_t)H5Sget_simple_extent_npoints(space) ==
                    table->lengths.of[DIMENSION_CONFIG];
    H5Tclose(type);
    H5Sclose(space);
    return same;
}

static enum error open_all(const struct table *table, struct coordinates *out) {
    for (int i = 0; i < out->count; i++) {
        struct coordinate *one = &out->list[i];
        one->dataset = H5Dopen2(table->file, one->name, H5P_DEFAULT);
        if (one->dataset < 0 || !has_shape(one->dataset, table))
            return RAISE(ERROR_STORE,
                         "the coordinate '%s' is missing, or of another type or shape",
                         one->name);
    }
    return ERROR_NONE;
}

enum error coordinates_open(const struct table *table, struct coordinates *out) {
    char *names;
    *out = (struct coordinates){0};
    if (!table->lengths.measured) return ERROR_NONE;
    TRY(hdf_read_text(table->file, ATTRIBUTE_GIVEN, &names));
    enum error error = split(names, out);
    free(names);
    if (!error) error = open_all(table, out);
    if (error) coordinates_close(out);
    return error;
}

static enum error define_all(const struct table *table, struct coordinates *out) {
    for (int i = 0; i < out->count; i++) {
        struct variable variable = {.name = out->list[i].name,
                                    .cell = CELL_REAL,
                                    .phase = PHASE_CREATION,
                                    .dimensions = {DIMENSION_CONFIG},
                                    .source = SOURCE_MEASURED,
                                    .units = "1",
                                    .long_name = COORDINATE_LONG_NAME,
                                    .comment = "attribute of its root of that name"};
        TRY(table_define_variable(table, &variable, &out->list[i].dataset));
    }
    return ERROR_NONE;
}

enum error coordinates_define(const struct table *table, struct coordinates *out) {
    enum error error = split(table->given, out);
    if (!error) error = define_all(table, out);
    if (error) coordinates_close(out);
    return error;
}

void coordinates_close(struct coordinates *coordinates) {
    for (int i = 0; i < coordinates->count; i++)
        if (coordinates->list[i].dataset >= 0) H5Dclose(coordinates->list[i].dataset);
    free(coordinates->list);
    *coordinates = (struct coordinates){0};
}

int coordinates_find(const struct coordinates *coordinates, const char *name) {
    for (int i = 0; i < coordinates->count; i++)
        if (!strcmp(coordinates->list[i].name, name)) return i;
    return -1;
}

/* Rows of one of them: in the file, and as a flat run in memory. */
struct selection {
    hid_t file, memory;
};

static enum error select_rows(hid_t dataset, uint64_t first, uint64_t count,
                              struct selection *out) {
    hsize_t start = first, length = count;
    out->memory = H5Screate_simple(1, &length, NULL);
    out->file = H5Dget_space(dataset);
    HDF_TRY(out->memory);
    HDF_TRY(out->file);
    HDF_TRY(H5Sselect_hyperslab(out->file, H5S_SELECT_SET, &start, NULL, &length, NULL));
    return ERROR_NONE;
}

enum error coordinates_read(const struct coordinates *coordinates, int index,
                            uint64_t first, uint64_t count, double *out) {
    struct selection rows;
    hid_t dataset = coordinates->list[index].dataset;
    enum error error = select_rows(dataset, first, count, &rows);
    if (!error &&
        H5Dread(dataset, H5T_NATIVE_DOUBLE, rows.memory, rows.file, H5P_DEFAULT, out) < 0)
        error = hdf_raise("H5Dread", __FILE__, __LINE__);
    H5Sclose(rows.file);
    H5Sclose(rows.memory);
    return error ? error_prefix(error, "reading '%s'", coordinates->list[index].name)
                 : ERROR_NONE;
}

enum error coordinates_write_row(const struct coordinates *coordinates, uint64_t row,
                                 const double *values) {
    enum error error = ERROR_NONE;
    for (int i = 0; i < coordinates->count && !error; i++) {
        struct selection rows;
        hid_t dataset = coordinates->list[i].dataset;
        error = select_rows(dataset, row, 1, &rows);
        if (!error && H5Dwrite(dataset, H5T_NATIVE_DOUBLE, rows.memory, rows.file,
                               H5P_DEFAULT, &values[i]) < 0)
            error = hdf_raise("H5Dwrite", __FILE__, __LINE__);
        H5Sclose(rows.file);
        H5Sclose(rows.memory);
    }
    return error;
}

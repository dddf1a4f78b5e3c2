/* The proof that two files hold the same finds everything in which they do not. */
#include <hdf5_hl.h>
#include <string.h>
#include <unistd.h>

#include "../../src/store/replica.h"
#include "../../src/store/seal.h"
#include "unit.h"

static const char from_path[] = "replica-from.h5", to_path[] = "replica-to.h5";

enum { ROWS = 3000 };

/* ---- a file like ours, and its twin ---- */

static void define_scale(hid_t file, const char *name, hsize_t length) {
    hid_t space = H5Screate_simple(1, &length, NULL);
    hid_t scale = H5Dcreate2(file, name, H5T_STD_I8LE, space, H5P_DEFAULT, H5P_DEFAULT,
                             H5P_DEFAULT);
    assert_true(H5DSset_scale(scale, name) >= 0);
    H5Dclose(scale);
    H5Sclose(space);
}

/* Numbers on (config, hash_length), so that both dimensions can be confused. */
static void define_variable(hid_t file, const char *name) {
    static double values[ROWS][HASH_TEXT];
    static const char *const axes[] = {"config", "hash_length"};
    hsize_t shape[] = {ROWS, HASH_TEXT};
    for (int i = 0; i < ROWS; i++)
        values[i][0] = i % 7 ? i : (double)NAN;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_attr_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
    hid_t space = H5Screate_simple(2, shape, NULL);
    hid_t dataset =
        H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    assert_true(
        H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    assert_ok(hdf_write_text(dataset, "long_name", "loss"));
    for (unsigned i = 0; i < 2; i++) {
        hid_t scale = H5Dopen2(file, axes[i], H5P_DEFAULT);
        assert_true(H5DSattach_scale(dataset, scale, i) >= 0);
        H5Dclose(scale);
    }
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
}

static void make_file(void) {
    hid_t file;
    assert_ok(hdf_create(from_path, HDF_SERIAL, &file));
    assert_ok(hdf_write_text(file, "title", "made"));
    define_scale(file, "config", ROWS);
    define_scale(file, "hash_length", HASH_TEXT);
    define_variable(file, "loss");
    define_variable(file, "layout"); /* left out */
    define_variable(file, "steps");
    H5Fclose(file);
}

static void make_twin(void) {
    struct replica replica = {.path = from_path};
    struct launch launch = {.revision = "0", .host = "host"};
    uint64_t offset;
    assert_ok(hdf_open(from_path, HDF_SERIAL, false, &replica.from));
    assert_ok(hdf_create_pieces(to_path, &replica.to));
    assert_ok(replica_copy(&replica));
    assert_ok(seal_define(replica.to, &launch, &offset));
    H5Fclose(replica.to);
    H5Fclose(replica.from);
    assert_ok(seal_close(to_path, offset));
}

static enum error compare(bool *sealed) {
    struct replica replica = {.path = from_path};
    assert_ok(hdf_open(from_path, HDF_SERIAL, false, &replica.from));
    assert_ok(hdf_open(to_path, HDF_SERIAL, false, &replica.to));
    enum error error = replica_check(&replica);
    assert_ok(seal_check(replica.to, sealed));
    H5Fclose(replica.to);
    H5Fclose(replica.from);
    return error;
}

/* ---- what can go wrong ---- */

static void change_value(hid_t file) {
    hid_t dataset = H5Dopen2(file, "steps", H5P_DEFAULT);
    hsize_t start[] = {ROWS - 1, 3}, count[] = {1, 1}, one = 1;
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(1, &one, NULL);
    double zero = -0.0; /* equal to 0, but not the same */
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, &zero) >=
                0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(dataset);
}

static void change_attribute(hid_t file) {
    hid_t dataset = H5Dopen2(file, "loss", H5P_DEFAULT);
    H5Adelete(dataset, "long_name");
    assert_ok(hdf_write_text(dataset, "long_name", "Loss"));
    H5Dclose(dataset);
}

static void change_order_of_attributes(hid_t file) {
    hid_t dataset = H5Dopen2(file, "loss", H5P_DEFAULT);
    H5Adelete(dataset, "long_name");
    assert_ok(hdf_write_text(dataset, "long_name", "loss")); /* the last one now */
    H5Dclose(dataset);
}

static void add_attribute(hid_t file) {
    hid_t dataset = H5Dopen2(file, "loss", H5P_DEFAULT);
    assert_ok(hdf_write_text(dataset, "note", "more"));
    H5Dclose(dataset);
}

static void change_title(hid_t file) {
    H5Adelete(file, "title");
    assert_ok(hdf_write_text(file, "title", "Made"));
}

static void change_dimension(hid_t file) {
    hid_t dataset = H5Dopen2(file, "loss", H5P_DEFAULT);
    hid_t one = H5Dopen2(file, "config", H5P_DEFAULT);
    hid_t other = H5Dopen2(file, "hash_length", H5P_DEFAULT);
    H5DSdetach_scale(dataset, one, 0);
    assert_true(H5DSattach_scale(dataset, other, 0) >= 0);
    H5Dclose(other);
    H5Dclose(one);
    H5Dclose(dataset);
}

static void remove_variable(hid_t file) {
    assert_true(H5Ldelete(file, "steps", H5P_DEFAULT) >= 0);
}

static void add_variable(hid_t file) {
    define_scale(file, "more", 3);
}

static void change_order_of_variables(hid_t file) {
    H5Lmove(file, "loss", file, "kept", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lmove(file, "kept", file, "loss", H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void nothing(hid_t file) {
    (void)file;
}

static const struct {
    const char *name;
    void (*change)(hid_t file);
    enum error error;
} changes[] = {
    {"nothing", nothing, ERROR_NONE},
    {"value", change_value, ERROR_STORE},
    {"attribute", change_attribute, ERROR_STORE},
    {"order of attributes", change_order_of_attributes, ERROR_STORE},
    {"one attribute more", add_attribute, ERROR_STORE},
    {"title", change_title, ERROR_STORE},
    {"dimension", change_dimension, ERROR_STORE},
    {"one variable less", remove_variable, ERROR_STORE},
    {"one variable more", add_variable, ERROR_STORE},
    {"order of variables", change_order_of_variables, ERROR_STORE},
};

static void test_changes_are_found(void **state) {
    (void)state;
    make_file();
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        hid_t file;
        bool sealed;
        make_twin();
        assert_ok(hdf_open(to_path, HDF_SERIAL, true, &file));
        changes[i].change(file);
        H5Fclose(file);
        enum error error = compare(&sealed);
        if (error != changes[i].error)
            fail_msg("%s: error %d: %s", changes[i].name, (int)error, error_message());
        if (sealed != (error == ERROR_NONE)) fail_msg("%s: the seal", changes[i].name);
    }
    unlink(from_path);
    unlink(to_path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes_are_found)};
    hdf_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

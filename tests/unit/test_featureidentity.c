/* The identity of a file of features: every fact counts, and nothing else; and whether a file
 * that is open has been written to. */
#include <fcntl.h>
#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/featurefile.h"
#include "unit.h"

static void fill(struct featurefile_facts *facts, int garbage) {
    memset(facts, garbage, sizeof *facts);
    facts->state = (struct featurefile_state){1000, 5};
    facts->shape.depth = 2;
    facts->shape.classes = 3;
    facts->shape.samples = 12;
    for (int l = 0; l < 2; l++) {
        struct features_layer *layer = &facts->shape.layer[l];
        memset(layer, 0, sizeof *layer);
        layer->width = 5;
        layer->side[SIDE_POST] = true;
        snprintf(facts->layer_name[l], sizeof facts->layer_name[l], "fc%d", l);
    }
    facts->coordinate_count = 1;
    snprintf(facts->coordinate[0].name, sizeof facts->coordinate[0].name, "epoch");
    facts->coordinate[0].value = 2;
}

static struct featurefile_facts base, other;

static void test_what_is_unused_does_not_count(void **state) {
    (void)state;
    fill(&base, 0);
    fill(&other, 0x5a);
    assert_true(featurefile_identity(&base) == featurefile_identity(&other));
}

#define assert_counts(change)                                                            \
    do {                                                                                 \
        fill(&other, 0);                                                                 \
        change;                                                                          \
        assert_true(featurefile_identity(&base) != featurefile_identity(&other));        \
    } while (0)

static void test_every_fact_counts(void **state) {
    (void)state;
    fill(&base, 0);
    assert_counts(other.state.bytes++);
    assert_counts(other.state.modified++);
    assert_counts(other.shape.depth = 1);
    assert_counts(other.shape.classes++);
    assert_counts(other.shape.samples++);
    for (int l = 0; l < 2; l++) {
        assert_counts(other.shape.layer[l].width++);
        assert_counts(other.shape.layer[l].rows++);
        assert_counts(other.shape.layer[l].columns++);
        assert_counts(other.shape.layer[l].side[SIDE_PRE] = true);
        assert_counts(other.layer_name[l][2] = '7');
    }
    assert_counts(other.coordinate_count = 0);
    assert_counts(other.coordinate[0].name[0] = 'E');
    assert_counts(other.coordinate[0].value = 3);
}

static void write_values(hid_t file, const char *name, hid_t type, const hsize_t *shape,
                         int rank, const void *values) {
    hid_t creation = H5Pcreate(H5P_LINK_CREATE);
    hid_t space = H5Screate_simple(rank, shape, NULL);
    H5Pset_create_intermediate_group(creation, 1);
    hid_t dataset =
        H5Dcreate2(file, name, type, space, creation, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(creation);
}

static void test_a_file_that_is_written_to(void **state) {
    (void)state;
    static const int labels[] = {0, 1};
    static const double values[] = {1, 2, 3, 4};
    static const hsize_t shape[] = {2, 2};
    char path[] = "/tmp/dufm-features-XXXXXX";
    struct featurefile *file;
    bool changed = true;
    close(mkstemp(path));
    hid_t made = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    write_values(made, "labels", H5T_NATIVE_INT, shape, 1, labels);
    write_values(made, "layers/x/post", H5T_NATIVE_DOUBLE, shape, 2, values);
    H5Fclose(made);
    assert_ok(featurefile_open(path, false, &file));
    assert_ok(featurefile_changed(file, &changed));
    assert_false(changed);
    const struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 5}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_ok(featurefile_changed(file, &changed));
    assert_true(changed);
    featurefile_close(&file);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_unused_does_not_count),
        cmocka_unit_test(test_every_fact_counts),
        cmocka_unit_test(test_a_file_that_is_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

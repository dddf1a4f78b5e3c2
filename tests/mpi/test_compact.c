/* A compact file is read by all ranks at once through MPI-IO, each alone and together.
 * Works in the current folder. */
#include <hdf5.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "dufm/compact.h"
#include "dufm/launch.h"
#include "dufm/store.h"
#include "made_result.h"

static const char text[] = "name: pieces\n"
                           "grid: {seed: {range: [0, 63]}}\n"
                           "point: {depth: 4, width: 40, classes: 5, lambda: 0.001}\n"
                           "output: {history: 0, gram: false, weights: true}\n";
static const char path[] = "compact.h5";

enum { POINTS = 64, DEPTH = 4, WIDTH = 40, ROW = DEPTH * WIDTH * WIDTH };

/* One process suffices: rank 0 writes all rows, then makes the file compact. */
static void make_file(void) {
    struct sweep *sweep = NULL;
    struct store *store = NULL;
    struct launch launch;
    struct arena arena = {0};
    CHECK_OK(sweep_parse("sweep.yaml", text, strlen(text), &sweep));
    launch_describe(&launch);
    launch_seal(&launch);
    CHECK_OK(store_open(&(struct store_target){path, sweep, &launch, false}, &store));
    for (uint64_t row = 0; comm_rank() == 0 && row < POINTS; row++) {
        struct point point;
        struct result result;
        grid_point(sweep, row, &point);
        CHECK_OK(made_result(&point, &sweep->output, row, &arena, &result));
        CHECK_OK(store_stage(store, row, &point, &result));
        if ((int)row % store_stage_capacity(store) == store_stage_capacity(store) - 1)
            CHECK_OK(store_commit(store));
    }
    CHECK_OK(store_commit(store));
    CHECK_OK(store_close(&store));
    arena_release(&arena);
    sweep_destroy(&sweep);
    struct compact_request request = {.file = path, .launch = launch};
    struct compact_report report;
    CHECK_OK(comm_barrier());
    if (comm_rank() == 0) CHECK_OK(compact_file(&request, &report));
    CHECK_OK(comm_barrier());
}

static void read_row(hid_t dataset, H5FD_mpio_xfer_t mode, hsize_t row, double *values) {
    hsize_t start[4] = {row}, count[4] = {1, DEPTH, WIDTH, WIDTH};
    hid_t space = H5Dget_space(dataset), memory = H5Screate_simple(4, count, NULL);
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
    H5Pset_dxpl_mpio(transfer, mode);
    CHECK(H5Dread(dataset, H5T_NATIVE_DOUBLE, memory, space, transfer, values) >= 0,
          "row %d cannot be read", (int)row);
    H5Pclose(transfer);
    H5Sclose(memory);
    H5Sclose(space);
}

static void check_reading(hid_t dataset, H5FD_mpio_xfer_t mode, double *values) {
    for (int turn = 0; turn < 8; turn++) { /* every rank as often: some read together */
        hsize_t row = (hsize_t)((turn * comm_size() + comm_rank()) % POINTS);
        read_row(dataset, mode, row, values);
        for (size_t i = 0; i < ROW - WIDTH * WIDTH; i++) /* the last layer is smaller */
            if (values[i] != made_value(row, 33, i)) {
                CHECK(false, "row %d: %g at %d", (int)row, values[i], (int)i);
                return;
            }
    }
}

static void read_together(void) {
    static double values[ROW];
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fapl_mpio(access, MPI_COMM_WORLD, MPI_INFO_NULL);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
    hid_t dataset = H5Dopen2(file, "weight", H5P_DEFAULT);
    hid_t creation = H5Dget_create_plist(dataset);
    CHECK(H5Pget_layout(creation) == H5D_CHUNKED, "'weight' is in one piece");
    check_reading(dataset, H5FD_MPIO_INDEPENDENT, values);
    check_reading(dataset, H5FD_MPIO_COLLECTIVE, values);
    H5Pclose(creation);
    H5Dclose(dataset);
    H5Fclose(file);
    H5Pclose(access);
}

int main(void) {
    if (comm_start()) {
        fprintf(stderr, "%s\n", error_message());
        return 1;
    }
    if (comm_rank() == 0) unlink(path);
    CHECK_OK(comm_barrier());
    make_file();
    read_together();
    CHECK_OK(comm_barrier());
    if (comm_rank() == 0) unlink(path);
    CHECK_OK(comm_end());
    return check_failures > 0;
}

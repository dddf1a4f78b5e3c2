#include "dufm/featurefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/isolate.h"
#include "dufm/log.h"
#include "featuregiven.h"
#include "featurelayer.h"
#include "featurepiece.h"
#include "pace.h"

enum { TEXT = 512 };

struct progress {
    struct pace pace;
    atomic_ullong read; /* samples, of all sides and passes */
};

struct featurefile {
    char *path; /* owned */
    hid_t file;
    struct featurefile_facts facts;
    int *label;                /* size N; owned */
    int *class_size;           /* size K; owned */
    hid_t dataset;             /* that is being read, or invalid ... */
    const char *group, *name;  /* ... /layers/GROUP/NAME */
    struct progress *progress; /* shared with child processes; owned */
};

/* How rows are read: what HDF5 converts passes through memory that stays, and stays in the
 * second-level cache. It would take new memory for every read. */
static hid_t transfer_properties(void) {
    static unsigned char buffer[1 << 18];
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    if (transfer < 0 || H5Pset_buffer(transfer, sizeof buffer, buffer, NULL) >= 0)
        return transfer;
    H5Pclose(transfer);
    return H5I_INVALID_HID;
}

/* Rows first .. first + count - 1 with all that they hold. */
static enum error read_rows(hid_t dataset, uint64_t first, uint64_t count, hid_t type,
                            void *out) {
    hsize_t start[H5S_MAX_RANK] = {first}, shape[H5S_MAX_RANK], cells = count;
    enum error error;
    int rank = featurelayer_shape(dataset, shape);
    HDF_TRY(rank);
    shape[0] = count;
    for (int i = 1; i < rank; i++)
        cells *= shape[i];
    hid_t memory = H5Screate_simple(1, &cells, NULL), space = H5Dget_space(dataset);
    hid_t transfer = transfer_properties();
    HDF_TRY_OR(cleanup, error, transfer);
    HDF_TRY_OR(cleanup, error,
               H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, shape, NULL));
    HDF_TRY_OR(cleanup, error, H5Dread(dataset, type, memory, space, transfer, out));
cleanup:
    H5Pclose(transfer);
    H5Sclose(space);
    H5Sclose(memory);
    return error;
}

/* ---- labels ---- */

static enum error check_labels(hid_t dataset, const char *path, int *count) {
    hsize_t shape[H5S_MAX_RANK];
    hid_t type = H5Dget_type(dataset);
    bool integers = H5Tget_class(type) == H5T_INTEGER;
    H5Tclose(type);
    if (!integers)
        return RAISE(ERROR_INPUT,
                     "%s: /labels holds no integers; expected the class of each sample, "
                     "from 0",
                     path);
    if (featurelayer_shape(dataset, shape) != 1 || shape[0] < 2 || shape[0] > INT_MAX)
        return RAISE(ERROR_INPUT,
                     "%s: /labels must have one dimension of 2 to %d samples", path,
                     INT_MAX);
    *count = (int)shape[0];
    return ERROR_NONE;
}

/* With a sample of each class there are at most as many classes as samples. */
static enum error take_label(struct featurefile *file, int sample, int64_t value) {
    struct features_shape *shape = &file->facts.shape;
    if (value < 0 || value >= shape->samples)
        return RAISE(ERROR_INPUT,
                     "%s: /labels[%d] is %lld; expected classes numbered from 0, each "
                     "with a sample, so from 0 to %d",
                     file->path, sample, (long long)value, shape->samples - 1);
    file->label[sample] = (int)value;
    if (value >= shape->classes) shape->classes = (int)value + 1;
    return ERROR_NONE;
}

/* In blocks: there may be more than memory should hold as 64 bits each. */
static enum error take_labels(struct featurefile *file, hid_t dataset) {
    enum { BLOCK = 8192 };
    int64_t values[BLOCK];
    int samples = file->facts.shape.samples;
    void *memory;
    TRY(memory_allocate((size_t)samples, sizeof *file->label, &memory));
    file->label = memory;
    for (int first = 0, count; first < samples; first += count) {
        count = samples - first < BLOCK ? samples - first : BLOCK;
        TRY(read_rows(dataset, (uint64_t)first, (uint64_t)count, H5T_NATIVE_INT64,
                      values));
        for (int j = 0; j < count; j++)
            TRY(take_label(file, first + j, values[j]));
    }
    return ERROR_NONE;
}

static enum error count_classes(struct featurefile *file) {
    const struct features_shape *shape = &file->facts.shape;
    void *memory;
    if (shape->classes < 2)
        return RAISE(ERROR_INPUT,
                     "%s: /labels has one class, 0; expected two classes or more",
                     file->path);
    TRY(memory_allocate((size_t)shape->classes, sizeof *file->class_size, &memory));
    file->class_size = memory;
    for (int j = 0; j < shape->samples; j++)
        file->class_size[file->label[j]]++;
    for (int k = 0; k < shape->classes; k++)
        if (file->class_size[k] == 0)
            return RAISE(ERROR_INPUT,
                         "%s: /labels has no sample of class %d, but of class %d; "
                         "expected classes numbered from 0 without a gap",
                         file->path, k, shape->classes - 1);
    return ERROR_NONE;
}

static enum error read_labels(struct featurefile *file) {
    const struct featurelayer_place place = {file->path, NULL, "labels"};
    H5O_info_t facts;
    hid_t dataset;
    if (H5Lexists(file->file, "labels", H5P_DEFAULT) <= 0 ||
        H5Oget_info_by_name2(file->file, "labels", &facts, H5O_INFO_BASIC, H5P_DEFAULT) <
            0 ||
        facts.type != H5O_TYPE_DATASET)
        return RAISE(ERROR_INPUT,
                     "%s has no dataset /labels; expected the class of each sample, "
                     "integers from 0",
                     file->path);
    TRY(featurepiece_open(file->file, &place, &dataset, &file->facts.unpacking));
    enum error error = check_labels(dataset, file->path, &file->facts.shape.samples);
    if (!error) error = take_labels(file, dataset);
    H5Dclose(dataset);
    return error ? error : count_classes(file);
}

static herr_t note_extra(hid_t root, const char *name, const H5L_info_t *info,
                         void *context) {
    (void)root;
    (void)info;
    if (strcmp(name, "labels") && strcmp(name, "layers"))
        log_info("%s: /%s is ignored", (const char *)context, name);
    return 0;
}

/* ---- opening ---- */

/* HDF5 is asked only about files that begin as HDF5 does. */
static enum error check_bytes(const char *path) {
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    char start[sizeof signature - 1] = "";
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return RAISE(ERROR_INPUT, "cannot open %s: %s", path, strerror(errno));
    bool folder = !fstat(fd, &facts) && S_ISDIR(facts.st_mode);
    ssize_t length = folder ? 0 : pread(fd, start, sizeof start, 0);
    close(fd);
    if (folder) return RAISE(ERROR_INPUT, "%s is a folder, not a file", path);
    if (length == (ssize_t)sizeof start && !memcmp(start, signature, sizeof start))
        return ERROR_NONE;
    return RAISE(ERROR_INPUT, "%s is not an HDF5 file; expected a file of features",
                 path);
}

static enum error read_state(const struct featurefile *file,
                             struct featurefile_state *out) {
    struct stat facts;
    int fd;
    TRY(hdf_descriptor(file->file, &fd));
    if (fstat(fd, &facts))
        return RAISE(ERROR_SYSTEM, "cannot look at %s: %s", file->path, strerror(errno));
    out->bytes = (uint64_t)facts.st_size;
    out->modified = (int64_t)facts.st_mtim.tv_sec * 1000000000 + facts.st_mtim.tv_nsec;
    return ERROR_NONE;
}

static enum error begin_progress(struct featurefile *file) {
    void *memory;
    const struct features_shape *shape = &file->facts.shape;
    uint64_t sides = 0;
    for (int l = 0; l < shape->depth; l++)
        sides += (uint64_t)shape->layer[l].side[SIDE_PRE] +
                 (uint64_t)shape->layer[l].side[SIDE_POST];
    TRY(isolate_share(sizeof *file->progress, &memory));
    file->progress = memory;
    file->progress->pace = pace_begin(file->path, 2 * sides * (uint64_t)shape->samples);
    return ERROR_NONE;
}

static enum error open_file(struct featurefile *file, bool tell) {
    TRY(check_bytes(file->path));
    if (hdf_open(file->path, HDF_SERIAL, false, &file->file))
        return error_prefix(ERROR_STORE, "%s cannot be read", file->path);
    TRY(read_state(file, &file->facts.state));
    TRY(read_labels(file));
    TRY(featurelayer_look(file->file, file->path, tell, &file->facts));
    TRY(featuregiven_read(file->file, file->path, tell, &file->facts));
    if (tell)
        HDF_TRY(H5Literate(file->file, H5_INDEX_NAME, H5_ITER_INC, NULL, note_extra,
                           file->path));
    return begin_progress(file);
}

enum error featurefile_open(const char *path, bool tell, struct featurefile **out) {
    void *memory;
    hdf_start();
    TRY(memory_allocate(1, sizeof(struct featurefile), &memory));
    struct featurefile *file = memory;
    file->file = file->dataset = H5I_INVALID_HID;
    file->path = strdup(path);
    enum error error =
        file->path ? open_file(file, tell) : RAISE(ERROR_SYSTEM, "no memory for a name");
    if (error)
        featurefile_close(&file);
    else
        *out = file;
    return error;
}

void featurefile_close(struct featurefile **file) {
    struct featurefile *closing = *file;
    if (!closing) return;
    *file = NULL;
    if (closing->dataset >= 0) H5Dclose(closing->dataset);
    if (closing->file >= 0) H5Fclose(closing->file); /* nothing was written */
    void *memory = closing->progress;
    isolate_release(&memory, sizeof *closing->progress);
    free(closing->label);
    free(closing->class_size);
    free(closing->path);
    free(closing);
}

const struct featurefile_facts *featurefile_facts(const struct featurefile *file) {
    return &file->facts;
}

/* ---- has it changed? ---- */

enum error featurefile_changed(const struct featurefile *file, bool *changed) {
    const struct featurefile_state *then = &file->facts.state;
    struct featurefile_state now = {0};
    TRY(read_state(file, &now));
    *changed = now.bytes != then->bytes || now.modified != then->modified;
    return ERROR_NONE;
}

/* ---- reading ---- */

/* The first row of a block with a value that is not finite, or -1. */
static int find_unusable(const double *values, int rows, size_t columns) {
    for (int j = 0; j < rows; j++)
        for (size_t i = 0; i < columns; i++)
            if (!isfinite(values[(size_t)j * columns + i])) return j;
    return -1;
}

/* What a read failed of, or which row holds a value that is not finite. */
static enum error judge(const struct featurelayer_place *place, enum error error,
                        int row) {
    char name[TEXT];
    featurelayer_name(place, name, sizeof name);
    if (error) return error_prefix(error, "%s", name);
    if (row < 0) return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s[%d] holds a value that is not finite; expected finite numbers", name,
                 row);
}

/* One dataset is open at a time: what it keeps unpacked goes with it. */
static enum error turn_to(struct featurefile *file,
                          const struct featurelayer_place *place, int rows, int columns) {
    const int lengths[2] = {rows, columns};
    if (file->dataset >= 0) {
        if (file->group == place->group && file->name == place->name) return ERROR_NONE;
        H5Dclose(file->dataset);
    }
    file->dataset = H5I_INVALID_HID;
    file->group = place->group;
    file->name = place->name;
    return featurelayer_open(file->file, place, lengths, &file->dataset);
}

static enum error read_features(void *context, int layer, enum side side, int first,
                                int count, double *out) {
    struct featurefile *file = context;
    struct featurelayer_place place = {file->path, file->facts.layer_name[layer - 1],
                                       featurelayer_sides[side]};
    const struct features_shape *shape = &file->facts.shape;
    int width = shape->layer[layer - 1].width;
    TRY(turn_to(file, &place, shape->samples, width));
    enum error error = read_rows(file->dataset, (uint64_t)first, (uint64_t)count,
                                 H5T_NATIVE_DOUBLE, out);
    int bad = error ? -1 : find_unusable(out, count, (size_t)width);
    TRY(judge(&place, error, bad < 0 ? -1 : first + bad));
    struct progress *progress = file->progress;
    unsigned long long before = atomic_fetch_add(&progress->read, (unsigned)count);
    return pace_step(&progress->pace, before + (unsigned)count);
}

/* The file has rows of weights one behind the other; `out` has columns. */
static enum error read_weight(void *context, int layer, double *out) {
    static const char weight[] = "weight";
    struct featurefile *file = context;
    const struct features_layer *shape = &file->facts.shape.layer[layer - 1];
    struct featurelayer_place place = {file->path, file->facts.layer_name[layer - 1],
                                       weight};
    size_t rows = (size_t)shape->rows, columns = (size_t)shape->columns;
    void *memory;
    TRY(turn_to(file, &place, shape->rows, shape->columns));
    TRY(memory_allocate(columns, sizeof(double), &memory));
    double *row = memory;
    enum error error = ERROR_NONE;
    for (size_t i = 0; i < rows && !error; i++) {
        error = read_rows(file->dataset, i, 1, H5T_NATIVE_DOUBLE, row);
        bool bad = !error && find_unusable(row, 1, columns) >= 0;
        error = judge(&place, error, bad ? (int)i : -1);
        for (size_t j = 0; j < columns && !error; j++)
            out[j * rows + i] = row[j];
    }
    free(memory);
    return error;
}

/* Processes share the place in a file where reading goes on: HDF5 must not use it. */
#ifdef H5_HAVE_PREADWRITE
static const bool positional = true;
#else
static const bool positional = false;
#endif

struct features_source featurefile_source(struct featurefile *file) {
    return (struct features_source){.label = file->label,
                                    .class_size = file->class_size,
                                    .read = read_features,
                                    .read_weight = read_weight,
                                    .context = file,
                                    .divisible = positional};
}

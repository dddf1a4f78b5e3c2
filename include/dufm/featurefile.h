/* A file of features of a trained network, as a few lines of Python write it (HDF5):
 *
 *     /labels                 (N) integers: the class of each sample, 0 .. K-1
 *     /layers/NAME/pre        (N, ...) features before the activation
 *     /layers/NAME/post       (N, ...) the same after it: what `weight` is multiplied with
 *     /layers/NAME/weight     (out, ...) the weights behind them
 *
 * in any floating-point type; all dimensions of a sample are taken as one, and so are
 * those of a row of weights.  A layer needs `pre` or `post`.  Layers come in the order in
 * which they were created, where the group tells it, else by name, numbers in names as
 * numbers.  Each attribute of the root that is a number is a coordinate: what the file is
 * told apart by from others of the same network (epoch, weight_decay, width).
 */
#ifndef DUFM_FEATUREFILE_H
#define DUFM_FEATUREFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "dufm/error.h"
#include "dufm/features.h"
#include "dufm/launch.h"

enum { FEATUREFILE_NAME = 64, FEATUREFILE_COORDINATES = 64 };

struct featurefile_coordinate {
    char name[FEATUREFILE_NAME];
    double value;
};

/* What the file system says of a file: another state of it is told by that. */
struct featurefile_state {
    uint64_t bytes;
    int64_t modified; /* nanoseconds since 1970, UTC */
};

struct featurefile_facts {
    struct featurefile_state state; /* when it was opened */
    struct features_shape shape;
    char layer_name[FEATURES_LAYERS][LAUNCH_LONG_TEXT];
    int coordinate_count;
    struct featurefile_coordinate coordinate[FEATUREFILE_COORDINATES]; /* by name */
    size_t unpacking; /* bytes that reading takes for what is stored compressed */
};

struct featurefile;

/* Open for reading and check everything but the values of features; notes of what is
 * ignored go to the log where `tell` is set. ERROR_INPUT with file, dataset and what was
 * expected; ERROR_STORE when HDF5 cannot read it. *out: featurefile_close. */
enum error featurefile_open(const char *path, bool tell, struct featurefile **out);
void featurefile_close(struct featurefile **file);

/* Owned by the file. */
const struct featurefile_facts *featurefile_facts(const struct featurefile *file);

/* Hash of all facts: of a file that has changed it is another one. */
uint64_t featurefile_identity(const struct featurefile_facts *facts);

/* Whether the file has been written to since it was opened. ERROR_SYSTEM, ERROR_STORE. */
enum error featurefile_changed(const struct featurefile *file, bool *changed);

/* How features_measure reads it; valid while the file is open. Reading tells how far it is
 * every few seconds; ERROR_INTERRUPTED when a signal asks to stop, ERROR_INPUT with the
 * sample where a value is not finite. */
struct features_source featurefile_source(struct featurefile *file);

#endif

/* The layers of a file of features: which there are, in which order, how large. */
#ifndef DUFM_STORE_FEATURELAYER_H
#define DUFM_STORE_FEATURELAYER_H

#include "dufm/featurefile.h"
#include "hdf.h"

/* Where a layer or dataset is, for messages. */
struct featurelayer_place {
    const char *path;  /* of the file */
    const char *group; /* of the layer; NULL: the root */
    const char *name;  /* of the dataset */
};

extern const char *const featurelayer_sides[SIDE_COUNT]; /* "pre", "post" */

/* Fill the layers of `facts`, the number of samples known. `tell`: note what is ignored.
 * ERROR_INPUT. */
enum error featurelayer_look(hid_t file, const char *path, bool tell,
                             struct featurefile_facts *facts);

/* Open a dataset that was looked at, to be read by rows. ERROR_INPUT where it has other
 * lengths now: rows x columns. *out: H5Dclose. */
enum error featurelayer_open(hid_t file, const struct featurelayer_place *place,
                             const int lengths[2], hid_t *out);

/* Lengths of a dataset, at most H5S_MAX_RANK of them; its rank, negative on failure. */
int featurelayer_shape(hid_t dataset, hsize_t shape[H5S_MAX_RANK]);

/* "file.h5: /layers/NAME/post" */
void featurelayer_name(const struct featurelayer_place *place, char *text, size_t size);

#endif

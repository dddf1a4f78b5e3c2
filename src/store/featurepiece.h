/* Datasets of a file of features as they are stored: in pieces ("chunks"), which a filter has
 * made small. A piece is unpacked as a whole, so that what is read in blocks of rows needs
 * room for all the pieces that a row goes through, or each of them is unpacked for every
 * block.
 */
#ifndef DUFM_STORE_FEATUREPIECE_H
#define DUFM_STORE_FEATUREPIECE_H

#include "featurelayer.h"

/* Open a dataset to be read by rows, with that room; *memory: bytes that reading takes at
 * most. ERROR_INPUT where there is none of that name, *out invalid then, or it is made small
 * by what this program cannot undo. *out: H5Dclose. */
enum error featurepiece_open(hid_t group, const struct featurelayer_place *place,
                             hid_t *out, size_t *memory);

#endif

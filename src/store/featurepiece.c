#include "featurepiece.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { TEXT = 512, PLACES_MOST = 1 << 17 };

/* ---- can it be unpacked? ---- */

static enum error check_filter(hid_t creation, unsigned index, const char *name) {
    char filter[64] = "";
    unsigned flags, used;
    size_t values = 0;
    H5Z_filter_t number = H5Pget_filter2(creation, index, &flags, &values, NULL,
                                         sizeof filter, filter, &used);
    HDF_TRY(number);
    if (H5Zfilter_avail(number) > 0) return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s is stored with the filter '%.60s' (number %d), which this program "
                 "cannot undo; write it with compression=\"gzip\" or without any",
                 name, *filter ? filter : "of no name", (int)number);
}

static enum error check_filters(hid_t creation, int count,
                                const struct featurelayer_place *place) {
    char name[TEXT];
    featurelayer_name(place, name, sizeof name);
    for (int i = 0; i < count; i++)
        TRY(check_filter(creation, (unsigned)i, name));
    return ERROR_NONE;
}

/* ---- room ---- */

/* What a row of samples goes through. */
struct band {
    size_t piece, bytes; /* of one piece, of all of them */
    size_t places; /* in the table that HDF5 finds them by: at best its own for each */
};

/* a b, or the largest number where that is more. */
static size_t times(size_t a, hsize_t b) {
    return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * (size_t)b;
}

static hsize_t power_above(hsize_t count) {
    hsize_t power = 1;
    while (power < count && power < PLACES_MOST)
        power *= 2;
    return power;
}

/* The first of the lengths counts rows; no length of a piece is 0. */
static struct band band_of(const hsize_t *shape, const hsize_t *piece, int rank,
                           size_t cell) {
    struct band band = {times(cell, piece[0]), 0, 1};
    size_t count = 1;
    for (int i = 1; i < rank; i++) {
        hsize_t pieces = shape[i] / piece[i] + (shape[i] % piece[i] != 0);
        band.piece = times(band.piece, piece[i]);
        band.places = times(band.places, power_above(pieces));
        count = times(count, pieces);
    }
    band.bytes = times(band.piece, count);
    if (band.places > PLACES_MOST) band.places = PLACES_MOST;
    return band;
}

/* Whether it is stored in pieces that are unpacked as a whole, and if so, in which. */
static enum error find_band(hid_t dataset, const struct featurelayer_place *place,
                            struct band *out) {
    hsize_t shape[H5S_MAX_RANK], piece[H5S_MAX_RANK];
    enum error error = ERROR_NONE;
    int rank = featurelayer_shape(dataset, shape);
    hid_t creation = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    int filters = H5Pget_nfilters(creation);
    if (filters > 0) error = check_filters(creation, filters, place);
    if (!error && filters > 0 && rank > 0 && H5Pget_chunk(creation, rank, piece) == rank)
        *out = band_of(shape, piece, rank, H5Tget_size(type));
    H5Tclose(type);
    H5Pclose(creation);
    return error;
}

/* Pieces that have been read to their end go first: none is needed again in a pass. */
static enum error open_with_room(hid_t group, const char *name, const struct band *band,
                                 hid_t *out) {
    enum error error;
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    HDF_TRY_OR(cleanup, error,
               H5Pset_chunk_cache(access, 2 * band->places + 1, band->bytes, 1));
    HDF_TRY_OR(cleanup, error, *out = H5Dopen2(group, name, access));
cleanup:
    H5Pclose(access);
    return error;
}

/* ---- opening ---- */

static enum error open_plain(hid_t group, const struct featurelayer_place *place,
                             hid_t *out) {
    char name[TEXT];
    *out = H5Dopen2(group, place->name, H5P_DEFAULT);
    if (*out >= 0) return ERROR_NONE;
    featurelayer_name(place, name, sizeof name);
    return RAISE(ERROR_INPUT, "%s is no dataset that can be read; expected numbers",
                 name);
}

enum error featurepiece_open(hid_t group, const struct featurelayer_place *place,
                             hid_t *out, size_t *memory) {
    struct band band = {0};
    hid_t plain;
    *memory = 0;
    TRY(open_plain(group, place, &plain));
    enum error error = find_band(plain, place, &band);
    if (error || band.bytes == 0) {
        *out = error ? H5I_INVALID_HID : plain;
        if (error) H5Dclose(plain);
        return error;
    }
    H5Dclose(plain);
    *memory = band.bytes > SIZE_MAX - times(band.piece, 2)
                  ? SIZE_MAX
                  : band.bytes + times(band.piece, 2); /* while one is unpacked */
    return open_with_room(group, place->name, &band, out);
}

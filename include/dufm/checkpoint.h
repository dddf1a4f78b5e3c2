/* A descent under way as bytes: everything that its rest depends on (train.h), bound to
 * what it belongs to and closed by a checksum. A descent that goes on from them ends with
 * the same bits as one that was never left. Numbers are in the machine's own form. */
#ifndef DUFM_CHECKPOINT_H
#define DUFM_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include "dufm/train.h"

/* What a saved descent is of. */
struct checkpoint_label {
    uint64_t trail; /* point_trail */
    uint64_t maker; /* hash of the fingerprint of program, CPU and libraries */
};

/* Bytes of a saved descent of this shape with a full history. */
size_t checkpoint_bytes(const struct training *training);

/* Save into `out`, checkpoint_bytes of them; returns how many were used. */
size_t checkpoint_pack(const struct training *training,
                       const struct checkpoint_label *label, unsigned char *out);

/* Whether a saved descent can be gone on with, and if not, why. */
enum checkpoint_fit {
    CHECKPOINT_FITS,
    CHECKPOINT_DAMAGED, /* cut short, or other bytes than were written */
    CHECKPOINT_OTHER,   /* of another point, or with another history */
    CHECKPOINT_FOREIGN, /* of another program, CPU or libraries: other last bits */
    CHECKPOINT_LATER,   /* of a later limit than this descent's, or past it */
};

/* Put the saved descent in the place of `training`'s (after training_start), which is
 * changed only when it fits. One that was saved under an earlier limit max_steps, within
 * its main phase, fits too. */
enum checkpoint_fit checkpoint_unpack(struct training *training,
                                      const struct checkpoint_label *label,
                                      const unsigned char *data, size_t bytes);

/* Whether these are the bytes of a descent that has come to its limit max_steps, and only
 * waits for a later one. */
bool checkpoint_is_at_limit(const unsigned char *data, size_t bytes);

#endif

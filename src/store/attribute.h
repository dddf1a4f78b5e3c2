/* Attributes whose meaning this program need not know: copied and compared as they are.
 * Serial. */
#ifndef DUFM_STORE_ATTRIBUTE_H
#define DUFM_STORE_ATTRIBUTE_H

#include "hdf.h"

/* Copy one attribute of an object to another object, behind those that it has.
 * ERROR_INPUT where it is of a kind that cannot be copied: no numbers and no text. */
enum error attribute_copy(hid_t from, hid_t to, const char *name);

/* Whether both objects have it with the same type, shape and bytes. */
enum error attribute_equal(hid_t one, hid_t other, const char *name, bool *equal);

/* Whether attribute number `place` of an object, in the order they were made, has this
 * name; NULL: whether there is none. */
bool attribute_is_at(hid_t object, uint64_t place, const char *name);

#endif

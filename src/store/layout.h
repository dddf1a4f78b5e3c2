/* Where the values lie in a file, as a text inside the file, so that they can be read
 * when HDF5 cannot find them any more: the variable "layout" and its copy.
 *
 *     dufm layout table
 *     schema                       3
 *     bytes                     6135      of this table
 *     file                    140288      size of the file
 *     structure     0123456789abcdef      hash of all bytes that are no values
 *     length config               40      ... of each dimension
 *     variable depth            2048      ... offset of each variable's values
 *     sweep                      357      bytes of the sweep's text
 *     name: quickstart                    ... which follows, and an end of line
 *     checksum      0123456789abcdef      hash of the lines above
 *
 * Columns are fixed, so that the table's size is known before its numbers are.
 */
#ifndef DUFM_STORE_LAYOUT_H
#define DUFM_STORE_LAYOUT_H

#include "dufm/error.h"
#include "schema.h"

struct layout {
    struct lengths lengths;
    uint64_t offset[VARIABLES_MAX]; /* of the first value; 0: the file has none */
    uint64_t file_bytes;
    uint64_t structure; /* hash of the bytes outside of all values */
    char *text;         /* the sweep's; owned */
};

/* Length of the table of a file: DIMENSION_LAYOUT. 0 without memory. */
uint64_t layout_bytes(const struct lengths *lengths, const char *sweep_text);

/* The first line, and the length that a table with these first bytes states: 0 where it is
 * none; LAYOUT_START bytes are enough to tell. */
enum { LAYOUT_START = 160 };
extern const char *const layout_magic;
size_t layout_stated_bytes(const char *data, size_t bytes);

/* Read a table that begins at `data`; `bytes` are there. *out: layout_release.
 * ERROR_STORE where it is no table, cut off, damaged or of another schema version. */
enum error layout_read(const char *data, size_t bytes, struct layout *out);
void layout_release(struct layout *layout);

/* The first intact table in an open file, found by its first line alone. ERROR_STORE when
 * there is none. */
enum error layout_find(int fd, struct layout *out);

/* Whether an open file that HDF5 may not know any more holds the first line of a table
 * within its first and last megabyte. */
bool layout_is_near(int fd);

/* What helps where HDF5 cannot open the file of that name any more: part of a sentence,
 * static. Without a table there, as in a compact file, nothing can be saved. */
const char *layout_remedy(const char *path);

/* Complete the table of a file that is built and closed, from its lengths, offsets and
 * text, and write it to both places. */
enum error layout_seal(const char *path, struct layout *layout);

/* Hash of the bytes of an open file that belong to no variable, and the file's size. */
enum error layout_hash_structure(int fd, const struct layout *layout, uint64_t *hash,
                                 uint64_t *bytes);

#endif

/* Which rows of a file were found damaged: how many, and the first of them for people. */
#ifndef DUFM_STORE_DAMAGE_H
#define DUFM_STORE_DAMAGE_H

#include <stddef.h>
#include <stdint.h>

enum { DAMAGE_LISTED = 20 };

struct damage {
    uint64_t count;
    uint64_t rows[DAMAGE_LISTED];
};

void damage_note(struct damage *damage, uint64_t row);

/* "row 7", "rows 3, 7, 12", "rows 1, 2, ... and 1000 more"; returns `text`. */
const char *damage_format(const struct damage *damage, char *text, size_t size);

#endif

#include "damage.h"

#include <stdbool.h>
#include <stdio.h>

static int listed(const struct damage *damage) {
    return damage->count < DAMAGE_LISTED ? (int)damage->count : DAMAGE_LISTED;
}

/* The least ones are listed, in order. */
void damage_note(struct damage *damage, uint64_t row) {
    bool full = listed(damage) == DAMAGE_LISTED;
    int place = full ? DAMAGE_LISTED - 1 : listed(damage);
    damage->count++;
    if (full && row > damage->rows[place]) return;
    for (; place > 0 && damage->rows[place - 1] > row; place--)
        damage->rows[place] = damage->rows[place - 1];
    damage->rows[place] = row;
}

const char *damage_format(const struct damage *damage, char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, "row%s", damage->count == 1 ? "" : "s");
    for (int i = 0; i < listed(damage) && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %llu", i > 0 ? "," : "",
                                 (unsigned long long)damage->rows[i]);
    if (damage->count > DAMAGE_LISTED && used < size)
        snprintf(text + used, size - used, " and %llu more",
                 (unsigned long long)(damage->count - DAMAGE_LISTED));
    return text;
}

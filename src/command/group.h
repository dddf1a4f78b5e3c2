/* Groups of rows with equal keys: how many are done, means and deviations of columns, and
 * the share of each ending. */
#ifndef DUFM_COMMAND_GROUP_H
#define DUFM_COMMAND_GROUP_H

#include "dufm/statistics.h"
#include "frame.h"

/* Columns of a frame and their parts. */
struct group_plan {
    const struct frame *frame; /* not owned */
    int keys;                  /* the first columns of the frame are the keys */
    const int *values;         /* size value_count: columns to average; not owned */
    int value_count;
    int ending;       /* column of the endings, a flag */
    int ending_count; /* kinds of endings */
};

struct group {
    uint64_t count;            /* rows that are done */
    struct statistics *values; /* size value_count: of the finite values of these */
    uint64_t *endings;         /* size ending_count */
    size_t key_bytes;
    unsigned char *key; /* the values of the key columns, one behind the other */
};

struct groups {
    struct group_plan plan;
    struct group **list; /* size count, in the order of their first rows; owned */
    uint64_t count, capacity;
    void *tree; /* of tsearch, by key */
    unsigned char *scratch;
};

/* Begin without any; groups_release frees them. ERROR_SYSTEM. */
enum error groups_create(struct groups *groups, const struct group_plan *plan);
void groups_release(struct groups *groups);

/* Count the row in a slot of the frame; only its group where it is not done. */
enum error groups_add(struct groups *groups, uint64_t slot);

/* First byte of a key's value. */
const void *group_key(const struct groups *groups, const struct group *group, int key);

#endif

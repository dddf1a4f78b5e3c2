#include "group.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/kind.h"
#include "dufm/memory.h"

static size_t key_bytes(const struct group_plan *plan) {
    size_t bytes = 0;
    for (int k = 0; k < plan->keys; k++)
        bytes += plan->frame->columns[k].stride;
    return bytes;
}

enum error groups_create(struct groups *groups, const struct group_plan *plan) {
    void *memory;
    *groups = (struct groups){.plan = *plan};
    TRY(memory_allocate(1, key_bytes(plan), &memory));
    groups->scratch = memory;
    return ERROR_NONE;
}

static void keep_node(void *node) {
    (void)node; /* groups are freed through the list */
}

void groups_release(struct groups *groups) {
    tdestroy(groups->tree, keep_node);
    for (uint64_t i = 0; i < groups->count; i++)
        free(groups->list[i]);
    free(groups->list);
    free(groups->scratch);
    *groups = (struct groups){0};
}

/* Equal values are equal bytes: there is one NaN, and texts end in zeros. */
static int compare(const void *one, const void *other) {
    const struct group *a = one, *b = other;
    return memcmp(a->key, b->key, a->key_bytes);
}

static void copy_key(const struct group_plan *plan, uint64_t slot, unsigned char *out) {
    for (int k = 0; k < plan->keys; k++) {
        size_t stride = plan->frame->columns[k].stride;
        memcpy(out, frame_value(plan->frame, slot, k), stride);
        out += stride;
    }
}

/* One piece of memory: the group, its statistics, its endings, its key. */
static enum error make_group(const struct groups *groups, const struct group *like,
                             struct group **out) {
    const struct group_plan *plan = &groups->plan;
    struct statistics *values;
    size_t value_bytes = (size_t)plan->value_count * sizeof *values;
    size_t ending_bytes = (size_t)plan->ending_count * sizeof(uint64_t);
    void *memory;
    TRY(memory_allocate(
        1, sizeof(struct group) + value_bytes + ending_bytes + like->key_bytes, &memory));
    struct group *group = memory;
    values = (void *)(group + 1);
    uint64_t *endings = (void *)(values + plan->value_count);
    *group = (struct group){.values = values,
                            .endings = endings,
                            .key_bytes = like->key_bytes,
                            .key = (unsigned char *)(endings + plan->ending_count)};
    memcpy(group->key, like->key, like->key_bytes);
    *out = group;
    return ERROR_NONE;
}

static enum error grow(struct groups *groups) {
    if (groups->count < groups->capacity) return ERROR_NONE;
    uint64_t capacity = groups->capacity > 0 ? 2 * groups->capacity : 64;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the list is one of pointers */
    void *list = realloc(groups->list, capacity * sizeof *groups->list);
    if (list == NULL)
        return RAISE(ERROR_SYSTEM, "no memory for %llu groups",
                     (unsigned long long)capacity);
    groups->list = list;
    groups->capacity = capacity;
    return ERROR_NONE;
}

static enum error find_group(struct groups *groups, uint64_t slot, struct group **out) {
    struct group probe = {.key_bytes = key_bytes(&groups->plan), .key = groups->scratch};
    copy_key(&groups->plan, slot, probe.key);
    struct group **found = tfind(&probe, &groups->tree, compare);
    if (found != NULL) {
        *out = *found;
        return ERROR_NONE;
    }
    TRY(grow(groups));
    TRY(make_group(groups, &probe, out));
    groups->list[groups->count++] = *out;
    if (tsearch(*out, &groups->tree, compare) == NULL)
        return RAISE(ERROR_SYSTEM, "no memory for a group");
    return ERROR_NONE;
}

enum error groups_add(struct groups *groups, uint64_t slot) {
    const struct group_plan *plan = &groups->plan;
    struct group *group;
    TRY(find_group(groups, slot, &group));
    if (plan->frame->status[slot] != STATUS_DONE) return ERROR_NONE;
    group->count++;
    for (int v = 0; v < plan->value_count; v++) {
        double value = frame_number(plan->frame, slot, plan->values[v]);
        if (isfinite(value)) statistics_add(&group->values[v], value);
    }
    double ending = frame_number(plan->frame, slot, plan->ending);
    if (ending >= 0 && ending < plan->ending_count) group->endings[(int)ending]++;
    return ERROR_NONE;
}

const void *group_key(const struct groups *groups, const struct group *group, int key) {
    const unsigned char *at = group->key;
    for (int k = 0; k < key; k++)
        at += groups->plan.frame->columns[k].stride;
    return at;
}

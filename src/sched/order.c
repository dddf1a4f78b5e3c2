/* Rows into classes of about one cost, in one pass. */
#include "dufm/order.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"

enum { SLOTS = 512 /* of the hash table, twice the classes */ };

/* A class while rows are sorted in. */
struct heap {
    uint64_t label; /* see coarsen */
    int number;     /* by which its rows know it */
    uint32_t first, count;
    double sum; /* of costs */
};

/* Classes are numbered as they come; `slots` finds them by their label. */
struct sorter {
    int coarseness; /* how much labels leave out */
    int count;
    struct heap heaps[ORDER_CLASSES];
    int slots[SLOTS]; /* number of a class + 1; 0: free */
};

/* Rounded cost as an integer of the same order: the upper 16 bits of a float. */
static uint32_t key_of_cost(double cost) {
    float value = (float)cost;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 16;
}

/* Shape and rounded cost, the cost in the lower 16 bits. Each step of coarseness leaves
 * more out: first the shape, then a bit of the cost's mantissa after the other. After
 * seven bits only exponents are left, fewer than ORDER_CLASSES. */
static uint64_t coarsen(uint64_t label, int coarseness) {
    if (coarseness == 0) return label;
    return (label & 0xffff) >> (coarseness - 1) << (coarseness - 1);
}

static int *slot_of(struct sorter *sorter, uint64_t label) {
    uint64_t place = (label * 0x9e3779b97f4a7c15u) >> 55;
    for (;; place = (place + 1) % SLOTS) {
        int *slot = &sorter->slots[place];
        if (*slot == 0 || sorter->heaps[*slot - 1].label == label) return slot;
    }
}

/* The class of that label, a new one where there is none; -1 where no other fits. */
static int find_or_add(struct sorter *sorter, uint64_t label) {
    int *slot = slot_of(sorter, label);
    if (*slot > 0) return *slot - 1;
    if (sorter->count == ORDER_CLASSES) return -1;
    sorter->heaps[sorter->count] = (struct heap){.label = label, .number = sorter->count};
    return (*slot = ++sorter->count) - 1;
}

static void add_to(struct heap *heap, const struct heap *rows) {
    if (heap->count == 0) heap->first = rows->first;
    heap->count += rows->count;
    heap->sum += rows->sum;
}

static void rename_members(uint8_t *member, uint32_t rows, const uint8_t *names) {
    for (uint32_t row = 0; row < rows; row++)
        member[row] = names[member[row]];
}

/* All classes are in use: leave more out, so that some become one. */
static void merge_classes(struct sorter *sorter, uint8_t *member, uint32_t rows) {
    struct sorter merged = {.coarseness = sorter->coarseness + 1};
    uint8_t names[ORDER_CLASSES + 1] = {[ORDER_NONE] = ORDER_NONE};
    for (int c = 0; c < sorter->count; c++) {
        const struct heap *heap = &sorter->heaps[c];
        int found = find_or_add(&merged, coarsen(heap->label, merged.coarseness));
        names[c] = (uint8_t)found;
        add_to(&merged.heaps[found], heap);
    }
    rename_members(member, rows, names);
    *sorter = merged;
}

/* Anything above zero has a class: a positive row is never dropped. */
static void sort_row(struct sorter *sorter, uint8_t *member, uint32_t row,
                     const struct policy_cost *cost) {
    member[row] = ORDER_NONE;
    if (!(cost->seconds > 0)) return;
    double seconds = fmin(fmax(cost->seconds, FLT_MIN), FLT_MAX);
    uint64_t label = (uint64_t)cost->shape << 16 | key_of_cost(seconds);
    int found;
    while ((found = find_or_add(sorter, coarsen(label, sorter->coarseness))) < 0)
        merge_classes(sorter, member, row);
    member[row] = (uint8_t)found;
    add_to(&sorter->heaps[found],
           &(struct heap){.first = row, .count = 1, .sum = seconds});
}

/* ---- from the sorter to the order ---- */

static double mean_cost(const struct heap *heap) {
    return heap->sum / heap->count;
}

/* Dearest first; of equal ones the one whose first row comes first. */
static int compare(const void *one, const void *other) {
    const struct heap *a = one, *b = other;
    double x = mean_cost(a), y = mean_cost(b);
    return x != y ? (x < y) - (x > y) : (a->first > b->first) - (a->first < b->first);
}

/* The first class of the same shape; where shapes are not told apart each is its own. */
static int shape_of(const struct sorter *sorter, int class_) {
    if (sorter->coarseness > 0) return class_;
    int same = 0;
    while (sorter->heaps[same].label >> 16 != sorter->heaps[class_].label >> 16)
        same++;
    return same;
}

static void fill_order(struct sorter *sorter, struct order *order) {
    uint8_t names[ORDER_CLASSES + 1] = {[ORDER_NONE] = ORDER_NONE};
    order->count = sorter->count;
    qsort(sorter->heaps, (size_t)sorter->count, sizeof *sorter->heaps, compare);
    for (int c = 0; c < order->count; c++) {
        const struct heap *heap = &sorter->heaps[c];
        names[heap->number] = (uint8_t)c;
        order->classes[c] = (struct order_class){.cost = mean_cost(heap),
                                                 .shape = shape_of(sorter, c),
                                                 .left = heap->count,
                                                 .first = heap->first};
        order->left += heap->count;
    }
    rename_members(order->member, order->rows, names);
}

enum error order_create(const struct policy_input *input, struct order *out) {
    void *memory;
    *out = (struct order){0};
    TRY(memory_allocate((size_t)input->rows + 1, 1, &memory));
    *out = (struct order){.member = memory, .rows = input->rows};
    struct sorter sorter = {0};
    for (uint32_t row = 0; row < input->rows; row++) {
        struct policy_cost cost = input->cost(input->context, row);
        sort_row(&sorter, out->member, row, &cost);
    }
    fill_order(&sorter, out);
    return ERROR_NONE;
}

void order_release(struct order *order) {
    free(order->member);
    *order = (struct order){0};
}

/* ---- taking rows ---- */

/* The first row of a class at or after `row`; one past the last where there is none. */
static uint32_t find_row(const struct order *order, int class_, uint32_t row) {
    const uint8_t *found = memchr(order->member + row, class_, order->rows - row);
    return found != NULL ? (uint32_t)(found - order->member) : order->rows;
}

uint32_t order_take(struct order *order, int class_, int count) {
    struct order_class *taken = &order->classes[class_];
    uint32_t first = find_row(order, class_, taken->first), row = first;
    for (int i = 1; i < count; i++)
        row = find_row(order, class_, row + 1);
    taken->first = row + 1;
    taken->left -= (uint32_t)count;
    order->left -= (uint32_t)count;
    return first;
}

void order_list(const struct order *order, uint32_t first, int count, uint32_t *rows) {
    int class_ = order->member[first];
    rows[0] = first;
    for (int i = 1; i < count; i++)
        rows[i] = find_row(order, class_, rows[i - 1] + 1);
}

uint32_t order_drop(struct order *order, int class_) {
    uint32_t left = order->classes[class_].left;
    order->classes[class_].left = 0;
    order->left -= left;
    return left;
}

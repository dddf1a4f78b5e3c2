/* Counting sort of rows by their rounded predicted cost. */
#include "dufm/order.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"

enum { KEYS = 1 << 15 }; /* positive floats cut to 16 bits; 0: not to be run */

/* Rounded cost as an integer of the same order. Anything above zero gets a key above
 * zero: a positive row is never dropped. */
static uint16_t key_of_cost(double cost) {
    if (!(cost > 0)) return 0;
    float value = (float)fmin(fmax(cost, FLT_MIN), FLT_MAX);
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16);
}

/* The middle of the costs that have this key. */
static double cost_of_key(uint32_t key) {
    uint32_t bits = key << 16 | 0x8000u;
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

/* Lay the groups out in descending order of cost; start[key] becomes the position of the
 * key's first row. */
static void place_groups(const uint32_t *histogram, uint32_t *start,
                         struct order *order) {
    uint32_t position = 0;
    int g = 0;
    for (uint32_t key = KEYS - 1; key > 0; key--) {
        if (histogram[key] == 0) continue;
        order->groups[g++] =
            (struct order_group){position, (int)(key >> 7), cost_of_key(key)};
        start[key] = position;
        position += histogram[key];
    }
    order->groups[g] = (struct order_group){.first = position};
}

static enum error sort_rows(const struct policy_input *input, uint16_t *keys,
                            uint32_t *table, struct order *order) {
    uint32_t *histogram = table, *start = table + KEYS;
    for (uint32_t row = 0; row < input->rows; row++) {
        keys[row] = key_of_cost(input->cost(input->context, row));
        histogram[keys[row]]++;
    }
    order->count = input->rows - histogram[0];
    for (int key = 1; key < KEYS; key++)
        order->group_count += histogram[key] > 0;
    void *memory;
    TRY(memory_allocate((size_t)order->count + 1, sizeof *order->rows, &memory));
    order->rows = memory;
    TRY(memory_allocate((size_t)order->group_count + 1, sizeof *order->groups, &memory));
    order->groups = memory;
    place_groups(histogram, start, order);
    for (uint32_t row = 0; row < input->rows; row++)
        if (keys[row] != 0) order->rows[start[keys[row]]++] = row;
    return ERROR_NONE;
}

enum error order_create(const struct policy_input *input, struct order *out) {
    void *keys = NULL, *table = NULL;
    enum error error;
    *out = (struct order){0};
    TRY_OR(cleanup, error,
           memory_allocate((size_t)input->rows + 1, sizeof(uint16_t), &keys));
    TRY_OR(cleanup, error, memory_allocate(2 * (size_t)KEYS, sizeof(uint32_t), &table));
    error = sort_rows(input, keys, table, out);
cleanup:
    free(keys);
    free(table);
    if (error != ERROR_NONE) order_release(out);
    return error;
}

void order_release(struct order *order) {
    free(order->rows);
    free(order->groups);
    *order = (struct order){0};
}

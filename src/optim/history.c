#include <math.h>

#include "dufm/train.h"

int history_target(int index, int capacity, int last) {
    if (index <= 0) return 0;
    if (index >= capacity - 1) return last;
    /* Record capacity - 1 falls on `last`; at least one step a record. */
    double target = round(exp(log((double)last) * (index - 1) / (capacity - 2)));
    if (target < index) target = index;
    return target < last ? (int)target : last;
}

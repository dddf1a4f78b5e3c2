#include <math.h>

#include "dufm/train.h"

int history_target(int index, int capacity, int last) {
    if (index <= 0 || capacity < 2) return 0;
    /* exp and log of the spacing, then at least one step a record. */
    double spacing =
        log((double)(last > 1 ? last : 1)) / (capacity > 2 ? capacity - 2 : 1);
    double target = round(exp(spacing * (index - 1)));
    if (target < index) target = index;
    return target < last ? (int)target : last;
}

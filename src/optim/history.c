#include <limits.h>
#include <math.h>
#include <string.h>

#include "dufm/train.h"

/* Every step up to the largest capacity has a record of its own at this spacing. */
static const double finest_spacing = 1.0 / 1024;

int history_next(double spacing, int step) {
    if (step < 1) return step + 1;
    double index = floor(log2(step) / spacing), next = 0;
    while (next <= step) {
        next = floor(exp2(index * spacing));
        index += 1;
    }
    return next < INT_MAX ? (int)next : INT_MAX;
}

/* Records of a descent of `last` steps: 0, those between, the end. */
static bool fits(double spacing, int capacity, int last) {
    int count = 2;
    for (int step = history_next(spacing, 0); step < last && count <= capacity;
         step = history_next(spacing, step))
        count++;
    return count <= capacity;
}

double history_spacing(int capacity, int last) {
    double spacing = finest_spacing;
    while (spacing < 64 && !fits(spacing, capacity, last))
        spacing *= 2;
    return spacing;
}

static void move_record(struct history *history, int from, int to) {
    size_t layers = (size_t)history->depth, bytes = layers * sizeof(double);
    size_t source = (size_t)from * layers, target = (size_t)to * layers;
    history->step[to] = history->step[from];
    history->loss[to] = history->loss[from];
    history->loss_fit[to] = history->loss_fit[from];
    memmove(history->norm + target, history->norm + source, bytes);
    if (history->nc1 != NULL)
        memmove(history->nc1 + target, history->nc1 + source, bytes);
    if (history->rank != NULL)
        memmove(history->rank + target, history->rank + source, layers * sizeof(int));
}

/* As a result has a record that is not there. */
static void clear_record(struct history *history, int at) {
    int layers = history->depth;
    history->step[at] = -1;
    history->loss[at] = history->loss_fit[at] = NAN;
    for (int i = at * layers; i < (at + 1) * layers; i++) {
        history->norm[i] = NAN;
        if (history->nc1 != NULL) history->nc1[i] = NAN;
        if (history->rank != NULL) history->rank[i] = -1;
    }
}

void history_thin(struct history *history, double spacing) {
    int kept = 0;
    for (int i = 0; i < history->count; i++) {
        int step = history->step[i];
        if (step == 0 || history_next(spacing, step - 1) == step)
            move_record(history, i, kept++);
    }
    for (int i = kept; i < history->count; i++)
        clear_record(history, i);
    history->count = kept;
}

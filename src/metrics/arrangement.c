#include "dufm/arrangement.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

void arrangement_carve(struct arrangement *arrangement, int classes,
                       struct arena *arena) {
    size_t count = (size_t)classes;
    arrangement->ends = arena_take(arena, count, sizeof *arrangement->ends);
    arrangement->trial = arena_take(arena, count, sizeof *arrangement->trial);
    arrangement->corner = arena_take(arena, count, sizeof *arrangement->corner);
    /* r^2 <= 3 r(r-1)/2 for r >= 3 */
    arrangement->taken = arena_take(arena, 3 * count, sizeof *arrangement->taken);
}

/* What a search goes through. */
struct search {
    struct arrangement *to;
    int classes;              /* K */
    const double *similarity; /* (K, K) */
    double best;              /* score of to->ends; NaN: none yet */
};

static double similar(const struct search *search, int a, int b) {
    return search->similarity[(size_t)a * (size_t)search->classes + (size_t)b];
}

static bool in_corner(const struct search *search, int count, int class_) {
    for (int i = 0; i < count; i++)
        if (search->to->corner[i] == class_) return true;
    return false;
}

/* The class outside the corner's first `count`, and not `except`, that resembles them
 * most in sum. */
static int nearest(const struct search *search, int count, int except) {
    int best = -1;
    double most = -INFINITY;
    for (int k = 0; k < search->classes; k++) {
        double sum = 0;
        if (k == except || in_corner(search, count, k)) continue;
        for (int i = 0; i < count; i++)
            sum += similar(search, k, search->to->corner[i]);
        if (best >= 0 && !(sum > most)) continue;
        best = k;
        most = sum;
    }
    return best;
}

/* The corner around a vertex of `start`. Two classes that share a vertex have one common
 * neighbour outside of the corner, the third side of their triangle: a third class that
 * misleads is told not to be taken (`except`; -1: none). Returns the third. */
static int gather_corner(struct search *search, int start, int except) {
    int *corner = search->to->corner;
    corner[0] = start;
    corner[1] = nearest(search, 1, -1);
    corner[2] = nearest(search, 2, except);
    for (int count = 3; count < search->to->order - 1; count++)
        corner[count] = nearest(search, count, -1);
    return corner[2];
}

/* Give a class outside of the corner, whose class i is the edge {0, i + 1}, one of the
 * edges {i + 1, j + 1} that are left. */
static void settle(struct search *search, int class_) {
    struct arrangement *to = search->to;
    int first = -1, second = -1, order = to->order;
    double most = -INFINITY;
    for (int i = 1; i < order; i++)
        for (int j = i + 1; j < order; j++) {
            double sum = similar(search, class_, to->corner[i - 1]) +
                         similar(search, class_, to->corner[j - 1]);
            if (to->taken[i * order + j] || (first >= 0 && !(sum > most))) continue;
            most = sum;
            first = i;
            second = j;
        }
    to->taken[first * order + second] = true;
    to->trial[class_][0] = first;
    to->trial[class_][1] = second;
}

static int shared(const int a[2], const int b[2]) {
    return (a[0] == b[0]) + (a[0] == b[1]) + (a[1] == b[0]) + (a[1] == b[1]);
}

static double score(const struct search *search) {
    double sum = 0;
    for (int a = 0; a < search->classes; a++)
        for (int b = 0; b < a; b++)
            if (shared(search->to->trial[a], search->to->trial[b]) == 1)
                sum += similar(search, a, b);
    return sum;
}

/* Returns the third class of the corner. */
static int try_from(struct search *search, int start, int except) {
    struct arrangement *to = search->to;
    int third = gather_corner(search, start, except), order = to->order;
    memset(to->taken, 0, (size_t)(order * order) * sizeof *to->taken);
    for (int i = 1; i < order; i++) {
        to->trial[to->corner[i - 1]][0] = 0;
        to->trial[to->corner[i - 1]][1] = i;
    }
    for (int k = 0; k < search->classes; k++)
        if (!in_corner(search, order - 1, k)) settle(search, k);
    double value = score(search);
    if (value <= search->best) return third;
    search->best = value;
    memcpy(to->ends, to->trial, (size_t)search->classes * sizeof *to->ends);
    return third;
}

void arrangement_find(struct arrangement *arrangement, int order,
                      const double *similarity) {
    struct search search = {.to = arrangement,
                            .classes = order * (order - 1) / 2,
                            .similarity = similarity,
                            .best = NAN};
    arrangement->order = order;
    for (int k = 0; k < search.classes; k++)
        try_from(&search, k, try_from(&search, k, -1));
}

void arrangement_mirror(struct arrangement *arrangement) {
    int other = 1, kept[2];
    while (arrangement_shared(arrangement, 0, other) > 0)
        other++;
    memcpy(kept, arrangement->ends[0], sizeof kept);
    memcpy(arrangement->ends[0], arrangement->ends[other], sizeof kept);
    memcpy(arrangement->ends[other], kept, sizeof kept);
}

int arrangement_shared(const struct arrangement *arrangement, int a, int b) {
    return shared(arrangement->ends[a], arrangement->ends[b]);
}

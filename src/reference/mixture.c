#include "dufm/mixture.h"

#include <math.h>

static bool fits(double neurons, int width) {
    return isfinite(neurons) && (width <= 0 || neurons <= width);
}

/* Gains and the cross entry of all families in use, each times its share. */
static struct mixture_family sum_up(const struct mixture *mixture) {
    struct mixture_family sum = {.neurons = 0};
    for (int f = 0; f < mixture->families; f++) {
        const struct mixture_family *family = &mixture->family[f];
        if (!(family->share > 0)) continue;
        for (int i = 0; i < mixture->branch.modes; i++)
            sum.gain[i] += family->share * family->gain[i];
        sum.cross += family->share * family->cross;
    }
    return sum;
}

/* Least point along the ray of the shares. */
static bool settle(struct mixture *mixture) {
    struct branch *branch = &mixture->branch;
    struct mixture_family sum = sum_up(mixture);
    for (int i = 0; i < branch->modes; i++)
        branch->gain[i] = sum.gain[i];
    if (mixture->coupled) {
        double middle = (sum.gain[0] + sum.gain[1]) / 2;
        double radius = hypot((sum.gain[0] - sum.gain[1]) / 2, sum.cross);
        branch->gain[0] = middle + radius;
        branch->gain[1] = fmax(middle - radius, 0);
    }
    if (!branch_minimum(branch, &mixture->z)) return false;
    mixture->loss = branch_value(branch, mixture->z);
    return true;
}

/* All on the family whose branch is lowest. */
static bool start(struct mixture *mixture, int width) {
    int best = -1;
    double least = INFINITY;
    for (int f = 0; f < mixture->families; f++) {
        struct mixture_family *family = &mixture->family[f];
        if (!fits(family->neurons, width)) continue;
        family->share = 1;
        if (settle(mixture) && mixture->loss < least) {
            least = mixture->loss;
            best = f;
        }
        family->share = 0;
    }
    if (best < 0) return false;
    mixture->family[best].share = 1;
    return settle(mixture);
}

/* tr((I + z G)^-2 F) of the coupled modes, G of `sum` and F of the family. */
static double coupled_score(double z, const struct mixture_family *sum,
                            const struct mixture_family *family) {
    double a = 1 + z * sum->gain[0], b = 1 + z * sum->gain[1], x = z * sum->cross;
    double determinant = a * b - x * x;
    return ((b * b + x * x) * family->gain[0] - 2 * x * (a + b) * family->cross +
            (a * a + x * x) * family->gain[1]) /
           (determinant * determinant);
}

/* What the fit falls by, per share and z: sum_i weight_i gain_{f,i} / (1 + gain_i z)^2,
 * where the gains are `sum`. */
static double score(const struct mixture *mixture, const struct mixture_family *sum,
                    const struct mixture_family *family) {
    const struct branch *branch = &mixture->branch;
    double value = 0;
    for (int i = mixture->coupled ? 2 : 0; i < branch->modes; i++) {
        double part = 1 + sum->gain[i] * mixture->z;
        value += branch->weight[i] * family->gain[i] / (part * part);
    }
    if (mixture->coupled)
        value += branch->weight[0] * coupled_score(mixture->z, sum, family);
    return value;
}

/* A move of mass from one family to another. */
struct move {
    struct mixture_family *from, *to;
    double scores[2]; /* theirs; equal: nothing to gain */
};

/* Some family is always in use, so that both ends are found. */
static struct move best_move(struct mixture *mixture, int width) {
    struct move move = {mixture->family, mixture->family, {INFINITY, -INFINITY}};
    struct mixture_family sum = sum_up(mixture);
    double used = 0;
    for (int f = 0; f < mixture->families; f++)
        if (mixture->family[f].share > 0) used += mixture->family[f].neurons;
    for (int f = 0; f < mixture->families; f++) {
        struct mixture_family *family = &mixture->family[f];
        bool active = family->share > 0;
        if (!active && !fits(used + family->neurons, width)) continue;
        double value = score(mixture, &sum, family);
        if (value > move.scores[1]) {
            move.scores[1] = value;
            move.to = family;
        }
        if (active && value < move.scores[0]) {
            move.scores[0] = value;
            move.from = family;
        }
    }
    return move;
}

/* Whether the loss still falls when `mass` has moved: the one that gets it is worth more. */
static bool falls(const struct mixture *mixture, const struct move *move, double mass) {
    struct mixture_family sum = sum_up(mixture);
    for (int i = 0; i < mixture->branch.modes; i++)
        sum.gain[i] += mass * (move->to->gain[i] - move->from->gain[i]);
    sum.cross += mass * (move->to->cross - move->from->cross);
    return score(mixture, &sum, move->to) > score(mixture, &sum, move->from);
}

/* Along a move the slope rises: its root by halving, or all there is to move. */
static double best_mass(const struct mixture *mixture, const struct move *move) {
    double low = 0, high = move->from->share;
    if (falls(mixture, move, high)) return high;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) return low;
        if (falls(mixture, move, middle))
            low = middle;
        else
            high = middle;
    }
}

bool mixture_solve(struct mixture *mixture, int width) {
    enum { MOVES_MAX = 2000 };
    static const double tolerance = 1e-13;
    for (int f = 0; f < mixture->families; f++)
        mixture->family[f].share = 0;
    if (!start(mixture, width)) return false;
    for (int i = 0; i < MOVES_MAX; i++) {
        struct move move = best_move(mixture, width);
        if (!(move.scores[1] - move.scores[0] > tolerance * move.scores[1])) break;
        double mass = best_mass(mixture, &move);
        if (!(mass > 0)) break;
        move.to->share += mass;
        move.from->share = mass < move.from->share ? move.from->share - mass : 0;
        if (!settle(mixture)) return false;
    }
    return true;
}

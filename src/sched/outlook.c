/* The learned costs of rows. */
#include "dufm/outlook.h"

#include <math.h>

/* Relative deviation to go by where nothing was observed. */
static const double usual_deviation = 0.5;

bool outlook_knows(const struct outlook *outlook, int class_) {
    return outlook->classes[class_].done > 0;
}

static double mean_seconds(const struct outlook_books *books) {
    return books->seconds / books->done;
}

/* How an unknown class is corrected. */
struct correction {
    double speed, share;
};

/* 1e-3 and 1e6 keep one odd measurement from making a batch endless or a prediction
 * infinite. */
static struct correction correction_of(const struct outlook_books *books) {
    double speed = fmin(fmax(books->seconds / books->predicted, 1e-3), 1e6);
    return (struct correction){speed, fmin(books->share / books->done, 1)};
}

/* What to expect before any dearer class is known. */
static struct correction first_correction(const struct outlook *outlook) {
    for (int c = 0; c < outlook->order->count; c++)
        if (outlook_knows(outlook, c)) return correction_of(&outlook->classes[c]);
    return (struct correction){1, 1};
}

static void expect(struct outlook *outlook, int class_,
                   const struct correction *neighbour) {
    const struct order_class *row = &outlook->order->classes[class_];
    const struct outlook_books *shape = &outlook->shapes[row->shape];
    struct correction correction = shape->done > 0 ? correction_of(shape) : *neighbour;
    outlook->bound[class_] = row->cost * correction.speed;
    outlook->expected[class_] = outlook->bound[class_] * correction.share;
}

static void expect_as_seen(struct outlook *outlook, int class_) {
    outlook->bound[class_] = outlook->expected[class_] =
        mean_seconds(&outlook->classes[class_]);
}

static void expect_all(struct outlook *outlook) {
    struct correction neighbour = first_correction(outlook);
    for (int c = 0; c < outlook->order->count; c++) {
        if (outlook_knows(outlook, c)) {
            expect_as_seen(outlook, c);
            neighbour = correction_of(&outlook->classes[c]);
        } else {
            expect(outlook, c, &neighbour);
        }
    }
}

void outlook_begin(struct outlook *outlook, const struct order *order) {
    *outlook = (struct outlook){.order = order};
    expect_all(outlook);
}

/* A row takes a step at least: without one nothing could be said of its speed. */
static void add(struct outlook_books *books, int done, double cost,
                const struct effort *effort) {
    double share = fmax(effort->share, 1e-9 * done);
    books->done += done;
    books->seconds += effort->seconds;
    books->committing += effort->committing;
    books->squares += effort->squares;
    books->share += share;
    books->predicted += cost * share;
}

void outlook_learn(struct outlook *outlook, int class_, int done,
                   const struct effort *effort) {
    const struct order_class *row = &outlook->order->classes[class_];
    outlook->known += !outlook_knows(outlook, class_);
    add(&outlook->classes[class_], done, row->cost, effort);
    add(&outlook->shapes[row->shape], done, row->cost, effort);
    if (outlook->known == outlook->order->count)
        expect_as_seen(outlook, class_);
    else
        expect_all(outlook);
}

double outlook_pending(const struct outlook *outlook) {
    double sum = 0;
    for (int c = 0; c < outlook->order->count; c++)
        sum += outlook->expected[c] * outlook->order->classes[c].left;
    return sum;
}

/* ---- how far off it may be ---- */

/* Variance of a row's seconds as observed, without commits; 0 where fewer than two are
 * done. */
static double observed_variance(const struct outlook_books *books) {
    if (books->done < 2) return 0;
    double mean = (books->seconds - books->committing) / books->done;
    double variance = fmax(books->squares / books->done - mean * mean, 0);
    return variance * books->done / (books->done - 1);
}

/* Relative variance of a row in classes of which at least two are done. */
static double pooled_relative_variance(const struct outlook *outlook) {
    double weight = 0, sum = 0;
    for (int c = 0; c < outlook->order->count; c++) {
        const struct outlook_books *books = &outlook->classes[c];
        if (books->done < 2) continue;
        double mean = mean_seconds(books);
        weight += books->done;
        sum += books->done * observed_variance(books) / (mean * mean);
    }
    return weight > 0 ? sum / weight : usual_deviation * usual_deviation;
}

/* How far off the mean of an unknown class may be: variance of the logarithm of actual
 * over predicted cost. */
struct uncertainty {
    double classes; /* between known classes of a shape */
    double shapes;  /* between known shapes */
};

struct moments {
    double count, sum, squares;
};

static void observe(struct moments *moments, double value) {
    moments->count++;
    moments->sum += value;
    moments->squares += value * value;
}

/* Sum of squared deviations from the mean. */
static double scatter(const struct moments *moments) {
    return fmax(moments->squares - moments->sum * moments->sum / moments->count, 0);
}

static struct uncertainty find_uncertainty(const struct outlook *outlook) {
    struct moments by_shape[ORDER_CLASSES] = {0}, shapes = {0};
    double degrees = 0, sum = 0, usual = usual_deviation * usual_deviation;
    for (int c = 0; c < outlook->order->count; c++) {
        const struct order_class *row = &outlook->order->classes[c];
        if (!outlook_knows(outlook, c)) continue;
        double mean = fmax(outlook->expected[c], 1e-12);
        observe(&by_shape[row->shape], log(mean / row->cost));
    }
    for (int s = 0; s < outlook->order->count; s++) {
        if (by_shape[s].count == 0) continue;
        degrees += by_shape[s].count - 1;
        sum += scatter(&by_shape[s]);
        observe(&shapes, by_shape[s].sum / by_shape[s].count);
    }
    bool several = shapes.count > 1;
    return (struct uncertainty){degrees > 0 ? sum / degrees : usual,
                                several ? scatter(&shapes) / (shapes.count - 1) : usual};
}

double outlook_variance(const struct outlook *outlook, int class_) {
    const struct outlook_books *books = &outlook->classes[class_];
    if (books->done >= 2) return observed_variance(books);
    double expected = outlook->expected[class_];
    return pooled_relative_variance(outlook) * expected * expected;
}

/* What was never seen may all be off in the same direction: of one shape, or of all. */
static double unseen_variance(const struct outlook *outlook) {
    struct uncertainty off = find_uncertainty(outlook);
    double by_shape[ORDER_CLASSES] = {0}, strange = 0, sum = 0;
    for (int c = 0; c < outlook->order->count; c++) {
        const struct order_class *row = &outlook->order->classes[c];
        if (outlook_knows(outlook, c)) continue;
        by_shape[row->shape] += row->left * outlook->expected[c];
    }
    for (int s = 0; s < outlook->order->count; s++) {
        bool known = outlook->shapes[s].done > 0;
        sum += by_shape[s] * by_shape[s] * off.classes;
        strange += known ? 0 : by_shape[s];
    }
    return sum + strange * strange * off.shapes;
}

struct outlook_sum outlook_estimate(const struct outlook *outlook) {
    double relative = pooled_relative_variance(outlook);
    struct outlook_sum sum = {.variance = unseen_variance(outlook)};
    for (int c = 0; c < outlook->order->count; c++) {
        const struct outlook_books *books = &outlook->classes[c];
        double left = outlook->order->classes[c].left, mean = outlook->expected[c];
        double variance =
            books->done >= 2 ? observed_variance(books) : relative * mean * mean;
        sum.seconds += left * mean;
        sum.variance += left * variance; /* rows differ */
        if (books->done > 0)             /* the mean of those seen is not that of all */
            sum.variance += left * left * variance / books->done;
    }
    return sum;
}

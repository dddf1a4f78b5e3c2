#include "dufm/loss.h"

#include <math.h>

/* What a column is. */
struct column {
    int classes;  /* K, its entries */
    int label;    /* class of its sample */
    double scale; /* of the gradient: 1/N */
};

/* Adds the cost of the column z to `sum`, which is returned; z becomes its gradient. */
typedef double loss_column(const struct column *column, double *z, double sum);

/* |z - e_y|^2, entry by entry onto the sum of the columns before. */
static double mse_column(const struct column *column, double *z, double sum) {
    int classes = column->classes;
    double scale = column->scale;
    z[column->label] -= 1.0;
    for (int i = 0; i < classes; i++) {
        sum += z[i] * z[i];
        z[i] *= scale;
    }
    return sum;
}

static int largest(const double *z, int classes) {
    int at = 0;
    for (int i = 1; i < classes; i++)
        if (z[i] > z[at]) at = i;
    return at;
}

/* logsumexp(z) - z_y = (max - z_y) + log(1 + rest), rest = sum over the others of
 * exp(z_i - max); the gradient at y is -(sum over the others)/sum. Neither loses digits
 * where the label's entry is by far the largest. */
static double ce_column(const struct column *column, double *z, double sum) {
    int classes = column->classes, label = column->label, at = largest(z, classes);
    double most = z[at], own = z[label], rest = 0.0, others = 0.0;
    for (int i = 0; i < classes; i++) {
        z[i] = i == at ? 1.0 + (z[i] - most) : exp(z[i] - most); /* 1, or NaN */
        if (i != at) rest += z[i];
        if (i != label) others += z[i];
    }
    double scale = column->scale / (z[at] + rest);
    for (int i = 0; i < classes; i++)
        z[i] *= scale;
    z[label] = -others * scale;
    return sum + ((most - own) + log1p(rest));
}

/* The change of a column turns into that of its gradient, which is `residual`. */
typedef void change_column(const struct column *column, const double *residual,
                           double *change);

static void mse_change(const struct column *column, const double *residual,
                       double *change) {
    (void)residual;
    for (int i = 0; i < column->classes; i++)
        change[i] *= column->scale;
}

/* With a = N residual = p - e_y: p . R z - R z_y = sum_i a_i (R z_i - R z_y), since the a_i
 * add up to 0. Nothing is lost where p_y is nearly 1. */
static void ce_change(const struct column *column, const double *residual,
                      double *change) {
    int classes = column->classes, label = column->label;
    double scale = column->scale, own = change[label], mean = 0.0;
    for (int i = 0; i < classes; i++) {
        change[i] -= own;
        mean += residual[i] / scale * change[i];
    }
    for (int i = 0; i < classes; i++) {
        double share = residual[i] / scale + (i == label ? 1.0 : 0.0);
        change[i] = share * (change[i] - mean) * scale;
    }
}

static double no_output_mse(int classes) {
    (void)classes;
    return 0.5;
}

static double no_output_ce(int classes) {
    return log(classes);
}

static const struct row {
    loss_column *column;
    change_column *change;
    double factor;                  /* of the mean over the columns */
    double (*trivial)(int classes); /* the fit where Z = 0 */
} rows[] = {
    [LOSS_MSE] = {mse_column, mse_change, 0.5, no_output_mse},
    [LOSS_CE] = {ce_column, ce_change, 1.0, no_output_ce},
};

double loss_residual(enum loss_kind loss, const struct shape *shape, double *output) {
    const struct row *row = &rows[loss];
    int samples = shape_sample_count(shape);
    struct column column = {.classes = shape->classes, .scale = 1.0 / samples};
    double sum = 0.0, *z = output;
    for (column.label = 0; column.label < shape->classes; column.label++)
        for (int j = shape_class_samples(shape, column.label); j > 0; j--) {
            sum = row->column(&column, z, sum);
            z += shape->classes;
        }
    return row->factor * column.scale * sum;
}

void loss_residual_change(enum loss_kind loss, const struct shape *shape,
                          const double *residual, double *change) {
    struct column column = {.classes = shape->classes,
                            .scale = 1.0 / shape_sample_count(shape)};
    for (column.label = 0; column.label < shape->classes; column.label++)
        for (int j = shape_class_samples(shape, column.label); j > 0; j--) {
            rows[loss].change(&column, residual, change);
            residual += shape->classes;
            change += shape->classes;
        }
}

double loss_trivial(enum loss_kind loss, const struct shape *shape) {
    return rows[loss].trivial(shape->classes);
}

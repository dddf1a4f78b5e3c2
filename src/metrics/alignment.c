#include "dufm/alignment.h"

#include <math.h>
#include <string.h>

void alignment_carve(struct alignment *alignment, const struct shape *shape,
                     struct arena *arena) {
    size_t classes = (size_t)shape->classes, rows = (size_t)shape->width;
    if (rows < classes) rows = classes;
    alignment->products = arena_take(arena, rows * classes, sizeof(double));
    alignment->squares = arena_take(arena, rows, sizeof(double));
}

static void square_rows(struct const_matrix weight, double *squares) {
    size_t rows = (size_t)weight.rows;
    memset(squares, 0, rows * sizeof *squares);
    for (size_t j = 0; j < (size_t)weight.columns; j++)
        for (size_t i = 0; i < rows; i++)
            squares[i] += weight.data[j * rows + i] * weight.data[j * rows + i];
}

/* products[i, k] becomes <w_i, m_k>/|m_k| = |w_i| cos(w_i, m_k), or -infinity where m_k
 * has no direction, so that it is never the best. */
static void normalize_columns(const struct means *means, size_t rows, double *products) {
    size_t width = (size_t)means->shape.width;
    for (size_t k = 0; k < (size_t)means->shape.classes; k++) {
        double norm = sqrt(blas_square_sum(means->mean + k * width, width));
        for (size_t i = 0; i < rows; i++)
            products[k * rows + i] =
                norm > means->zero ? products[k * rows + i] / norm : -INFINITY;
    }
}

static double best_of_row(const double *products, size_t row, size_t rows, int classes) {
    double best = -INFINITY;
    for (size_t k = 0; k < (size_t)classes; k++)
        best = fmax(best, products[k * rows + row]);
    return best;
}

double alignment_rows(struct alignment *alignment, struct const_matrix weight,
                      const struct means *means) {
    int width = means->shape.width, classes = means->shape.classes;
    size_t rows = (size_t)weight.rows;
    double aligned = 0.0, total = 0.0;
    if (!means->defined) return NAN;
    blas_multiply(1.0, weight, (struct const_matrix){width, classes, means->mean}, 0.0,
                  (struct matrix){weight.rows, classes, alignment->products});
    normalize_columns(means, rows, alignment->products);
    square_rows(weight, alignment->squares);
    for (size_t i = 0; i < rows; i++) {
        aligned += best_of_row(alignment->products, i, rows, classes);
        total += sqrt(alignment->squares[i]);
    }
    return total > means_least ? aligned / total : NAN;
}

double alignment_duality(struct const_matrix weight, const struct means *means) {
    size_t rows = (size_t)weight.rows, width = (size_t)weight.columns;
    double weight_norm = sqrt(blas_square_sum(weight.data, rows * width));
    double mean_norm = sqrt(blas_square_sum(means->mean, rows * width));
    double sum = 0.0;
    if (!means->defined || !(weight_norm > means_least)) return NAN;
    for (size_t j = 0; j < width; j++)
        for (size_t i = 0; i < rows; i++) {
            double difference = weight.data[j * rows + i] / weight_norm -
                                means->mean[i * width + j] / mean_norm;
            sum += difference * difference;
        }
    return sqrt(sum);
}

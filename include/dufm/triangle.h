/* The triangular factor of a tall matrix that is seen block of rows by block of rows:
 *
 *     [R; B] = Q R'        B: a block, R' replaces R
 *
 * so that after the last one R^T R = A^T A, R d x d upper triangular, without A^T A ever
 * being formed: the singular values of R are those of A, as accurate relative to the
 * largest as by an SVD of A.  Takes 2 N d^2 operations. It is what LAPACK's dtpqrt does, but
 * in products that are generated for their shape (product.h): 1.6 times as fast at
 * d = 512 (tests/bench/README.md).
 */
#ifndef DUFM_TRIANGLE_H
#define DUFM_TRIANGLE_H

#include "dufm/blas.h"
#include "dufm/error.h"
#include "dufm/memory.h"
#include "dufm/product.h"

/* Columns that are reflected together. */
struct triangle_tile {
    int columns;
    struct product across, along; /* V^T times them, V times something */
};

struct triangle {
    int size;           /* d of the matrix that was begun */
    int rows;           /* of the largest block; smaller ones are filled up with zeros */
    double *factor;     /* R, d x d, column-major; zero below the diagonal; not owned */
    double *block;      /* rows x d: the block's transpose, then reflectors */
    double *turned;     /* panel x rows: transpose of a panel's */
    double *reflectors; /* panel x d: factors T of LAPACK, or of a panel */
    double *work;       /* panel x d */
    struct triangle_tile whole,
        rest; /* of as many columns as pay, and what remains of d */
};

/* Lay it out for up to `size` columns and blocks of up to `rows` rows (memory.h: once to
 * measure, once to take). */
void triangle_carve(struct triangle *triangle, int size, int rows, struct arena *arena);

/* Start a matrix of `size` columns, at most those laid out: R = 0 in `factor`, which is
 * size x size. */
void triangle_begin(struct triangle *triangle, int size, double *factor);

/* Take the next rows of A, given as the columns of `samples` (d x b, b at most the rows
 * laid out), finite. */
void triangle_add(struct triangle *triangle, struct const_matrix samples);

/* Put into `factor` the rows that another one stands for, too, which is destroyed: both
 * size x size; 2/3 d^3 operations (dtpqrt). ERROR_NUMERIC when LAPACK refuses its
 * arguments. */
enum error triangle_merge(struct triangle *triangle, int size, double *factor,
                          double *other);

#endif

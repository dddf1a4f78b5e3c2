/* Householder reflections of some columns of a block B below their part of R,
 *
 *     [R; B] = Q [R'; 0],   Q = I - [I; V] T [I; V]^T,   T upper triangular,
 *
 * in compact WY form (Schreiber, Van Loan, SIAM J. Sci. Stat. Comput. 10 (1989) 53), what
 * LAPACK's dtpqrt2 does column by column: here the second half meets the first in products.
 */
#ifndef DUFM_LINALG_PANEL_H
#define DUFM_LINALG_PANEL_H

#include "dufm/blas.h"

enum { PANEL_COLUMNS = 32 }; /* at most */

struct panel {
    int rows, columns; /* of B */
    int size;          /* leading dimension of r */
    double *r;         /* upper triangle of columns x columns: R, becomes R' */
    double *b;         /* rows x columns: B, becomes V */
    double *t;         /* upper triangle of columns x columns, leading dimension
                          PANEL_COLUMNS: becomes T */
};

void panel_reduce(const struct panel *panel);

/* w = -T^T w of a panel of as many columns as w has rows. */
void panel_apply_factor(const struct panel *panel, struct matrix w);

#endif

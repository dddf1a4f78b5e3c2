/* C = A^T B where A is read once and transposed in registers, eight by eight. */
#ifndef DUFM_LINALG_TRANSPOSED_H
#define DUFM_LINALG_TRANSPOSED_H

#include <stdbool.h>

/* Whether this CPU has what it needs (AVX-512). */
bool transposed_available(void);

/* What becomes of an element of A^T B on its way to memory. */
struct transposed_edge {
    double scale;       /* a factor */
    const double *gate; /* m x n; 0 is written where it is not above 0; NULL: no gate */
};

/* C = edge(A^T B), A k x m, B k x n, C m x n, dense and column major. Only where it is
 * available. */
void transposed_run(int m, int n, int k, const double *a, const double *b, double *c,
                    const struct transposed_edge *edge);

#endif

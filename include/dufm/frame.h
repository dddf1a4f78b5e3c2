/* The frame that class means form (NC2, DNC2 of MODEL.md), from Gram matrices
 *
 *     G = M^T M,   G_c = M_c^T M_c  of globally centred means,   both K x K.
 *
 * All are invariant under rotation and scale; NaN for a zero matrix, and throughout where
 * the Gram matrix is not finite.
 */
#ifndef DUFM_FRAME_H
#define DUFM_FRAME_H

/* Distance from an orthogonal frame:
 *     | G/|G|_F - I/sqrt(K) |_F,                         0 .. sqrt 2 */
double frame_orthogonal_distance(const double *gram, int classes);

/* Distance from a simplex equiangular tight frame (ETF):
 *     | G_c/|G_c|_F - (I - 11^T/K)/sqrt(K-1) |_F,        0 .. sqrt 2 */
double frame_simplex_distance(const double *centred_gram, int classes);

/* Equinorm spread: coefficient of variation of the norms of the centred means,
 *     sqrt(1/K sum_k (r_k - r)^2) / r,   r_k = |m_k - mu|,  r = 1/K sum_k r_k
 * 0 .. sqrt(K-1), 0 for a simplex ETF. */
double frame_equinorm_spread(const double *centred_gram, int classes);

/* Equiangularity spread: standard deviation of the cosines between centred means over the
 * P = K(K-1)/2 pairs j < k,
 *     sqrt(1/P sum_jk (c_jk - c)^2),   c_jk = cos(m_j - mu, m_k - mu),  c their mean
 * 0 .. 1, 0 for a simplex ETF (c_jk = -1/(K-1)) and always for K = 2. NaN where a centred
 * mean is zero, its norm at most `zero`: it has no direction. */
double frame_equiangle_spread(const double *centred_gram, int classes, double zero);

/* Condition number s_1 / s_min of a matrix from all its min(rows, columns) singular
 * values, descending; infinite where s_min <= max(rows, columns) epsilon s_1, which is
 * singular as far as double precision can tell; NaN for a zero matrix. */
double frame_condition(const double *values, int rows, int columns);

#endif

/* Solutions of the cross-entropy loss (MODEL.md; Garrod and Keating, arXiv 2410.23169, for
 * the linear activation; src/reference/README.md behind a ReLU).
 *
 * Balanced factors of an output whose class means have the singular values s_i are
 * regularized by lbar (L+1)/2 sum_i s_i^(2/(L+1)). What is left is one scale:
 *
 *     DNC         Z = a (I - 11^T/K), K-1 singular values a:
 *                 log(1 + (K-1) e^-a) + lbar (L+1)/2 (K-1) a^(2/(L+1))
 *     DNC, ReLU   the same Z of features that are multiples of I behind every ReLU, so that
 *                 all factors but W_L have K singular values, not K-1:
 *                 log(1 + (K-1) e^-a) + lbar (L+1)/2 (K^L (K-1))^(1/(L+1)) a^(2/(L+1))
 *     low rank    Z = b blockdiag([1, -1; -1, 1]), K/2 singular values 2b, K even:
 *                 log(1 + (K-2) e^-b + e^-2b) + lbar (L+1)/2 (K/2) (2b)^(2/(L+1))
 *
 * The first is a lower bound of every point with ReLU whose class means after the ReLU
 * are simplex ETFs in all hidden layers: since <s(x) - s(y), x - y> >= |s(x) - s(y)|^2, the
 * ReLU neither lengthens what is centred nor spares any nuclear norm of W_1 M_1.
 *
 * Like the branches of branch.h these have a nonzero local minimum, which may lie above
 * log K, or none.
 */
#ifndef DUFM_ENTROPY_H
#define DUFM_ENTROPY_H

#include "dufm/model.h"

/* Value of that minimum, and in *scale its place a, or b, to the last bit. NaN where
 * there is none; *scale is then the ridge where it would first appear: 0 for L = 1. Expect
 * positive regularizers; entropy_low_rank an even K. Pure.
 *
 * entropy_dnc is DNC of the problem's own activation, entropy_dnc_bound the first form
 * whatever the activation. */
double entropy_dnc(const struct problem *problem, double *scale);
double entropy_dnc_bound(const struct problem *problem, double *scale);
double entropy_low_rank(const struct problem *problem, double *scale);

/* lbar at which the low-rank form meets the first one, above which it is the lower of the
 * two up to where one of them ends; NaN where there is no such place: one of them is lower
 * wherever both exist. Even classes; pure. */
double entropy_crossing(int classes, int depth);

#endif

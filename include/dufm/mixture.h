/* Mixtures: last hidden layers that hold several families of neurons at once, each with a
 * share of the layer's regularization.
 *
 * All classes are edges of one symmetric graph, the features before are b B (srg.h), and
 * every family is closed under the symmetry, so that its Gram matrix has the same
 * eigenspaces ("modes") as the others'.  With |W_{L-1}|_F^2 = w, share_f of it the rows
 * of family f, and z = b^2 w / (K lambda_L), the branch (branch.h) has
 *
 *     gain_i = sum_f share_f gain_{f,i},      share_f >= 0,      sum_f share_f = 1,
 *
 * gain_{f,i} the eigenvalue of N_f^T N_f / |rows of f|^2 in mode i, N_f the responses to
 * B.  At fixed z the loss is a convex function of the shares, as each 1/(1 + gain_i z) is.
 *
 * Where the symmetry leaves two modes of one kind ("coupled": classes of two sorts have a
 * constant vector each), their gains are the eigenvalues of a 2 x 2 matrix that is summed
 * so, and the fit is as convex in it.
 */
#ifndef DUFM_MIXTURE_H
#define DUFM_MIXTURE_H

#include <stdbool.h>

#include "dufm/branch.h"

enum { MIXTURE_FAMILIES_MAX = 256, MIXTURE_MODES_MAX = 4 };

/* Neurons that the symmetry of the graph exchanges. */
struct mixture_family {
    int size[2];                    /* what they are: vertices of a clique and 0, ... */
    double neurons;                 /* how many; infinite past the doubles */
    double gain[MIXTURE_MODES_MAX]; /* as above; of coupled modes the diagonal */
    double cross;                   /* of the coupled modes 0 and 1, else 0 */
    double share;                   /* of the best point; 0: not in it */
};

struct mixture {
    struct branch branch; /* given: depth, cost, modes, weight; found: gain */
    bool coupled;         /* modes 0 and 1, of equal weights */
    int families;
    struct mixture_family family[MIXTURE_FAMILIES_MAX];
    double z;    /* of the best point */
    double loss; /* there */
};

/* Find the best shares and z: from the best single family, mass moves from the worst
 * family in use to the best one that the width holds beside those in use (width <= 0: any
 * number of neurons), by exact line searches, until no move lowers the loss by more than
 * rounding; at most some thousand moves.  With any width no family is left that a
 * neighbouring point would gain by; with a limited one the set of families is grown
 * greedily.  Never above the best single family.  false where no family has a branch. */
bool mixture_solve(struct mixture *mixture, int width);

#endif

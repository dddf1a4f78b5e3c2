/* What one point brings: every measured value, in tight arrays of the point's own lengths
 * (sweep.h, struct extent).  The store pads them; hashes cover the tight values.
 * Arrays are row major in the order of the dimensions named; NaN where a value is
 * undefined.
 */
#ifndef DUFM_RESULT_H
#define DUFM_RESULT_H

#include "dufm/kind.h"
#include "dufm/memory.h"
#include "dufm/reference.h"
#include "dufm/sweep.h"

/* Matrices of a layer whose spectra are measured. */
enum spectrum {
    SPECTRUM_WEIGHT,       /* W_l */
    SPECTRUM_FEATURE_PRE,  /* H_l */
    SPECTRUM_FEATURE_POST, /* s(H_l) */
    SPECTRUM_MEAN_PRE,     /* M_l, class means of H_l */
    SPECTRUM_MEAN_POST,    /* class means of s(H_l) */
    SPECTRUM_COUNT
};

/* A layer's features before or after the activation. */
enum side { SIDE_PRE, SIDE_POST, SIDE_COUNT };

enum { TOLERANCE_COUNT = 4 };

/* Tolerances of the numerical ranks, 1e-1, 1e-2, 1e-3, 1e-6; and the absolute floor: a
 * singular value counts when above max(tolerance * largest, floor). */
extern const double rank_tolerances[TOLERANCE_COUNT];
extern const double rank_floor;

/* How firm an ending is, where the point asks for it (`curvature`, `kick`). */
struct firmness {
    /* Ends of the spectrum of the objective's Hessian (curvature.h). */
    double curvature_max;
    double curvature_min;
    double curvature_residual_max; /* bounds: an eigenvalue lies as near */
    double curvature_residual_min;
    int curvature_steps; /* products with the Hessian */
    double sharpness;    /* curvature_max over the optimizer's bound */

    /* What a descent that goes on from kicked parameters comes back to. */
    double kick_loss;                  /* total, there */
    double kick_loss_change;           /* kick_loss - loss */
    double kick_distance;              /* from the ending (likeness.h) */
    int kick_steps;                    /* of that descent, both phases */
    enum stop_reason kick_stop_reason; /* why it ended */
    enum outcome kick_outcome;         /* what it ended in */
};

struct result {
    struct extent extent; /* lengths of the arrays below; L = layer, K = class_ */

    enum status status;   /* STATUS_DONE, or STATUS_FAILED or STATUS_QUARANTINED when the
                           point could not be run */
    enum failure failure; /* why it could not */
    enum outcome outcome;
    enum stop_reason stop_reason;
    int steps;        /* taken, both phases */
    int evaluations;  /* of the loss and its gradient */
    double wall_time; /* seconds of the descent alone */
    double loss;      /* total, at the end */
    double loss_fit;
    double loss_regularization;
    double loss_before_decay;      /* at the end of the main phase; NaN without a decay */
    double gradient_norm;          /* Euclidean norm of the whole gradient */
    double regularization_feature; /* lambda_H/2 |H_1|^2 */
    double *regularization_weight; /* (layer) lambda_l/2 |W_l|^2 */

    struct reference reference;

    /* Largest distance of a hidden layer from a reference structure (structure.h). */
    double distance_dnc;
    double distance_srg;       /* plain or relaxed */
    double distance_clique;    /* of the nearest order ... */
    int distance_clique_order; /* ... which this is; 0: none */

    struct firmness firmness;

    double *sv[SPECTRUM_COUNT]; /* (layer, index) singular values, descending */
    double *sv_output;          /* (index) of Z */
    int *rank[SPECTRUM_COUNT];  /* (layer, tolerance) numerical ranks; -1 undefined */
    int *rank_output;           /* (tolerance) */
    double *stable_rank[SPECTRUM_COUNT];    /* (layer) sum s_i^2 / s_1^2 */
    double *effective_rank[SPECTRUM_COUNT]; /* (layer) exp(entropy of s_i / sum s) */

    double *nc2_frame_pre;  /* (layer) distance of M_l from an orthogonal frame (DNC2) */
    double *nc2_frame_post; /* the same after the ReLU */

    double *within_post; /* (layer) share of |s(H_l)|_F^2 within classes (variability.h);
                            not stored: rules of an ending look at it */

    /* Collapse metrics (collapse.h), each (layer). */
    double *nc1_trace[SIDE_COUNT];     /* tr(S_W) / tr(S_B) */
    double *nc1_pinv[SIDE_COUNT];      /* tr(S_W pinv(S_B)) / K */
    double *nc2_etf[SIDE_COUNT];       /* distance from a simplex ETF */
    double *nc2_equinorm[SIDE_COUNT];  /* spread of the norms of centred class means */
    double *nc2_equiangle[SIDE_COUNT]; /* spread of the cosines between them */
    double *condition[SIDE_COUNT];     /* s_1 / s_min of M_l; infinite when singular */
    double *nc3_alignment;             /* rows of W_l with columns of s(M_l) */
    double nc3_duality;                /* | W_L/|W_L| - M^T/|M| |_F, last layer */

    double *gram_pre;  /* (layer, class, class) M_l^T M_l; NULL when not stored */
    double *gram_post; /* the same after the ReLU */

    int *history_step;        /* (record) -1 past the end; NULL without history */
    double *history_loss;     /* (record) */
    double *history_loss_fit; /* (record) */
    double *history_norm;     /* (record, layer) |W_l|_F */
    double *history_nc1;      /* (record, layer) nc1_trace after the ReLU */
    int *history_rank;        /* (record, layer) rank of M_l after the ReLU at 1e-2 */

    double *weight;  /* (layer, row, column) W_l, NaN below row K in layer L; NULL if not
                        stored */
    double *feature; /* (column, sample) H_1; NULL if not stored */
};

/* Lay the arrays out in `arena` for these lengths (memory.h: once to measure, once to
 * take); options that are off leave their arrays NULL. */
void result_carve(struct result *result, const struct extent *extent,
                  struct arena *arena);

/* Copy `from` with its arrays, which get places in `arena` (memory.h: on an empty one
 * only *to is useless, and the bytes are measured). */
void result_copy(const struct result *from, struct arena *arena, struct result *to);

/* Set every value to "undefined": NaN, -1, STATUS_PENDING, FAILURE_NONE, OUTCOME_NONE,
 * STOP_NONE. */
void result_clear(struct result *result);

#endif

/* The table of the result file's variables; with L depth, d width,
 * K classes, H_l features, M_l class means,
 * s the activation, N samples, lbar the geometric mean of the regularizers. */
#include "schema.h"

#include <math.h>
#include <string.h>

#include "dufm/outcome.h"
#include "schema_rows.h"

static const char *const status_names[] = {"pending", "running",     "done",
                                           "failed",  "quarantined", NULL};
static const char *const failure_names[] = {
    "none",       "no_convergence", "signal_segv",  "signal_bus",
    "signal_fpe", "signal_ill",     "signal_abort", NULL};
static const char *const stop_names[] = {"none",        "plateau",     "gradient",
                                         "max_steps",   "max_seconds", "diverged",
                                         "interrupted", "trivial",     NULL};

static const struct variable rows[] = {
    {.name = "tolerance",
     .cell = CELL_REAL,
     .phase = PHASE_CREATION,
     .dimensions = {DIMENSION_TOLERANCE},
     .source = SOURCE_TOLERANCE,
     .units = "1",
     .long_name = "relative tolerance of a numerical rank",
     .comment = "of the variables rank_*: s_i counts above tolerance s_1"},
    LAYOUT("layout", "where the values lie in the file"),
    {.name = "grid_index",
     .cell = CELL_INTEGER,
     .phase = PHASE_CREATION,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_STAMP,
     .offset = offsetof(struct stamp, grid_index),
     .unchecked = true,
     .units = "1",
     .long_name = "place in the sweep's grid",
     .comment = "-1: values removed from the sweep"},
    STAMP(point_id, PHASE_CREATION, "identity of the point",
          "hash of every parameter that differs from its default"),
    FLAG(status, PHASE_STATUS, "status",
         "state of the row; results count where it is done",
         "written after everything else in the row", status_names),
    {.name = "failure",
     .cell = CELL_BYTE,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_RESULT,
     .offset = offsetof(struct result, failure),
     .long_name = "why the point could not be run",
     .comment = "signal_*: it brought its process down three times",
     .flags = failure_names},
    {.name = "outcome",
     .cell = CELL_BYTE,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_RESULT,
     .offset = offsetof(struct result, outcome),
     .reproducible = true,
     .long_name = "class of the ending, by structure",
     .comment = outcome_text,
     .without_loss = outcome_structure_text,
     .flags = outcome_names},
    FLAG(stop_reason, PHASE_DATA, "stop_reason", "why descent ended",
         "plateau, gradient, max_steps, max_seconds: the parameter that says when; "
         "diverged: the loss is not finite; trivial: everything decays to nothing",
         stop_names),
    VALUE(steps, CELL_INTEGER, "steps", "1", "steps taken, both phases",
          "at most max_steps + decay_steps"),
    LATER(4, evaluations, CELL_INTEGER, "evaluations", "1",
          "points at which the loss was evaluated, with its gradient where needed",
          "as many as steps but for lbfgs, whose line search looks at several"),
    {.name = "wall_time",
     .cell = CELL_REAL,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_RESULT,
     .offset = offsetof(struct result, wall_time),
     .units = "s",
     .long_name = "time of the descent alone",
     .comment = "without metrics and commit; of all launches that worked at it"},

    VALUE(loss, CELL_REAL, "loss", "1", "loss at the end",
          "loss_fit + loss_regularization"),
    VALUE(loss_fit, CELL_REAL, "loss_fit", "1", "fit term of the loss",
          "1/(2N) |Z - Y|_F^2; ce: 1/N sum_j [logsumexp(z_j) - z_{y_j, j}]"),
    VALUE(loss_regularization, CELL_REAL, "loss_regularization", "1",
          "regularization of all factors",
          "sum_l lambda_l/2 |W_l|_F^2 + lambda_H/2 |H_1|_F^2"),
    VALUE(loss_before_decay, CELL_REAL, "loss_before_decay", "1",
          "loss at the end of the main phase", "NaN without a final decay of the rate"),
    VALUE(gradient_norm, CELL_REAL, "gradient_norm", "1",
          "Euclidean norm of the whole gradient at the end",
          "|g|, g = d loss / d (W_1, .., W_L, H_1), relu'(0) = 0"),
    VALUE(regularization_feature, CELL_REAL, "regularization_feature", "1",
          "regularization of H_1", "lambda_H/2 |H_1|_F^2"),
    ARRAY(regularization_weight, CELL_REAL, "regularization_weight", "1",
          "regularization of W_l", "lambda_l/2 |W_l|_F^2", DIMENSION_LAYER),

    VALUE(reference.loss_trivial, CELL_REAL, "loss_trivial", "1",
          "loss where all parameters are 0", "1/2; ce: log K"),
    VALUE(reference.loss_dnc, CELL_REAL, "loss_dnc", "1", "loss of deep neural collapse",
          "(1-x)^2/2 + K lbar (L+1)/2 x^(2/(L+1)) at the larger root x; ce: "
          "log(1 + (K-1) e^-a) + lbar (L+1)/2 R a^(2/(L+1)) at its minimum a > 0, "
          "R = (K^L (K-1))^(1/(L+1)), linear or L = 1: R = K - 1; NaN where it does not "
          "exist"),
    LATER(6, reference.loss_dnc_bound, CELL_REAL, "loss_dnc_bound", "1",
          "lower bound of the loss of deep neural collapse",
          "ce, relu: loss_dnc of the linear activation, below every point whose class "
          "means are simplex ETFs behind each ReLU; else NaN"),
    VALUE(reference.loss_srg, CELL_REAL, "loss_srg", "1",
          "loss of the strongly regular graph solution",
          "as loss_dnc with rho K for K; needs K = r(r-1)/2, r >= 4, L >= 3"),
    VALUE(
        reference.loss_srg_relaxed, CELL_REAL, "loss_srg_relaxed", "1",
        "least loss with the symmetry of the complete graph kept",
        "as loss_srg with the entries of adjacent classes in s(M_L) free; NaN without a "
        "local minimum"),
    VALUE(reference.loss_srg_clique, CELL_REAL, "loss_srg_clique", "1",
          "loss of the clique variant of the graph solution",
          "last hidden layer: one neuron for each clique of clique_order vertices; NaN "
          "where no order has a local minimum"),
    VALUE(reference.clique_order, CELL_INTEGER, "clique_order", "1",
          "clique order of loss_srg_clique", "0 where there is none"),
    VALUE(reference.loss_low_rank, CELL_REAL, "loss_low_rank", "1",
          "loss of the low-rank witness",
          "ce, linear or L = 1, K even: log(1 + (K-2) e^-b + e^-2b) + lbar (L+1)/2 (K/2) "
          "(2b)^(2/(L+1)) at its minimum b > 0; else NaN"),
    VALUE(reference.rho, CELL_REAL, "rho", "1", "cost of SRG relative to DNC",
          "SRG beats DNC where rho < 1"),
    VALUE(reference.kappa_ratio, CELL_REAL, "kappa_ratio", "1",
          "regularization relative to where DNC meets the trivial loss",
          "K lbar / kappa_max(L); a threshold of mse alone"),
    LATER(6, reference.loss_mixture, CELL_REAL, "loss_mixture", "1",
          "loss of the best mixture of families of last hidden neurons",
          "on the features of the graph solution: stars, cliques of every order, "
          "all vertices, each with its share; NaN where no family has a local minimum"),

    VALUE(
        distance_dnc, CELL_REAL, "distance_dnc", "1",
        "distance from deep neural collapse",
        "max over hidden layers of |G/|G|_F - P/|P|_F|_F, G the Gram matrix of the class "
        "means of s(H_l), P = I; ce: of the globally centred class means, "
        "P = I - 11^T/K; NaN at a width below K (ce, linear: K - 1), and at trivial and "
        "diverged "
        "endings"),
    VALUE(distance_srg, CELL_REAL, "distance_srg", "1",
          "distance from the strongly regular graph solution, plain or relaxed",
          "as distance_dnc with P = B^T B for l < L and (2I + vA)^2 for l = L, nearest v "
          "in "
          "[0, 1] and order of classes, and |M - M'|_F/|M|_F for the means M of layer L "
          "and "
          "the nearest M' whose rows are multiples of those of 2I + vA"),
    VALUE(distance_clique, CELL_REAL, "distance_clique", "1",
          "distance from the clique variant of the graph solution",
          "as distance_srg with P = N^T N for l = L, N the incidence of m-cliques and "
          "edges, nearest m with 3 <= m < r and C(r, m) <= width, and rows of N for M'"),
    VALUE(distance_clique_order, CELL_INTEGER, "distance_clique_order", "1",
          "clique order m of distance_clique", "0 where there is none"),

    FIRM(curvature_max, CELL_REAL, "largest curvature of the loss at the end",
         "largest eigenvalue of its Hessian, on the side of a kink that the gradient "
         "takes; "
         "NaN without curvature"),
    FIRM(curvature_min, CELL_REAL, "smallest curvature of the loss at the end",
         "smallest eigenvalue, as curvature_max; below 0 at a saddle"),
    FIRM(
        curvature_residual_max, CELL_REAL, "error bound of curvature_max",
        "|H v - curvature_max v| of the unit vector v found: an eigenvalue lies as near"),
    FIRM(curvature_residual_min, CELL_REAL, "error bound of curvature_min",
         "as curvature_residual_max"),
    FIRM(curvature_steps, CELL_INTEGER, "products with the Hessian",
         "-1 without curvature"),
    FIRM(sharpness, CELL_REAL, "largest curvature over what the optimizer can follow",
         "gd: curvature_max learning_rate/2; momentum: curvature_max learning_rate/"
         "(2 (1 + momentum)); above 1 unstable at that rate; else NaN"),
    FIRM(kick_loss, CELL_REAL, "loss after a kick and the descent from there",
         "NaN without kick"),
    FIRM(kick_loss_change, CELL_REAL, "change of the loss by a kick and the way back",
         "kick_loss - loss"),
    FIRM(kick_distance, CELL_REAL, "distance of the ending after a kick from that before",
         "max over hidden layers of |G/|G|_F - G'/|G'|_F|_F, G the Gram matrices of the "
         "class means of s(H_l); NaN where either ending is trivial or none"),
    FIRM(kick_steps, CELL_INTEGER, "steps of the descent after a kick",
         "-1 without kick"),
    KICK_FLAG(kick_stop_reason, "why the descent after a kick ended", stop_names),
    KICK_FLAG(kick_outcome, "class of the ending after a kick", outcome_names),

    SPECTRA(sv, CELL_REAL, "sv", "singular values", "descending", DIMENSION_LAYER,
            DIMENSION_INDEX),
    ARRAY(sv_output, CELL_REAL, "sv_output", "1", "singular values of the output Z",
          "descending", DIMENSION_INDEX),
    SPECTRA(rank, CELL_INTEGER, "rank", "numerical rank",
            "number of s_i > max(tolerance s_1, 1e-6)", DIMENSION_LAYER,
            DIMENSION_TOLERANCE),
    ARRAY(rank_output, CELL_INTEGER, "rank_output", "1", "numerical rank of the output Z",
          "number of s_i > max(tolerance s_1, 1e-6)", DIMENSION_TOLERANCE),
    SPECTRA(stable_rank, CELL_REAL, "stable_rank", "stable rank", "sum s_i^2 / s_1^2",
            DIMENSION_LAYER),
    SPECTRA(effective_rank, CELL_REAL, "effective_rank", "effective rank",
            "exp(entropy of s_i / sum s)", DIMENSION_LAYER),

    SIDES(nc1_trace, "nc1_trace", "within-class over between-class variability (NC1)",
          "tr(S_W)/tr(S_B), S_W = 1/N sum (h - m_k)(h - m_k)^T, S_B = 1/K sum "
          "(m_k - mu)(m_k - mu)^T; NaN at n = 1 and where the class means are equal"),
    SIDES(nc1_pinv, "nc1_pinv", "within-class variability in units of S_B (NC1)",
          "tr(S_W pinv(S_B))/K, S_W and S_B as for nc1_trace; eigenvalues of S_B up to "
          "1e-6 times the largest count as 0; NaN as nc1_trace"),
    ARRAY(nc2_frame_pre, CELL_REAL, "nc2_frame_pre", "1",
          "distance of the class means of H_l from an orthogonal frame (DNC2)",
          "|G/|G|_F - I_K/sqrt(K)|_F, G = M_l^T M_l", DIMENSION_LAYER),
    ARRAY(nc2_frame_post, CELL_REAL, "nc2_frame_post", "1",
          "distance of the class means of s(H_l) from an orthogonal frame (DNC2)",
          "|G/|G|_F - I_K/sqrt(K)|_F, G = M^T M", DIMENSION_LAYER),

    SIDES(nc2_etf, "nc2_etf", "distance from a simplex ETF (NC2) of the class means",
          "|G/|G|_F - (I_K - 11^T/K)/sqrt(K-1)|_F, G = M_c^T M_c, M_c the globally "
          "centred class means; NaN where they are equal"),
    SIDES(nc2_equinorm, "nc2_equinorm", "spread of norms (NC2) of the class means",
          "standard deviation of |m_k - mu| over k, divided by their mean; NaN as "
          "nc2_etf"),
    SIDES(nc2_equiangle, "nc2_equiangle", "spread of angles (NC2) of the class means",
          "standard deviation of cos(m_j - mu, m_k - mu) over the pairs j < k; NaN where "
          "an m_k equals mu"),
    SIDES(condition, "condition", "condition number of the class means",
          "s_1/s_min of M_l, s_min the last of min(d, K) singular values; infinite where "
          "s_min <= max(d, K) epsilon s_1; NaN for M_l = 0"),
    ARRAY(nc3_alignment, CELL_REAL, "nc3_alignment", "1",
          "alignment of the rows of W_l with the class means of s(H_l) (NC3)",
          "sum_i |w_i| max_k cos(w_i, m_k) / sum_i |w_i|; NaN where W_l or M_l is 0",
          DIMENSION_LAYER),
    VALUE(nc3_duality, CELL_REAL, "nc3_duality", "1",
          "distance of W_L from the class means of s(H_L) (NC3)",
          "|W_L/|W_L|_F - M_L^T/|M_L|_F|_F; NaN where either is 0"),

    ARRAY(gram_pre, CELL_REAL, "gram_pre", "1", "Gram matrix of the class means of H_l",
          "M_l^T M_l", DIMENSION_LAYER, DIMENSION_CLASS_ROW, DIMENSION_CLASS_COLUMN),
    ARRAY(gram_post, CELL_REAL, "gram_post", "1",
          "Gram matrix of the class means of s(H_l)", "M^T M", DIMENSION_LAYER,
          DIMENSION_CLASS_ROW, DIMENSION_CLASS_COLUMN),

    ARRAY(history_step, CELL_INTEGER, "history_step", "1", "step of a history record",
          "0, floor(2^(i s)) for the least power of two s that fits, and the last",
          DIMENSION_RECORD),
    ARRAY(history_loss, CELL_REAL, "history_loss", "1", "loss at that step", "as loss",
          DIMENSION_RECORD),
    ARRAY(history_loss_fit, CELL_REAL, "history_loss_fit", "1", "fit term at that step",
          "as loss_fit", DIMENSION_RECORD),
    ARRAY(history_norm, CELL_REAL, "history_norm_weight", "1",
          "Frobenius norm of W_l at that step", "|W_l|_F", DIMENSION_RECORD,
          DIMENSION_LAYER),
    ARRAY(history_nc1, CELL_REAL, "history_nc1", "1",
          "within-class over between-class variability (NC1) of s(H_l) at that step",
          "as nc1_trace_post", DIMENSION_RECORD, DIMENSION_LAYER),
    ARRAY(history_rank, CELL_INTEGER, "history_rank", "1",
          "numerical rank of the class means of s(H_l) at that step",
          "as rank_mean_post, tolerance 1e-2", DIMENSION_RECORD, DIMENSION_LAYER),

    ARRAY(weight, CELL_REAL, "weight", "1", "weights W_l at the end",
          "W_L has K rows, the others d", DIMENSION_LAYER, DIMENSION_ROW,
          DIMENSION_COLUMN),
    ARRAY(feature, CELL_REAL, "feature", "1", "features H_1 at the end",
          "d rows; a column is a sample", DIMENSION_FEATURE_ROW, DIMENSION_SAMPLE),

    MEASURED("layer_name", CELL_CHARACTER, NULL, "name of the layer",
             "as its group in the file of features is called", DIMENSION_LAYER,
             DIMENSION_LONG_TEXT),
    MEASURED("source_file", CELL_CHARACTER, NULL, "file that the features came from",
             "as it was named in the command", DIMENSION_CONFIG, DIMENSION_LONG_TEXT),
    MEASURED_DATED("source_bytes", CELL_REAL, "byte", "size of that file",
                   "when it was measured", DIMENSION_CONFIG),
    MEASURED_DATED("source_modified", CELL_CHARACTER, NULL,
                   "time of that file's last modification, UTC",
                   "ISO 8601; as the file system had it when it was measured",
                   DIMENSION_CONFIG, DIMENSION_TEXT),
    MEASURED("sample_count", CELL_INTEGER, "1", "number of samples N",
             "length of /labels in the file of features", DIMENSION_CONFIG),
    MEASURED("layer_width", CELL_INTEGER, "1", "number of features d_l of the layer",
             "all dimensions of a sample together", DIMENSION_CONFIG, DIMENSION_LAYER),
    MEASURED("class_size", CELL_INTEGER, "1", "number of samples of the class",
             "how often /labels has it; -1 beyond the classes of the file",
             DIMENSION_CONFIG, DIMENSION_CLASS_ROW),

    {.name = "launch_index",
     .cell = CELL_INTEGER,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_STAMP,
     .offset = offsetof(struct stamp, launch_index),
     .units = "1",
     .long_name = "launch that wrote the row, an index on launch",
     .comment = "-1: none yet"},
    STAMP(result_hash, PHASE_DATA, "hash of the reproducible values",
          "the same bits give the same hash, whatever the padding"),
    STAMP(checksum, PHASE_CHECKSUM, "checksum of the row",
          "over every value of the row, without padding, status included"),

    LAUNCH(start, CELL_CHARACTER, NULL, "start of the launch, UTC", "ISO 8601",
           DIMENSION_TEXT),
    LAUNCH(host, CELL_CHARACTER, NULL, "host of rank 0", "as the system names it",
           DIMENSION_TEXT),
    LAUNCH(job, CELL_CHARACTER, NULL, "job of the batch system", "empty without one",
           DIMENSION_TEXT),
    LAUNCH(cpu, CELL_CHARACTER, NULL, "CPU model", "of rank 0", DIMENSION_TEXT),
    LAUNCH(revision, CELL_CHARACTER, NULL, "program version and revision",
           "version (git revision, -dirty: with changes)", DIMENSION_TEXT),
    LAUNCH(libraries, CELL_CHARACTER, NULL, "libraries and their versions",
           "MPI, HDF5, BLAS and LAPACK with the kernels chosen", DIMENSION_LONG_TEXT),
    LAUNCH(fingerprint, CELL_CHARACTER, NULL, "hash of CPU, revision and libraries",
           "the same bits are expected where it is equal", DIMENSION_TEXT),
    LAUNCH(ranks, CELL_INTEGER, "1", "MPI ranks",
           "one coordinates where there are several", DIMENSION_NONE),
    LAUNCH(pid, CELL_INTEGER, "1", "process of rank 0", "its number on the host",
           DIMENSION_NONE),
    USE(span, "from the first point to the last report",
        "noted every few seconds while points run"),
    USE(busy, "time of all workers at work",
        "commits included; over span and workers: the share of time in use"),
    USE(committing, "time of all workers in commits", "part of launch_busy"),
    {.name = "launch_checksum",
     .cell = CELL_CHARACTER,
     .phase = PHASE_LAUNCH,
     .dimensions = {DIMENSION_LAUNCH, DIMENSION_HASH},
     .source = SOURCE_STAMP,
     .offset = offsetof(struct stamp, launch_checksum),
     .long_name = "checksum of the launch's other facts",
     .comment = "written last"},

    LAYOUT("layout_copy", "the same as layout"), /* last: far from it */
};

enum { ROWS = sizeof rows / sizeof *rows };

const struct schema *schema_get(void) {
    static struct schema schema;
    if (schema.count) return &schema;
    int count = 0;
    for (int i = 0; i < parameter_count && count < VARIABLES_MAX - ROWS; i++)
        schema.variables[count++] = schema_parameter(&parameter_table[i]);
    memcpy(&schema.variables[count], rows, sizeof rows);
    schema.count = count + ROWS;
    schema_mark_measured(&schema);
    return &schema;
}

int schema_find(const char *name) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < schema->count; i++)
        if (!strcmp(schema->variables[i].name, name)) return i;
    return -1;
}

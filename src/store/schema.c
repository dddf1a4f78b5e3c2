/* The table of the result file's variables; with L depth, d width,
 * K classes, H_l features, M_l class means,
 * s the activation, N samples, lbar the geometric mean of the regularizers. */
#include "schema.h"

#include <math.h>
#include <string.h>

#include "dufm/outcome.h"

static const char *const status_names[] = {"pending", "running",     "done",
                                           "failed",  "quarantined", NULL};
static const char *const stop_names[] = {"none",        "plateau",     "gradient",
                                         "max_steps",   "max_seconds", "diverged",
                                         "interrupted", "trivial",     NULL};

/* A field of struct result: one value a point. */
#define VALUE(field_, type_, stored_, units_, long_, comment_)                           \
    {                                                                                    \
        .name = stored_, .cell = type_, .phase = PHASE_DATA,                             \
        .dimensions = {DIMENSION_CONFIG}, .source = SOURCE_RESULT,                       \
        .offset = offsetof(struct result, field_), .reproducible = true,                 \
        .units = units_, .long_name = long_, .comment = comment_                         \
    }

/* An array of struct result; the dimensions inside a row come last. */
#define ARRAY(field_, type_, stored_, units_, long_, comment_, ...)                      \
    {                                                                                    \
        .name = stored_, .cell = type_, .phase = PHASE_DATA,                             \
        .dimensions = {DIMENSION_CONFIG, __VA_ARGS__}, .source = SOURCE_RESULT_ARRAY,    \
        .offset = offsetof(struct result, field_), .reproducible = true,                 \
        .units = units_, .long_name = long_, .comment = comment_                         \
    }

/* The same array for each matrix whose spectrum is measured. */
#define SPECTRA(field_, type_, stored_, long_, comment_, ...)                            \
    ARRAY(field_[SPECTRUM_WEIGHT], type_, stored_ "_weight", "1", long_ " of W_l",       \
          comment_, __VA_ARGS__),                                                        \
        ARRAY(field_[SPECTRUM_FEATURE_PRE], type_, stored_ "_feature_pre", "1",          \
              long_ " of the features H_l", comment_, __VA_ARGS__),                      \
        ARRAY(field_[SPECTRUM_FEATURE_POST], type_, stored_ "_feature_post", "1",        \
              long_ " of s(H_l)", comment_, __VA_ARGS__),                                \
        ARRAY(field_[SPECTRUM_MEAN_PRE], type_, stored_ "_mean_pre", "1",                \
              long_ " of the class means M_l of H_l", comment_, __VA_ARGS__),            \
        ARRAY(field_[SPECTRUM_MEAN_POST], type_, stored_ "_mean_post", "1",              \
              long_ " of the class means of s(H_l)", comment_, __VA_ARGS__)

/* An array by layer for each side of the activation. */
#define SIDES(field_, stored_, long_, comment_)                                          \
    ARRAY(field_[SIDE_PRE], CELL_REAL, stored_ "_pre", "1", long_ " of H_l", comment_,   \
          DIMENSION_LAYER),                                                              \
        ARRAY(field_[SIDE_POST], CELL_REAL, stored_ "_post", "1", long_ " of s(H_l)",    \
              comment_, DIMENSION_LAYER)

#define FLAG(field_, phase_, stored_, long_, names_)                                     \
    {                                                                                    \
        .name = stored_, .cell = CELL_BYTE, .phase = phase_,                             \
        .dimensions = {DIMENSION_CONFIG}, .source = SOURCE_RESULT,                       \
        .offset = offsetof(struct result, field_),                                       \
        .reproducible = (phase_) == PHASE_DATA, .long_name = long_, .flags = names_      \
    }

/* A text of the store's own. */
#define STAMP(field_, phase_, long_, comment_)                                           \
    {                                                                                    \
        .name = #field_, .cell = CELL_CHARACTER, .phase = phase_,                        \
        .dimensions = {DIMENSION_CONFIG, DIMENSION_HASH}, .source = SOURCE_STAMP,        \
        .offset = offsetof(struct stamp, field_),                                        \
        .reproducible = (phase_) == PHASE_CREATION, .long_name = long_,                  \
        .comment = comment_                                                              \
    }

#define LAUNCH(field_, type_, units_, long_, ...)                                        \
    {                                                                                    \
        .name = "launch_" #field_, .cell = type_, .phase = PHASE_LAUNCH,                 \
        .dimensions = {DIMENSION_LAUNCH, __VA_ARGS__}, .source = SOURCE_LAUNCH,          \
        .offset = offsetof(struct launch, field_), .units = units_, .long_name = long_   \
    }

static const struct variable rows[] = {
    {.name = "tolerance",
     .cell = CELL_REAL,
     .phase = PHASE_CREATION,
     .dimensions = {DIMENSION_TOLERANCE},
     .source = SOURCE_TOLERANCE,
     .units = "1",
     .long_name = "relative tolerance of a numerical rank"},
    STAMP(point_id, PHASE_CREATION, "identity of the point",
          "hash of every parameter that differs from its default"),
    FLAG(status, PHASE_STATUS, "status",
         "state of the row; results count where it is done", status_names),
    {.name = "outcome",
     .cell = CELL_BYTE,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_RESULT,
     .offset = offsetof(struct result, outcome),
     .reproducible = true,
     .long_name = "class of the ending, by structure",
     .comment = outcome_text,
     .flags = outcome_names},
    FLAG(stop_reason, PHASE_DATA, "stop_reason", "why descent ended", stop_names),
    VALUE(steps, CELL_INTEGER, "steps", "1", "steps taken, both phases", NULL),
    {.name = "wall_time",
     .cell = CELL_REAL,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_RESULT,
     .offset = offsetof(struct result, wall_time),
     .units = "s",
     .long_name = "time of the descent alone"},

    VALUE(loss, CELL_REAL, "loss", "1", "loss at the end",
          "loss_fit + loss_regularization"),
    VALUE(loss_fit, CELL_REAL, "loss_fit", "1", "fit term of the loss",
          "1/(2N) |Z - Y|_F^2"),
    VALUE(loss_regularization, CELL_REAL, "loss_regularization", "1",
          "regularization of all factors",
          "sum_l lambda_l/2 |W_l|_F^2 + lambda_H/2 |H_1|_F^2"),
    VALUE(loss_before_decay, CELL_REAL, "loss_before_decay", "1",
          "loss at the end of the main phase", "NaN without a final decay of the rate"),
    VALUE(gradient_norm, CELL_REAL, "gradient_norm", "1",
          "Euclidean norm of the whole gradient at the end", NULL),
    VALUE(regularization_feature, CELL_REAL, "regularization_feature", "1",
          "regularization of H_1", "lambda_H/2 |H_1|_F^2"),
    ARRAY(regularization_weight, CELL_REAL, "regularization_weight", "1",
          "regularization of W_l", "lambda_l/2 |W_l|_F^2", DIMENSION_LAYER),

    VALUE(reference.loss_trivial, CELL_REAL, "loss_trivial", "1",
          "loss where all parameters are 0", NULL),
    VALUE(
        reference.loss_dnc, CELL_REAL, "loss_dnc", "1", "loss of deep neural collapse",
        "(1-x)^2/2 + K lbar (L+1)/2 x^(2/(L+1)) at the larger root x; NaN where it does "
        "not exist"),
    VALUE(reference.loss_srg, CELL_REAL, "loss_srg", "1",
          "loss of the strongly regular graph solution",
          "as loss_dnc with rho K for K; needs K = r(r-1)/2, r >= 4, L >= 3"),
    VALUE(reference.loss_srg_relaxed, CELL_REAL, "loss_srg_relaxed", "1",
          "least loss with the symmetry of the complete graph kept", NULL),
    VALUE(reference.loss_srg_clique, CELL_REAL, "loss_srg_clique", "1",
          "loss of the clique variant of the graph solution",
          "last hidden layer: one neuron for each clique of clique_order vertices"),
    VALUE(reference.clique_order, CELL_INTEGER, "clique_order", "1",
          "clique order of loss_srg_clique", "0 where there is none"),
    VALUE(reference.loss_low_rank, CELL_REAL, "loss_low_rank", "1",
          "loss of the low-rank witness", "cross-entropy only"),
    VALUE(reference.rho, CELL_REAL, "rho", "1", "cost of SRG relative to DNC",
          "SRG beats DNC where rho < 1"),
    VALUE(reference.kappa_ratio, CELL_REAL, "kappa_ratio", "1",
          "regularization relative to where DNC meets the trivial loss",
          "K lbar / kappa_max(L)"),

    VALUE(
        distance_dnc, CELL_REAL, "distance_dnc", "1",
        "distance from deep neural collapse",
        "max over hidden layers of |G/|G|_F - P/|P|_F|_F, G the Gram matrix of the class "
        "means of s(H_l), P = I; NaN at another shape than loss_dnc needs, and at "
        "trivial "
        "and diverged endings"),
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
          NULL, DIMENSION_RECORD),
    ARRAY(history_loss, CELL_REAL, "history_loss", "1", "loss at that step", NULL,
          DIMENSION_RECORD),
    ARRAY(history_loss_fit, CELL_REAL, "history_loss_fit", "1", "fit term at that step",
          NULL, DIMENSION_RECORD),
    ARRAY(history_norm, CELL_REAL, "history_norm_weight", "1",
          "Frobenius norm of W_l at that step", NULL, DIMENSION_RECORD, DIMENSION_LAYER),
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

    {.name = "launch_index",
     .cell = CELL_INTEGER,
     .phase = PHASE_DATA,
     .dimensions = {DIMENSION_CONFIG},
     .source = SOURCE_STAMP,
     .offset = offsetof(struct stamp, launch_index),
     .units = "1",
     .long_name = "launch that wrote the row, an index on launch"},
    STAMP(result_hash, PHASE_DATA, "hash of the reproducible values",
          "the same bits give the same hash, whatever the padding"),
    STAMP(checksum, PHASE_CHECKSUM, "checksum of the row",
          "over every value of the row, without padding, status included"),

    LAUNCH(start, CELL_CHARACTER, NULL, "start of the launch, UTC", DIMENSION_TEXT),
    LAUNCH(host, CELL_CHARACTER, NULL, "host of rank 0", DIMENSION_TEXT),
    LAUNCH(job, CELL_CHARACTER, NULL, "job of the batch system", DIMENSION_TEXT),
    LAUNCH(cpu, CELL_CHARACTER, NULL, "CPU model", DIMENSION_TEXT),
    LAUNCH(revision, CELL_CHARACTER, NULL, "program version and revision",
           DIMENSION_TEXT),
    LAUNCH(libraries, CELL_CHARACTER, NULL, "libraries and their versions",
           DIMENSION_LONG_TEXT),
    LAUNCH(fingerprint, CELL_CHARACTER, NULL,
           "hash of CPU, revision and libraries; the same bits are expected where equal",
           DIMENSION_TEXT),
    LAUNCH(ranks, CELL_INTEGER, "1", "MPI ranks", DIMENSION_NONE),
    LAUNCH(pid, CELL_INTEGER, "1", "process of rank 0", DIMENSION_NONE),
};

enum { ROWS = sizeof rows / sizeof *rows };

/* The row of a parameter: a coordinate on config, named as it is stored. */
static struct variable parameter_variable(const struct parameter *parameter) {
    static const enum cell cells[] = {[PARAMETER_INTEGER] = CELL_INTEGER,
                                      [PARAMETER_REAL] = CELL_REAL,
                                      [PARAMETER_CHOICE] = CELL_BYTE,
                                      [PARAMETER_LAYERS] = CELL_REAL};
    bool layers = parameter->type == PARAMETER_LAYERS;
    return (struct variable){
        .name = parameter->stored_name,
        .cell = cells[parameter->type],
        .phase = PHASE_CREATION,
        .dimensions = {DIMENSION_CONFIG, layers ? DIMENSION_LAYER : DIMENSION_NONE},
        .source = SOURCE_POINT,
        .offset = parameter->offset,
        .units = parameter->choices ? NULL : parameter->units,
        .long_name = parameter->summary,
        .flags = parameter->choices,
        .parameter = parameter,
    };
}

const struct schema *schema_get(void) {
    static struct schema schema;
    if (schema.count) return &schema;
    int count = 0;
    for (int i = 0; i < parameter_count && count < VARIABLES_MAX - ROWS; i++)
        schema.variables[count++] = parameter_variable(&parameter_table[i]);
    memcpy(&schema.variables[count], rows, sizeof rows);
    schema.count = count + ROWS;
    return &schema;
}

int schema_find(const char *name) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < schema->count; i++)
        if (!strcmp(schema->variables[i].name, name)) return i;
    return -1;
}

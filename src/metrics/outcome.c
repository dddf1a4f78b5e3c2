#include "dufm/outcome.h"

#include <math.h>
#include <stddef.h>

/* Bounds, as numbers and as words of the rules; src/metrics/README.md has the measured
 * distances that they were chosen by. */
#define NEAR     0.2
#define WITHIN   1e-3
#define QUOTE(x) #x
#define WORDS(x) QUOTE(x)

const double outcome_near_bound = NEAR;
const double outcome_within_bound = WITHIN;

enum { RANK_TOLERANCE = 1 }; /* index of 1e-2 in rank_tolerances */

/* What the rules look at. */
struct outcome_evidence {
    const struct result *result; /* loss, references, distances */
    bool collapsed;              /* no hidden layer varies within classes ... */
    bool collapsed_last;         /* ... the last one does not */
    bool low_rank;               /* some hidden layer's class means have rank below K */
};

static bool is_not_finite(const struct outcome_evidence *evidence) {
    return !isfinite(evidence->result->loss);
}

static bool is_trivial(const struct outcome_evidence *evidence) {
    return evidence->result->rank_output[0] == 0;
}

/* Among many classes, one that is missing moves the distance little: the rank tells. */
static bool is_dnc(const struct outcome_evidence *evidence) {
    return evidence->collapsed && !evidence->low_rank &&
           evidence->result->distance_dnc <= NEAR;
}

static bool is_srg(const struct outcome_evidence *evidence) {
    return evidence->collapsed && evidence->result->distance_srg <= NEAR;
}

static bool is_clique(const struct outcome_evidence *evidence) {
    return evidence->collapsed && evidence->result->distance_clique <= NEAR;
}

static bool is_low_rank(const struct outcome_evidence *evidence) {
    const struct reference *reference = &evidence->result->reference;
    double line =
        isnan(reference->loss_dnc) ? reference->loss_trivial : reference->loss_dnc;
    return evidence->low_rank && evidence->result->loss < line;
}

static bool is_low_rank_high(const struct outcome_evidence *evidence) {
    return evidence->low_rank;
}

static bool is_partial(const struct outcome_evidence *evidence) {
    const struct result *result = evidence->result;
    return evidence->collapsed_last &&
           result->nc2_frame_post[result->extent.layer - 1] <= NEAR;
}

static bool is_anything(const struct outcome_evidence *evidence) {
    (void)evidence;
    return true;
}

/* The table: RULE(enum, name, function, when it holds in words). */
#define COLLAPSED                                                                        \
    "in no hidden layer more than " WORDS(WITHIN) " of the squared norm lies within "    \
                                                  "classes"
#define LOW_RANK "the class means of a hidden layer have rank below K (tolerance 1e-2)"
#define RULES(RULE)                                                                      \
    RULE(NONE, "none", is_not_finite, "the loss is not finite")                          \
    RULE(TRIVIAL, "trivial", is_trivial, "the output has rank 0")                        \
    RULE(DNC, "dnc", is_dnc,                                                             \
         COLLAPSED                                                                       \
         ", all class means have rank K and distance_dnc is at most " WORDS(NEAR))       \
    RULE(SRG, "srg", is_srg, COLLAPSED " and distance_srg is at most " WORDS(NEAR))      \
    RULE(CLIQUE, "clique", is_clique,                                                    \
         COLLAPSED " and distance_clique is at most " WORDS(NEAR))                       \
    RULE(LOW_RANK, "low_rank", is_low_rank,                                              \
         LOW_RANK " and the loss is below loss_dnc (loss_trivial where that is NaN)")    \
    RULE(LOW_RANK_HIGH, "low_rank_high", is_low_rank_high,                               \
         LOW_RANK ", the loss is not below")                                             \
    RULE(PARTIAL, "partial", is_partial,                                                 \
         "in the last hidden layer at most " WORDS(                                      \
             WITHIN) " of the squared norm lies "                                        \
                     "within classes and nc2_frame_post is at most " WORDS(NEAR))        \
    RULE(OTHER, "other", is_anything, "none of these")

#define ENTRY(enum_, name_, holds_, sentence_)                                           \
    {OUTCOME_##enum_, name_, holds_, sentence_},
const struct outcome_rule outcome_rules[OUTCOME_COUNT] = {RULES(ENTRY)};

#define NAME(enum_, name_, holds_, sentence_) [OUTCOME_##enum_] = name_,
const char *const outcome_names[OUTCOME_COUNT + 1] = {RULES(NAME)};

#define TEXT(enum_, name_, holds_, sentence_) "; " name_ ": " sentence_
const char outcome_text[] = "the first rule that holds" RULES(TEXT);

double outcome_within_share(const double *mean_values, const double *feature_values,
                            int index, int samples) {
    double means = 0.0, features = 0.0;
    for (int i = 0; i < index; i++) {
        if (!isnan(mean_values[i])) means += mean_values[i] * mean_values[i];
        if (!isnan(feature_values[i])) features += feature_values[i] * feature_values[i];
    }
    return 1.0 - samples * means / features;
}

static bool is_collapsed(const struct problem *problem, const struct result *result,
                         int layer) {
    int index = result->extent.index;
    size_t at = (size_t)(layer - 1) * (size_t)index;
    return outcome_within_share(result->sv[SPECTRUM_MEAN_POST] + at,
                                result->sv[SPECTRUM_FEATURE_POST] + at, index,
                                problem->shape.samples) <= outcome_within_bound;
}

static bool has_low_rank(const struct problem *problem, const struct result *result,
                         int layer) {
    int at = (layer - 1) * TOLERANCE_COUNT + RANK_TOLERANCE;
    return result->rank[SPECTRUM_MEAN_POST][at] < problem->shape.classes;
}

static struct outcome_evidence gather(const struct problem *problem,
                                      const struct result *result) {
    int depth = problem->shape.depth;
    struct outcome_evidence evidence = {.result = result,
                                        .collapsed = true,
                                        .collapsed_last =
                                            is_collapsed(problem, result, depth)};
    for (int layer = depth > 1 ? 2 : 1; layer <= depth; layer++) {
        if (!is_collapsed(problem, result, layer)) evidence.collapsed = false;
        if (has_low_rank(problem, result, layer)) evidence.low_rank = true;
    }
    return evidence;
}

enum outcome outcome_classify(const struct problem *problem,
                              const struct result *result) {
    struct outcome_evidence evidence = gather(problem, result);
    const struct outcome_rule *rule = outcome_rules;
    while (!rule->holds(&evidence))
        rule++;
    return rule->outcome;
}

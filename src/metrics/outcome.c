#include "dufm/outcome.h"

#include <math.h>
#include <stddef.h>

#include "dufm/structure.h"

/* Bounds, as numbers and as words of the rules; src/metrics/README.md has the measured
 * distances that they were chosen by. */
#define NEAR     0.2
#define WITHIN   1e-3
#define QUOTE(x) #x
#define WORDS(x) QUOTE(x)

const double outcome_near_bound = NEAR;

enum { RANK_TOLERANCE = 1 }; /* index of 1e-2 in rank_tolerances */
const double outcome_rank_tolerance = 1e-2;

/* What the rules look at. */
struct outcome_evidence {
    const struct result *result; /* loss, references, distances */
    bool lossless;               /* no loss is known: nothing is said of it */
    bool complete;               /* every hidden layer has class means */
    bool trivial;                /* nothing is handed on by the last layer */
    bool collapsed;              /* no hidden layer varies within classes ... */
    bool collapsed_last;         /* ... the last one does not */
    double frame_last;           /* distance of the last one from what DNC has there */
    bool low_rank; /* some hidden layer's class means have a rank below DNC's */
};

static bool is_not_finite(const struct outcome_evidence *evidence) {
    return evidence->lossless ? !evidence->complete : !isfinite(evidence->result->loss);
}

static bool is_trivial(const struct outcome_evidence *evidence) {
    return evidence->trivial;
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
    return evidence->low_rank && (evidence->lossless || evidence->result->loss < line);
}

static bool is_low_rank_high(const struct outcome_evidence *evidence) {
    return evidence->low_rank;
}

static bool is_partial(const struct outcome_evidence *evidence) {
    return evidence->collapsed_last && evidence->frame_last <= NEAR;
}

static bool is_anything(const struct outcome_evidence *evidence) {
    (void)evidence;
    return true;
}

/* The table: RULE(enum, name, function, when it holds in words). */
#define COLLAPSED                                                                        \
    "in no hidden layer more than " WORDS(WITHIN) " of the squared norm lies within "    \
                                                  "classes"
#define FULL_RANK "K (ce, linear or L = 1: K - 1)"
#define LOW_RANK                                                                         \
    "at tolerance 1e-2 the class means of a hidden layer have a rank below " FULL_RANK
#define RULES(RULE)                                                                      \
    RULE(NONE, "none", is_not_finite, "the loss is not finite")                          \
    RULE(TRIVIAL, "trivial", is_trivial, "the output has rank 0")                        \
    RULE(DNC, "dnc", is_dnc,                                                             \
         COLLAPSED ", all class means have rank at least " FULL_RANK                     \
                   " and distance_dnc is "                                               \
                   "at most " WORDS(NEAR))                                               \
    RULE(SRG, "srg", is_srg, COLLAPSED " and distance_srg is at most " WORDS(NEAR))      \
    RULE(CLIQUE, "clique", is_clique,                                                    \
         COLLAPSED " and distance_clique is at most " WORDS(NEAR))                       \
    RULE(LOW_RANK, "low_rank", is_low_rank,                                              \
         LOW_RANK " and the loss is below loss_dnc (where that is NaN, loss_trivial)")   \
    RULE(LOW_RANK_HIGH, "low_rank_high", is_low_rank_high,                               \
         LOW_RANK ", the loss is not below")                                             \
    RULE(PARTIAL, "partial", is_partial,                                                 \
         "in the last hidden layer at most " WORDS(                                      \
             WITHIN) " of the squared norm lies "                                        \
                     "within classes and nc2_frame_post (ce: nc2_etf_post) is at "       \
                     "most " WORDS(NEAR))                                                \
    RULE(OTHER, "other", is_anything, "none of these")

#define ENTRY(enum_, name_, holds_, sentence_)                                           \
    {OUTCOME_##enum_, name_, holds_, sentence_},
const struct outcome_rule outcome_rules[OUTCOME_COUNT] = {RULES(ENTRY)};

#define NAME(enum_, name_, holds_, sentence_) [OUTCOME_##enum_] = name_,
const char *const outcome_names[OUTCOME_COUNT + 1] = {RULES(NAME)};

#define TEXT(enum_, name_, holds_, sentence_) "; " name_ ": " sentence_
const char outcome_text[] = "the first rule that holds" RULES(TEXT);

/* Without a loss K - 1 counts, and nothing is said of the loss. */
#define NEARBY " is at most " WORDS(NEAR) "; "
#define LAST_COLLAPSED                                                                   \
    "in the last hidden layer at most " WORDS(                                           \
        WITHIN) " of the squared norm lies within "                                      \
                "classes"
#define STRUCTURE                                                                        \
    "by structure alone, hidden layers l = 2..L (l = 1 where L = 1): the first rule "    \
    "that holds; none: a hidden layer without features after the activation; trivial: "  \
    "the class means of the last layer are 0; "
#define LOSSLESS                                                                         \
    "low_rank: the centred class means of a hidden layer have rank below K - 1 "         \
    "(tolerance 1e-2) and a square ten times that of means of samples without classes, " \
    "whatever the loss; "
const char outcome_structure_text[] = STRUCTURE
    "dnc: " COLLAPSED ", all centred class means have rank K - 1 and distance_dnc" NEARBY
    "srg: " COLLAPSED " and distance_srg" NEARBY "clique: " COLLAPSED
    " and distance_clique" NEARBY LOSSLESS "partial: " LAST_COLLAPSED
    " and nc2_etf_post" NEARBY "other: none of these";

static bool is_collapsed(const struct result *result, int layer) {
    return result->within_post[layer - 1] <= WITHIN;
}

static int rank_of(const struct result *result, int layer) {
    int at = (layer - 1) * TOLERANCE_COUNT + RANK_TOLERANCE;
    return result->rank[SPECTRUM_MEAN_POST][at];
}

static int first_hidden(const struct problem *problem) {
    return problem->shape.depth > 1 ? 2 : 1;
}

static struct outcome_evidence gather(const struct problem *problem,
                                      const struct result *result) {
    int depth = problem->shape.depth;
    struct outcome_evidence evidence = {
        .result = result,
        .collapsed = true,
        .collapsed_last = is_collapsed(result, depth),
        .frame_last = structure_frame_distances(problem, result)[depth - 1],
    };
    for (int layer = first_hidden(problem); layer <= depth; layer++)
        if (!is_collapsed(result, layer)) evidence.collapsed = false;
    return evidence;
}

static enum outcome apply(const struct outcome_evidence *evidence) {
    const struct outcome_rule *rule = outcome_rules;
    while (!rule->holds(evidence))
        rule++;
    return rule->outcome;
}

enum outcome outcome_classify(const struct problem *problem,
                              const struct result *result) {
    struct outcome_evidence evidence = gather(problem, result);
    evidence.trivial = result->rank_output[0] == 0;
    for (int layer = first_hidden(problem); layer <= problem->shape.depth; layer++)
        if (rank_of(result, layer) < reference_dnc_rank(problem))
            evidence.low_rank = true;
    return apply(&evidence);
}

enum outcome outcome_classify_structure(const struct problem *problem,
                                        const struct result *result,
                                        const struct outcome_means *means) {
    struct outcome_evidence evidence = gather(problem, result);
    evidence.lossless = true;
    evidence.complete = true;
    evidence.trivial = means[problem->shape.depth - 1].zero;
    for (int layer = first_hidden(problem); layer <= problem->shape.depth; layer++) {
        const struct outcome_means *at = &means[layer - 1];
        if (!at->known) evidence.complete = false;
        if (at->clear && at->rank < reference_dnc_rank(problem)) evidence.low_rank = true;
    }
    return apply(&evidence);
}

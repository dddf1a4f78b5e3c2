/* What an ending is: by the structure of its hidden layers; the loss only splits low rank
 * in two.  One table of rules says it all: outcome_classify applies it, the result file
 * carries it in words, and the README of src/metrics quotes those. */
#ifndef DUFM_OUTCOME_H
#define DUFM_OUTCOME_H

#include <stdbool.h>

#include "dufm/kind.h"
#include "dufm/model.h"
#include "dufm/result.h"

struct outcome_evidence; /* what rules look at */

struct outcome_rule {
    enum outcome outcome;
    const char *name; /* in the result file */
    bool (*holds)(const struct outcome_evidence *evidence);
    const char *sentence; /* when it holds, in words */
};

enum { OUTCOME_COUNT = OUTCOME_OTHER + 1 };

/* The rules in order: the first that holds names the ending; the last always does. In
 * words, hidden layers are l = 2..L (l = 1 where L = 1), after the ReLU. */
extern const struct outcome_rule outcome_rules[OUTCOME_COUNT];

/* The names by enum outcome; NULL ends. */
extern const char *const outcome_names[OUTCOME_COUNT + 1];

/* The whole table as one text: "...; name: sentence; name: sentence". */
extern const char outcome_text[];

/* Largest distance (structure.h) from a structure that an ending is said to have. */
extern const double outcome_near_bound;

/* What is said of features of which no loss is known, in words. */
extern const char outcome_structure_text[];

/* The class means after the activation of a layer of any network. */
struct outcome_means {
    bool known; /* the layer has any */
    bool zero;  /* they are nothing but rounding */
    bool clear; /* they differ by more than those of samples without classes would */
    int rank;   /* of the centred ones, above outcome_rank_tolerance times the largest */
};

/* Tolerance of the ranks that rules look at: 1e-2. */
extern const double outcome_rank_tolerance;

/* The class of features alone: the same rules, but none that looks at the loss. `none`
 * where a hidden layer has no class means after the activation; `trivial` where those of
 * the last layer are zero; `low_rank` is low rank of clear centred means, whatever the loss.
 * Reads within_post, frame distances and distances of `result`, and `means`, one a layer. */
enum outcome outcome_classify_structure(const struct problem *problem,
                                        const struct result *result,
                                        const struct outcome_means *means);

/* The class of an ending: reads the loss, the references, the spectra, ranks, frame
 * distances (collapse_measure) and distances (structure_measure) of `result`. */
enum outcome outcome_classify(const struct problem *problem, const struct result *result);

#endif

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

/* Largest share of a layer's squared norm that may lie within classes where the layer is
 * collapsed. */
extern const double outcome_within_bound;

/* That share, 1 - n |M|_F^2 / |H|_F^2, from the singular values of M and H. */
double outcome_within_share(const double *mean_values, const double *feature_values,
                            int index, int samples);

/* The class of an ending: reads the loss, the references, the spectra, ranks, frame
 * distances (collapse_measure) and distances (structure_measure) of `result`. */
enum outcome outcome_classify(const struct problem *problem, const struct result *result);

#endif

/* Class means of features that are seen block by block. */
#ifndef DUFM_METRICS_CLASSMEANS_H
#define DUFM_METRICS_CLASSMEANS_H

#include "side.h"

/* Sums over samples, of a stripe or all. */
struct class_sums {
    double square; /* |h_j|^2 */
    double most;   /* largest magnitude of a value */
};

/* Memory that processes share. */
struct class_parts {
    double *mean; /* of each stripe d x K, where there are several and K <= d */
    struct class_sums *sums; /* of each stripe */
};

/* Class means of a side, finished (means_finish); `sums` of all its samples. Stripes are put
 * together in their order. Errors of the source; ERROR_SYSTEM where a process dies. */
enum error classmeans_take(const struct layer_side *side, int processes,
                           const struct class_parts *parts, struct means *means,
                           struct class_sums *sums);

#endif

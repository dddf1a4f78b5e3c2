/* What is measured of any ending, the point's own or the one after a kick, and into which
 * result. */
#ifndef DUFM_SCHED_GAUGE_H
#define DUFM_SCHED_GAUGE_H

#include "dufm/collapse.h"
#include "dufm/error.h"
#include "dufm/model.h"
#include "dufm/result.h"
#include "dufm/spectra.h"
#include "dufm/structure.h"
#include "dufm/train.h"

struct gauge {
    struct spectra spectra;
    struct collapse collapse;
    struct structure structure;
};

/* Lay the buffers out for one shape (memory.h: once to measure, once to take). */
void gauge_carve(struct gauge *gauge, const struct shape *shape, struct arena *arena);

/* How the descent went, into the result. */
void gauge_keep_report(struct result *result, const struct training_report *report);

/* Spectra, ranks, collapse, structure and class of the ending, after training_run there and
 * gauge_keep_report; the result has its references. Nothing is measured of one that diverged:
 * arrays keep NaN and -1. ERROR_NUMERIC, ERROR_INTERRUPTED (spectra.h). */
enum error gauge_ending(struct gauge *gauge, const struct model *model,
                        const struct factors *parameters, struct result *result);

#endif

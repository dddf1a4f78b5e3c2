#include "gauge.h"

#include <math.h>
#include <string.h>

#include "dufm/outcome.h"

void gauge_carve(struct gauge *gauge, const struct shape *shape, struct arena *arena) {
    spectra_carve(&gauge->spectra, shape, arena);
    collapse_carve(&gauge->collapse, shape, arena);
    structure_carve(&gauge->structure, shape, arena);
}

void gauge_keep_report(struct result *result, const struct training_report *report) {
    const struct loss_terms *terms = &report->terms;
    result->stop_reason = report->reason;
    result->steps = report->steps;
    result->evaluations = report->evaluations;
    result->wall_time = report->seconds;
    result->loss = terms->total;
    result->loss_fit = terms->fit;
    result->loss_regularization = terms->regularization;
    result->loss_before_decay = report->loss_before_decay;
    result->gradient_norm = report->gradient_norm;
    result->regularization_feature = terms->feature_regularization;
    memcpy(result->regularization_weight, terms->weight_regularization,
           (size_t)result->extent.layer * sizeof(double));
}

static enum error measure_layers(struct gauge *gauge, const struct model *model,
                                 const struct factors *parameters,
                                 struct result *result) {
    if (!isfinite(result->loss)) return ERROR_NONE;
    TRY(spectra_measure(&gauge->spectra, model, parameters, result));
    TRY(collapse_measure(&gauge->collapse, model, parameters, result));
    structure_measure(&gauge->structure, model, result);
    return ERROR_NONE;
}

enum error gauge_ending(struct gauge *gauge, const struct model *model,
                        const struct factors *parameters, struct result *result) {
    TRY(measure_layers(gauge, model, parameters, result));
    result->outcome = outcome_classify(&model->problem, result);
    return ERROR_NONE;
}

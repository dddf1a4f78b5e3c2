/* Which variables every kind of file has. */
#include <string.h>

#include "schema.h"

/* What files of measured features have in common with those of sweeps; "x_": all that
 * begins so. */
static const char *const common_names[] = {
    "tolerance",     "depth",      "classes",      "status",          "outcome",
    "distance_",     "sv_weight",  "sv_feature_",  "sv_mean_",        "rank_weight",
    "rank_feature_", "rank_mean_", "stable_rank_", "effective_rank_", "nc1_",
    "nc2_",          "nc3_",       "condition_",   "gram_",           "launch_",
    "result_hash",   "checksum"};

static bool is_common(const char *name) {
    for (size_t i = 0; i < sizeof common_names / sizeof *common_names; i++) {
        size_t length = strlen(common_names[i]);
        bool family = common_names[i][length - 1] == '_';
        if (strncmp(common_names[i], name, length) == 0 && (family || !name[length]))
            return true;
    }
    return false;
}

void schema_mark_measured(struct schema *schema) {
    for (int i = 0; i < schema->count; i++) {
        struct variable *variable = &schema->variables[i];
        variable->measured =
            variable->source == SOURCE_MEASURED || is_common(variable->name);
    }
}

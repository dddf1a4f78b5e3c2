/* The rows of the table that are parameters of a point. */
#include <string.h>

#include "schema.h"

/* Parameters that came after the oldest version. */
static const struct {
    const char *name;
    int since;
} later_parameters[] = {{"beta1", 4},        {"beta2", 4},     {"epsilon", 4},
                        {"lbfgs_memory", 4}, {"schedule", 4},  {"schedule_steps", 4},
                        {"imbalance", 6},    {"curvature", 7}, {"kick", 7}};

static int first_version(const struct parameter *parameter) {
    for (size_t i = 0; i < sizeof later_parameters / sizeof *later_parameters; i++)
        if (!strcmp(later_parameters[i].name, parameter->name))
            return later_parameters[i].since;
    return 0;
}

/* The row of a parameter: a coordinate on config, named as it is stored. */
struct variable schema_parameter(const struct parameter *parameter) {
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
        .comment = parameter->definition,
        .flags = parameter->choices,
        .parameter = parameter,
        .since = first_version(parameter),
    };
}

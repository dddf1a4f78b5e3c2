#include "dufm/model.h"

#include <math.h>

#include "dufm/vector.h"

bool shape_is_balanced(const struct shape *shape) {
    return shape->minority == 0 || shape->minority == shape->samples;
}

int shape_class_samples(const struct shape *shape, int class_) {
    bool second_half = class_ >= shape->classes - shape->classes / 2;
    return second_half && shape->minority > 0 ? shape->minority : shape->samples;
}

int shape_sample_count(const struct shape *shape) {
    int minorities = shape->classes / 2;
    return (shape->classes - minorities) * shape->samples +
           minorities * shape_class_samples(shape, shape->classes - 1);
}

int shape_rows(const struct shape *shape, int layer) {
    return layer == shape->depth ? shape->classes : shape->width;
}

size_t shape_parameter_count(const struct shape *shape) {
    size_t columns = (size_t)shape_sample_count(shape);
    for (int layer = 1; layer <= shape->depth; layer++)
        columns += (size_t)shape_rows(shape, layer);
    return columns * (size_t)shape->width;
}

void factors_view(struct factors *factors, const struct shape *shape, double *data) {
    size_t width = (size_t)shape->width;
    factors->shape = *shape;
    factors->data = data;
    factors->feature = data;
    if (data == NULL) return; /* a layout that only measures */
    double *next = data + width * (size_t)shape_sample_count(shape);
    for (int layer = 1; layer <= shape->depth; layer++) {
        factors->scale[layer - 1] = 1.0;
        factors->weight[layer - 1] = next;
        next += width * (size_t)shape_rows(shape, layer);
    }
}

void factors_normalize(struct factors *factors) {
    const struct shape *shape = &factors->shape;
    for (int layer = 1; layer <= shape->depth; layer++) {
        vector_scale(factors->scale[layer - 1], factors->weight[layer - 1],
                     (size_t)shape->width * (size_t)shape_rows(shape, layer));
        factors->scale[layer - 1] = 1.0;
    }
}

void model_random_start(struct factors *parameters, const struct random_start *start,
                        const struct random_key *key) {
    const struct shape *shape = &parameters->shape;
    size_t width = (size_t)shape->width;
    double fan = start->init == INIT_FAN_IN ? sqrt((double)shape->width) : 1.0;

    size_t count = width * (size_t)shape_sample_count(shape);
    random_normal(key, RANDOM_TENSOR_FEATURE, parameters->feature, count);
    vector_scale(start->scale_h, parameters->feature, count);
    for (int layer = 1; layer <= shape->depth; layer++) {
        double *weight = parameters->weight[layer - 1];
        count = width * (size_t)shape_rows(shape, layer);
        random_normal(key, (uint32_t)layer, weight, count);
        vector_scale(start->scale / fan, weight, count);
    }
}

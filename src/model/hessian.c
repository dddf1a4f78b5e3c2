#include "dufm/hessian.h"

#include <string.h>

#include "dufm/loss.h"
#include "dufm/vector.h"

static void carve_products(struct layer_products *products, int rows,
                           const struct shape *shape, struct arena *arena) {
    int width = shape->width, samples = shape_sample_count(shape);
    const struct product_shape forward = {PRODUCT_PLAIN, rows, samples, width, true};
    const struct product_shape backward = {PRODUCT_LEFT_TRANSPOSED, width, samples, rows,
                                           true};
    const struct product_shape update = {PRODUCT_RIGHT_TRANSPOSED, rows, width, samples,
                                         true};
    product_carve(&products->forward, &forward, arena);
    product_carve(&products->backward, &backward, arena);
    product_carve(&products->update, &update, arena);
}

void hessian_carve(struct hessian *hessian, const struct problem *problem,
                   struct arena *arena) {
    const struct shape *shape = &problem->shape;
    size_t samples = (size_t)shape_sample_count(shape);
    size_t hidden = (size_t)shape->width * samples;
    size_t output = (size_t)shape->classes * samples;
    *hessian = (struct hessian){0};
    for (int layer = 1; layer <= shape->depth; layer++) {
        bool last = layer == shape->depth;
        hessian->delta[layer - 1] =
            arena_take(arena, last ? output : hidden, sizeof(double));
        if (layer > 1)
            hessian->post_change[layer - 1] = arena_take(arena, hidden, sizeof(double));
    }
    hessian->output_change = arena_take(arena, output, sizeof(double));
    for (int i = 0; i < 2; i++)
        hessian->delta_change[i] = arena_take(arena, hidden, sizeof(double));
    carve_products(&hessian->hidden, shape->width, shape, arena);
    carve_products(&hessian->last, shape->classes, shape, arena);
}

/* Keeps D_l, which the backward pass hands over for W_l. */
static void keep_delta(void *context, int layer, double *left, const double *right) {
    struct hessian *hessian = context;
    const struct shape *shape = &hessian->model->problem.shape;
    (void)right;
    if (layer == 0) return;
    memcpy(hessian->delta[layer - 1], left,
           (size_t)shape_rows(shape, layer) * (size_t)shape_sample_count(shape) *
               sizeof *left);
}

void hessian_stand(struct hessian *hessian, struct model *model,
                   const struct factors *parameters) {
    hessian->model = model;
    hessian->at = parameters;
    model_forward(model, parameters);
    model_backward(model, parameters, keep_delta, hessian);
}

/* The model's products of a layer, and those that add. */
struct layer_pair {
    const struct layer_products *set, *add;
};

static struct layer_pair pair_of(const struct hessian *hessian, int layer) {
    const struct model *model = hessian->model;
    if (layer == model->problem.shape.depth)
        return (struct layer_pair){&model->last, &hessian->last};
    return (struct layer_pair){&model->hidden, &hessian->hidden};
}

static size_t hidden_count(const struct hessian *hessian) {
    const struct shape *shape = &hessian->model->problem.shape;
    return (size_t)shape->width * (size_t)shape_sample_count(shape);
}

/* x <- s'(H_layer) o x, by the sign of s(H_layer); s acts on layers 2..L. */
static void gate(const struct hessian *hessian, int layer, double *x) {
    const struct model *model = hessian->model;
    if (layer > 1 && model->problem.activation == ACTIVATION_RELU)
        vector_gate(1.0, model->post[layer - 1], x, hidden_count(hessian));
}

/* R P_layer */
static const double *post_change(const struct hessian *hessian,
                                 const struct factors *direction, int layer) {
    return layer == 1 ? direction->feature : hessian->post_change[layer - 1];
}

/* out = V_l P_l + W_l R P_l */
static void propagate(const struct hessian *hessian, const struct factors *direction,
                      int layer, double *out) {
    struct layer_pair products = pair_of(hessian, layer);
    product_run(&products.set->forward, direction->weight[layer - 1],
                model_postactivation(hessian->model, hessian->at, layer), out);
    product_run(&products.add->forward, hessian->at->weight[layer - 1],
                post_change(hessian, direction, layer), out);
}

/* out = V_l^T D_l + W_l^T R D_l */
static void propagate_back(const struct hessian *hessian, const struct factors *direction,
                           int layer, const double *delta_change, double *out) {
    struct layer_pair products = pair_of(hessian, layer);
    product_run(&products.set->backward, direction->weight[layer - 1],
                hessian->delta[layer - 1], out);
    product_run(&products.add->backward, hessian->at->weight[layer - 1], delta_change,
                out);
}

/* out = lambda_l V_l + R D_l P_l^T + D_l R P_l^T */
static void write_weight(const struct hessian *hessian, const struct factors *direction,
                         int layer, const double *delta_change, double *out) {
    const struct problem *problem = &hessian->model->problem;
    const struct product *add = &pair_of(hessian, layer).add->update;
    size_t count =
        (size_t)shape_rows(&problem->shape, layer) * (size_t)problem->shape.width;
    memcpy(out, direction->weight[layer - 1], count * sizeof *out);
    vector_scale(problem->lambdas[layer - 1], out, count);
    product_run(add, delta_change,
                model_postactivation(hessian->model, hessian->at, layer), out);
    product_run(add, hessian->delta[layer - 1], post_change(hessian, direction, layer),
                out);
}

void hessian_apply(struct hessian *hessian, const struct factors *direction,
                   struct factors *out) {
    const struct problem *problem = &hessian->model->problem;
    const struct shape *shape = &problem->shape;
    int depth = shape->depth;
    for (int layer = 2; layer <= depth; layer++) {
        propagate(hessian, direction, layer - 1, hessian->post_change[layer - 1]);
        gate(hessian, layer, hessian->post_change[layer - 1]);
    }
    propagate(hessian, direction, depth, hessian->output_change);
    loss_residual_change(problem->loss, shape, hessian->delta[depth - 1],
                         hessian->output_change);
    const double *change = hessian->output_change;
    for (int layer = depth; layer >= 1; layer--) {
        double *previous = layer > 1 ? hessian->delta_change[layer % 2] : out->feature;
        write_weight(hessian, direction, layer, change, out->weight[layer - 1]);
        propagate_back(hessian, direction, layer, change, previous);
        gate(hessian, layer, previous);
        change = previous;
    }
    vector_blend(problem->lambda_h, direction->feature, 1.0, out->feature,
                 hidden_count(hessian));
}

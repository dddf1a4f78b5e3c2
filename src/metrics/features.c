#include "dufm/features.h"

#include <math.h>
#include <string.h>

#include "classmeans.h"
#include "dufm/blas.h"
#include "dufm/collapse.h"
#include "dufm/outcome.h"
#include "dufm/reference.h"
#include "dufm/spectra.h"

/* Values of a block: 2 MB, so that few blocks make a pass and the factor of a few hundred
 * columns is updated near its greatest speed; but not too few samples of wide layers. */
enum { BLOCK_VALUES = 1 << 18, BLOCK_LEAST = 256, BLOCK_MOST = 1024 };

static int smaller(int a, int b) {
    return a < b ? a : b;
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

/* ---- memory ---- */

/* Largest lengths of all layers. */
struct bounds {
    struct scatter_bounds scatter;
    int rows, columns; /* of W */
    size_t weight;     /* rows x columns of one of them */
    size_t widths;     /* sum of d */
};

static int block_columns(int width, int samples) {
    int columns = smaller(larger(BLOCK_VALUES / width, BLOCK_LEAST), BLOCK_MOST);
    return smaller(columns, samples);
}

static struct bounds bounds_of(const struct features_shape *shape) {
    struct bounds bounds = {.scatter = {.classes = shape->classes, .width = 1}};
    for (int l = 0; l < shape->depth; l++) {
        const struct features_layer *layer = &shape->layer[l];
        size_t weight = (size_t)layer->rows * (size_t)layer->columns;
        scatter_enclose(&bounds.scatter, layer->width, shape->samples);
        bounds.rows = larger(bounds.rows, layer->rows);
        bounds.columns = larger(bounds.columns, layer->columns);
        bounds.widths += (size_t)layer->width;
        if (weight > bounds.weight) bounds.weight = weight;
    }
    bounds.scatter.columns = block_columns(bounds.scatter.width, shape->samples);
    return bounds;
}

/* Whether the classes may be the edges of a complete graph, behind layers that tell. */
static bool has_graph(const struct features_shape *shape) {
    for (int l = 1; l < shape->depth; l++)
        if (!shape->layer[l].side[SIDE_POST]) return false;
    return shape->depth >= 3 && reference_graph_order(shape->classes) > 0;
}

static void carve_graph(struct features *features, const struct bounds *bounds,
                        struct arena *arena) {
    int classes = features->shape.classes;
    if (!has_graph(&features->shape)) return;
    features->layer_means =
        arena_take(arena, bounds->widths * (size_t)classes, sizeof(double));
    structure_carve(&features->structure,
                    &(struct shape){.depth = 1, .width = 1, .classes = classes}, arena);
}

/* What each process has for itself. */
static void carve_process(struct features *features, const struct scatter_bounds *bounds,
                          struct arena *arena) {
    size_t values = (size_t)bounds->width * (size_t)bounds->columns;
    features->block_columns = bounds->columns;
    features->block = arena_take(arena, values, sizeof(double));
    scatter_carve(&features->scatter, bounds, arena);
}

int features_processes(const struct features_shape *shape) {
    return bounds_of(shape).scatter.stripes;
}

size_t features_process_bytes(const struct features_shape *shape) {
    struct bounds bounds = bounds_of(shape);
    struct features features;
    struct arena arena = {0};
    carve_process(&features, &bounds.scatter, &arena);
    return arena.used;
}

void features_carve(struct features *features, const struct features_shape *shape,
                    struct arena *arena, struct arena *shared) {
    struct bounds bounds = bounds_of(shape);
    int width = bounds.scatter.width;
    struct shape layer = {.depth = 1, .width = width, .classes = shape->classes};
    struct shape aligned = {.width = larger(width, bounds.rows),
                            .classes = shape->classes};
    size_t classes = (size_t)shape->classes;
    *features = (struct features){.shape = *shape};
    carve_process(features, &bounds.scatter, arena);
    scatter_carve_shared(&features->scatter, &bounds.scatter, shared);
    features->sums = arena_take(shared, SIDE_STRIPES, sizeof *features->sums);
    features->weight = arena_take(arena, bounds.weight, sizeof(double));
    features->gram = arena_take(arena, classes * classes, sizeof(double));
    means_carve(&features->means, &layer, arena);
    alignment_carve(&features->alignment, &aligned, arena);
    svd_carve(&features->svd, width,
              larger(smaller(width, shape->samples), shape->classes), arena);
    svd_carve(&features->weight_svd, bounds.rows, bounds.columns, arena);
    features->values = arena_take(arena, classes, sizeof(double));
    carve_graph(features, &bounds, arena);
}

int features_index(const struct features_shape *shape) {
    int index = 1;
    for (int l = 0; l < shape->depth; l++) {
        const struct features_layer *layer = &shape->layer[l];
        index = larger(index, smaller(layer->width, shape->samples));
        index = larger(index, smaller(layer->rows, layer->columns));
    }
    return index;
}

/* ---- one side of a layer ---- */

/* What is measured, and from where. */
struct task {
    struct features *features;
    const struct features_source *source;
    struct result *result;
    int processes;
    int layer; /* from 1 */
    enum side side;
    int width;
    struct class_sums of;       /* all samples */
    struct scatter_sums around; /* the class means */
};

static struct layer_side side_of(const struct task *task) {
    return (struct layer_side){.source = task->source,
                               .layer = task->layer,
                               .side = task->side,
                               .width = task->width,
                               .samples = task->features->shape.samples,
                               .block = task->features->block,
                               .columns = task->features->block_columns};
}

/* First pass: class means. */
static enum error take_means(struct task *task) {
    struct layer_side side = side_of(task);
    struct features *features = task->features;
    /* Factors come with the second pass: of d x d each, they have room for d x K. */
    const struct class_parts parts = {features->scatter.factor, features->sums};
    return classmeans_take(&side, task->processes, &parts, &features->means, &task->of);
}

/* Within-class variability says something where a class has more than one sample. */
static bool has_variability(const struct task *task) {
    const struct features_shape *shape = &task->features->shape;
    return shape->samples > shape->classes && task->features->means.spread;
}

/* Second pass: what lies around the means, and the singular values of H. */
static enum error take_scatter(struct task *task) {
    struct layer_side side = side_of(task);
    struct features *features = task->features;
    struct const_matrix matrix;
    enum spectrum which =
        task->side == SIDE_PRE ? SPECTRUM_FEATURE_PRE : SPECTRUM_FEATURE_POST;
    TRY(scatter_take(&features->scatter, &side, &features->means, has_variability(task),
                     task->processes, &task->around, &matrix));
    return spectra_measure_matrix(&features->svd, matrix, which, task->layer,
                                  task->result);
}

static enum error measure_means(const struct task *task) {
    struct features *features = task->features;
    struct const_matrix mean = {task->width, features->shape.classes,
                                features->means.mean};
    enum spectrum which = task->side == SIDE_PRE ? SPECTRUM_MEAN_PRE : SPECTRUM_MEAN_POST;
    TRY(spectra_measure_matrix(&features->svd, mean, which, task->layer, task->result));
    spectra_keep_gram(mean, task->side, task->layer, task->result);
    collapse_measure_means(&features->means, features->gram, task->side, task->layer,
                           task->result);
    return ERROR_NONE;
}

/* How many times as large the square of the class means is as that of samples without
 * classes is expected to be, of the same square within. */
static double clearness(const struct task *task) {
    const struct features_shape *shape = &task->features->shape;
    double classes = shape->classes, inverse = 0.0;
    for (int k = 0; k < shape->classes; k++)
        inverse += 1.0 / task->source->class_size[k];
    double ratio =
        variability_ratio(task->around.within, shape->samples, &task->features->means);
    return 1.0 / (ratio * (1.0 - 1.0 / classes) * inverse / classes);
}

/* What an ending is judged by. */
static enum error look_at_means(const struct task *task) {
    static const double clear = 10.0;
    struct features *features = task->features;
    const struct means *means = &features->means;
    int classes = features->shape.classes, count = smaller(task->width, classes);
    struct outcome_means *ending = &features->ending[task->layer - 1];
    *ending = (struct outcome_means){.known = true, .zero = !means->defined};
    ending->clear = !means->spread || !has_variability(task) || clearness(task) >= clear;
    if (!means->spread) return ERROR_NONE;
    TRY(svd_values(&features->svd, task->width, classes, means->centred,
                   features->values));
    while (ending->rank < count &&
           features->values[ending->rank] > outcome_rank_tolerance * features->values[0])
        ending->rank++;
    return ERROR_NONE;
}

static void keep_variability(const struct task *task) {
    double samples = task->features->shape.samples;
    struct result *result = task->result;
    int at = task->layer - 1;
    if (task->side == SIDE_POST)
        result->within_post[at] = task->around.within / task->of.square;
    if (!has_variability(task)) return;
    result->nc1_trace[task->side][at] =
        variability_ratio(task->around.within, samples, &task->features->means);
    result->nc1_pinv[task->side][at] = task->around.along / samples;
}

static enum error measure_side(struct task *task) {
    TRY(take_means(task));
    TRY(take_scatter(task));
    keep_variability(task);
    if (task->side == SIDE_POST) TRY(look_at_means(task));
    return measure_means(task);
}

/* ---- the weights, after s(H_l), whose means are at hand ---- */

static void measure_alignment(const struct task *task, struct const_matrix weight) {
    struct features *features = task->features;
    const struct features_shape *shape = &features->shape;
    bool fits = weight.columns == task->width;
    if (!fits || !shape->layer[task->layer - 1].side[SIDE_POST]) return;
    task->result->nc3_alignment[task->layer - 1] =
        alignment_rows(&features->alignment, weight, &features->means);
    if (task->layer == shape->depth && weight.rows == shape->classes)
        task->result->nc3_duality = alignment_duality(weight, &features->means);
}

static enum error measure_weight(const struct task *task) {
    struct features *features = task->features;
    const struct features_layer *layer = &features->shape.layer[task->layer - 1];
    struct const_matrix weight = {layer->rows, layer->columns, features->weight};
    if (layer->rows == 0) return ERROR_NONE;
    TRY(task->source->read_weight(task->source->context, task->layer, features->weight));
    TRY(spectra_measure_matrix(&features->weight_svd, weight, SPECTRUM_WEIGHT,
                               task->layer, task->result));
    measure_alignment(task, weight);
    return ERROR_NONE;
}

/* ---- all layers ---- */

/* The means of s(H_l) for the graph, one layer behind the other. */
static double *keep_means(const struct task *task, double *to,
                          struct const_matrix *mean) {
    int classes = task->features->shape.classes;
    size_t values = (size_t)task->width * (size_t)classes;
    *mean = (struct const_matrix){task->width, classes, to};
    memcpy(to, task->features->means.mean, values * sizeof *to);
    return to + values;
}

/* Largest distance of a hidden layer from a simplex ETF; NaN where one has none. */
static double simplex_distance(const struct features_shape *shape,
                               const struct result *result) {
    double most = 0.0;
    for (int l = shape->depth > 1 ? 1 : 0; l < shape->depth; l++) {
        double distance = result->nc2_etf[SIDE_POST][l];
        if (isnan(distance) || shape->layer[l].width < shape->classes - 1) return NAN;
        most = fmax(most, distance);
    }
    return most;
}

static void conclude(struct features *features, const struct structure_layers *layers,
                     struct result *result) {
    const struct features_shape *shape = &features->shape;
    const struct problem problem = {
        .shape = {.depth = shape->depth, .classes = shape->classes},
        .loss = LOSS_CE,
        .activation = ACTIVATION_LINEAR}; /* centred class means: K - 1 counts */
    result->distance_dnc = simplex_distance(shape, result);
    if (has_graph(shape)) structure_measure_graph(&features->structure, layers, result);
    result->outcome = outcome_classify_structure(&problem, result, features->ending);
}

enum error features_measure(struct features *features,
                            const struct features_source *source, int processes,
                            struct result *result) {
    const struct features_shape *shape = &features->shape;
    struct structure_layers layers = {.depth = shape->depth, .classes = shape->classes};
    double *kept = features->layer_means;
    struct task task = {
        .features = features, .source = source, .result = result, .processes = processes};
    memset(features->ending, 0, sizeof features->ending);
    for (task.layer = 1; task.layer <= shape->depth; task.layer++) {
        const struct features_layer *layer = &shape->layer[task.layer - 1];
        task.width = layer->width;
        for (int side = 0; side < SIDE_COUNT; side++) {
            task.side = (enum side)side;
            if (layer->side[side]) TRY(measure_side(&task));
        }
        if (kept != NULL && layer->side[SIDE_POST])
            kept = keep_means(&task, kept, &layers.mean[task.layer - 1]);
        TRY(measure_weight(&task));
    }
    conclude(features, &layers, result);
    return ERROR_NONE;
}

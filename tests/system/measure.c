/* Measure parameters that no descent and no planted start has: what the program stores of them.
 *
 *     measure < PARAMETERS     int32 L, d, K, n, activation; doubles H_1, W_1 .. W_L, by columns
 *
 * prints "name value value ..." for each array of struct result, padded to no length. */
#include "../unit/endings.h"

static void read_all(void *to, size_t size, size_t count) {
    if (fread(to, size, count, stdin) != count) fail_msg("the input is too short");
}

static void print(const char *name, const double *values, size_t count) {
    printf("%s", name);
    for (size_t i = 0; i < count; i++)
        printf(" %.17g", values[i]);
    printf("\n");
}

static void print_whole(const char *name, const int *values, size_t count) {
    printf("%s", name);
    for (size_t i = 0; i < count; i++)
        printf(" %d", values[i]);
    printf("\n");
}

static void print_spectra(const struct result *result) {
    const char *names[SPECTRUM_COUNT] = {"weight", "feature_pre", "feature_post",
                                         "mean_pre", "mean_post"};
    size_t layers = (size_t)result->extent.layer, index = (size_t)result->extent.index;
    char name[64];
    for (int i = 0; i < SPECTRUM_COUNT; i++) {
        snprintf(name, sizeof name, "sv_%s", names[i]);
        print(name, result->sv[i], layers * index);
        snprintf(name, sizeof name, "rank_%s", names[i]);
        print_whole(name, result->rank[i], layers * TOLERANCE_COUNT);
        snprintf(name, sizeof name, "stable_rank_%s", names[i]);
        print(name, result->stable_rank[i], layers);
        snprintf(name, sizeof name, "effective_rank_%s", names[i]);
        print(name, result->effective_rank[i], layers);
    }
    print("sv_output", result->sv_output, index);
    print_whole("rank_output", result->rank_output, TOLERANCE_COUNT);
}

static void print_side(const struct result *result, enum side side, const char *suffix) {
    size_t layers = (size_t)result->extent.layer;
    const double *frame[] = {result->nc2_frame_pre, result->nc2_frame_post};
    const struct {
        const char *name;
        const double *values;
    } metrics[] = {{"nc1_trace", result->nc1_trace[side]},
                   {"nc1_pinv", result->nc1_pinv[side]},
                   {"nc2_frame", frame[side]},
                   {"nc2_etf", result->nc2_etf[side]},
                   {"nc2_equinorm", result->nc2_equinorm[side]},
                   {"nc2_equiangle", result->nc2_equiangle[side]},
                   {"condition", result->condition[side]}};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_%s", metrics[i].name, suffix);
        print(name, metrics[i].values, layers);
    }
}

int main(void) {
    int head[5];
    struct ending ending;
    read_all(head, sizeof *head, 5);
    struct problem problem =
        make_problem((struct shape){head[0], head[1], head[2], head[3], 0},
                     (enum activation_kind)head[4]);
    ending_set_up(&ending, &problem);
    struct factors *parameters = &ending.fixture.parameters;
    const struct shape *shape = &problem.shape;
    read_all(parameters->feature, sizeof(double),
             (size_t)(shape->width * shape_sample_count(shape)));
    for (int layer = 1; layer <= shape->depth; layer++)
        read_all(parameters->weight[layer - 1], sizeof(double),
                 (size_t)(shape_rows(shape, layer) * shape->width));
    model_forward(&ending.fixture.model, parameters);
    ending_measure(&ending);
    const struct result *result = &ending.result;
    size_t classes = (size_t)shape->classes, layers = (size_t)shape->depth;
    print_spectra(result);
    print_side(result, SIDE_PRE, "pre");
    print_side(result, SIDE_POST, "post");
    print("nc3_alignment", result->nc3_alignment, layers);
    print("nc3_duality", &result->nc3_duality, 1);
    print("gram_pre", result->gram_pre, layers * classes * classes);
    print("gram_post", result->gram_post, layers * classes * classes);
    ending_tear_down(&ending);
    return 0;
}

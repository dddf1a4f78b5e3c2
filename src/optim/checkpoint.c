/* Layout: struct head, the pieces one after the other, the XXH3 hash of all before it. */
#include "dufm/checkpoint.h"

#include <string.h>

#include "dufm/hash.h"

static const char magic[8] = "DUFMCKP2";

/* Without gaps: a gap would be saved as chance left it. */
struct head {
    char magic[8];
    uint64_t trail, maker;
    int32_t depth, width, classes, samples;
    int32_t optimizer; /* enum optimizer_kind */
    int32_t max_steps;
    int32_t capacity, count; /* of the history */
    int32_t step, main_ended, main_steps, best_step;
    int32_t optimizer_steps, evaluations; /* struct optimizer_progress */
    int32_t pairs, next, known;
    int32_t schedule; /* enum schedule_kind */
    int32_t automatic_kept;
    int32_t ended; /* enum stop_reason */
    double optimizer_loss;
    double automatic_rate, automatic_loss;
    double best_loss, loss_before_decay, seconds;
    double scale[DEPTH_MAX]; /* of the weights; 0 beyond the depth */
};

/* Memory of the training that is saved as it is. */
struct piece {
    void *data;
    size_t bytes;
};

enum { PIECES_MAX = 8 };

static int list_pieces(const struct training *training, int records, struct piece *out) {
    const struct optimizer *optimizer = training->optimizer;
    const struct history *history = training->history;
    size_t factors = shape_parameter_count(&optimizer->parameters->shape);
    size_t rows = (size_t)records, cells = rows * (size_t)history->depth;
    int count = 0;
    out[count++] = (struct piece){optimizer->parameters->data, factors * sizeof(double)};
    if (optimizer->saved_count > 0)
        out[count++] =
            (struct piece){optimizer->saved, optimizer->saved_count * sizeof(double)};
    if (records == 0) return count;
    out[count++] = (struct piece){history->step, rows * sizeof(int)};
    out[count++] = (struct piece){history->loss, rows * sizeof(double)};
    out[count++] = (struct piece){history->loss_fit, rows * sizeof(double)};
    out[count++] = (struct piece){history->norm, cells * sizeof(double)};
    if (history->nc1 != NULL)
        out[count++] = (struct piece){history->nc1, cells * sizeof(double)};
    if (history->rank != NULL)
        out[count++] = (struct piece){history->rank, cells * sizeof(int)};
    return count;
}

static size_t total_bytes(const struct training *training, int records) {
    struct piece pieces[PIECES_MAX];
    int count = list_pieces(training, records, pieces);
    size_t bytes = sizeof(struct head) + sizeof(uint64_t);
    for (int i = 0; i < count; i++)
        bytes += pieces[i].bytes;
    return bytes;
}

size_t checkpoint_bytes(const struct training *training) {
    return total_bytes(training, training->history->capacity);
}

static void fill_head(const struct training *training,
                      const struct checkpoint_label *label, struct head *head) {
    const struct factors *parameters = training->optimizer->parameters;
    const struct shape *shape = &parameters->shape;
    const struct training_state *state = &training->state;
    const struct optimizer_progress *progress = &training->optimizer->progress;
    *head = (struct head){.trail = label->trail,
                          .maker = label->maker,
                          .depth = shape->depth,
                          .width = shape->width,
                          .classes = shape->classes,
                          .samples = shape->samples,
                          .optimizer = (int32_t)optimizer_kind_of(training->optimizer),
                          .optimizer_steps = progress->steps,
                          .evaluations = progress->evaluations,
                          .pairs = progress->pairs,
                          .next = progress->next,
                          .known = progress->known,
                          .optimizer_loss = progress->loss,
                          .schedule = (int32_t)training->schedule.kind,
                          .automatic_rate = state->automatic.rate,
                          .automatic_loss = state->automatic.loss,
                          .automatic_kept = state->automatic.kept,
                          .max_steps = training->rules.max_steps,
                          .capacity = training->history->capacity,
                          .count = training->history->count,
                          .step = state->step,
                          .main_ended = (int32_t)state->main_ended,
                          .main_steps = state->main_steps,
                          .ended = (int32_t)state->ended,
                          .best_step = state->stopping.best_step,
                          .best_loss = state->stopping.best_loss,
                          .loss_before_decay = state->loss_before_decay,
                          .seconds = state->seconds};
    memcpy(head->magic, magic, sizeof magic);
    memcpy(head->scale, parameters->scale, (size_t)shape->depth * sizeof(double));
}

size_t checkpoint_pack(const struct training *training,
                       const struct checkpoint_label *label, unsigned char *out) {
    struct piece pieces[PIECES_MAX];
    struct head head;
    int count = list_pieces(training, training->history->count, pieces);
    fill_head(training, label, &head);
    memcpy(out, &head, sizeof head);
    size_t used = sizeof head;
    for (int i = 0; i < count; i++) {
        memcpy(out + used, pieces[i].data, pieces[i].bytes);
        used += pieces[i].bytes;
    }
    uint64_t hash = hash_block(out, used);
    memcpy(out + used, &hash, sizeof hash);
    return used + sizeof hash;
}

static bool is_whole(const unsigned char *data, size_t bytes) {
    uint64_t hash;
    if (bytes < sizeof(struct head) + sizeof hash) return false;
    memcpy(&hash, data + bytes - sizeof hash, sizeof hash);
    return memcmp(data, magic, sizeof magic) == 0 &&
           hash == hash_block(data, bytes - sizeof hash);
}

static bool is_of_same(const struct training *training, const struct head *head) {
    const struct shape *shape = &training->optimizer->parameters->shape;
    return head->depth == shape->depth && head->width == shape->width &&
           head->classes == shape->classes && head->samples == shape->samples &&
           head->optimizer == (int32_t)optimizer_kind_of(training->optimizer) &&
           head->schedule == (int32_t)training->schedule.kind &&
           head->capacity == training->history->capacity && head->count >= 0 &&
           head->count <= head->capacity;
}

static bool is_in_main_phase(const struct head *head) {
    return head->main_ended == STOP_NONE && head->ended == STOP_NONE;
}

static enum checkpoint_fit judge(const struct training *training,
                                 const struct checkpoint_label *label,
                                 const struct head *head, size_t bytes) {
    if (head->trail != label->trail || !is_of_same(training, head))
        return CHECKPOINT_OTHER;
    if (head->maker != label->maker) return CHECKPOINT_FOREIGN;
    if (bytes != total_bytes(training, head->count)) return CHECKPOINT_DAMAGED;
    if (head->max_steps == training->rules.max_steps) return CHECKPOINT_FITS;
    bool earlier = head->max_steps < training->rules.max_steps;
    return earlier && is_in_main_phase(head) ? CHECKPOINT_FITS : CHECKPOINT_LATER;
}

static void take_head(struct training *training, const struct head *head) {
    struct factors *parameters = training->optimizer->parameters;
    training->history->count = head->count;
    training->state = (struct training_state){
        .step = head->step,
        .main_ended = (enum stop_reason)head->main_ended,
        .main_steps = head->main_steps,
        .ended = (enum stop_reason)head->ended,
        .stopping = {.best_loss = head->best_loss, .best_step = head->best_step},
        .automatic = {.rate = head->automatic_rate,
                      .loss = head->automatic_loss,
                      .kept = head->automatic_kept != 0},
        .loss_before_decay = head->loss_before_decay,
        .seconds = head->seconds};
    training->optimizer->progress =
        (struct optimizer_progress){.steps = head->optimizer_steps,
                                    .evaluations = head->evaluations,
                                    .pairs = head->pairs,
                                    .next = head->next,
                                    .known = head->known != 0,
                                    .loss = head->optimizer_loss};
    memcpy(parameters->scale, head->scale, (size_t)head->depth * sizeof(double));
}

enum checkpoint_fit checkpoint_unpack(struct training *training,
                                      const struct checkpoint_label *label,
                                      const unsigned char *data, size_t bytes) {
    struct piece pieces[PIECES_MAX];
    struct head head;
    if (!is_whole(data, bytes)) return CHECKPOINT_DAMAGED;
    memcpy(&head, data, sizeof head);
    enum checkpoint_fit fit = judge(training, label, &head, bytes);
    if (fit != CHECKPOINT_FITS) return fit;
    take_head(training, &head);
    int count = list_pieces(training, head.count, pieces);
    size_t used = sizeof head;
    for (int i = 0; i < count; i++) {
        memcpy(pieces[i].data, data + used, pieces[i].bytes);
        used += pieces[i].bytes;
    }
    if (training->history->capacity > 0)
        history_thin(training->history,
                     history_spacing(training->history->capacity,
                                     training->rules.max_steps + training->decay_steps));
    return CHECKPOINT_FITS;
}

bool checkpoint_is_at_limit(const unsigned char *data, size_t bytes) {
    struct head head;
    if (!is_whole(data, bytes)) return false;
    memcpy(&head, data, sizeof head);
    return is_in_main_phase(&head) && head.step == head.max_steps;
}

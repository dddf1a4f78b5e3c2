/* A point has one or two descents, its own and the way back from a kick: legs, each with a
 * file of its own. */
#include "dufm/checkpoints.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/checkpoint.h"
#include "dufm/clock.h"
#include "dufm/file.h"
#include "dufm/hash.h"
#include "dufm/isolate.h"
#include "dufm/log.h"
#include "dufm/memory.h"

static const char folder_suffix[] = ".checkpoints";
static const char file_suffix[] = ".checkpoint";

/* A save takes at most this share of the time. */
static const double cost_share = 1.0 / 200;

/* What a file is called after. */
struct entry {
    uint64_t trail;
    int max_steps;
};

/* A growing list of entries. */
struct entries {
    struct entry *list; /* owned */
    size_t count, capacity;
};

/* A descent of the point under way, its file, and what became of it. */
struct leg {
    struct entry entry;
    struct entry from; /* the file that was tried for it */
    uint64_t trail;    /* what the file is bound to */
    bool tried, resumed, saved, kept;
};

/* The point's own, and the way back. */
enum { LEGS = 2 };

struct checkpoints {
    struct checkpoint_options options;
    char folder[PATH_MAX];
    uint64_t maker;
    struct entries found; /* in the folder at the start, sorted */
    struct entries done;  /* of points that ended, to be removed */
    unsigned char *buffer;
    size_t buffer_bytes;
    bool warned; /* that saving fails, or that a maker is foreign */

    struct leg *legs;      /* size LEGS, shared with children; owned */
    struct leg *leg;       /* the one under way */
    double next, interval; /* clock of the next save; seconds to the one after */
};

static enum error name_folder(const char *output, char folder[PATH_MAX]) {
    return file_beside(output, folder_suffix, folder, PATH_MAX);
}

static enum error name_file(const char *folder, const struct entry *entry,
                            char path[PATH_MAX]) {
    int length = snprintf(path, PATH_MAX, "%s/%016" PRIx64 "-%d%s", folder, entry->trail,
                          entry->max_steps, file_suffix);
    if (length > 0 && length < PATH_MAX) return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "the path of the result file is too long; choose a shorter one");
}

/* "0123456789abcdef-20000.checkpoint" */
static bool parse_name(const char *name, struct entry *entry) {
    char *end;
    errno = 0;
    entry->trail = strtoull(name, &end, 16);
    if (end - name != 16 || *end != '-') return false;
    long limit = strtol(end + 1, &end, 10);
    entry->max_steps = (int)limit;
    return errno == 0 && limit >= 0 && limit <= INT_MAX && strcmp(end, file_suffix) == 0;
}

static enum error append(struct entries *entries, const struct entry *entry) {
    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity > 0 ? 2 * entries->capacity : 64;
        struct entry *list = realloc(entries->list, capacity * sizeof *list);
        if (list == NULL) return RAISE(ERROR_SYSTEM, "out of memory");
        entries->list = list;
        entries->capacity = capacity;
    }
    entries->list[entries->count++] = *entry;
    return ERROR_NONE;
}

static int compare(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    if (a->trail != b->trail) return a->trail < b->trail ? -1 : 1;
    return (a->max_steps > b->max_steps) - (a->max_steps < b->max_steps);
}

/* The files of a folder, sorted; a folder that is not there has none. */
static enum error list_folder(const char *path, struct entries *out) {
    DIR *folder = opendir(path);
    if (folder == NULL && errno == ENOENT) return ERROR_NONE;
    if (folder == NULL)
        return RAISE(ERROR_SYSTEM, "cannot read the folder %s: %s", path,
                     strerror(errno));
    enum error error = ERROR_NONE;
    struct entry entry;
    for (struct dirent *item; error == ERROR_NONE && (item = readdir(folder)) != NULL;)
        if (parse_name(item->d_name, &entry)) error = append(out, &entry);
    closedir(folder);
    if (out->count > 0) qsort(out->list, out->count, sizeof entry, compare);
    return error;
}

enum error checkpoints_create(const char *output, const char *fingerprint,
                              const struct checkpoint_options *options,
                              struct checkpoints **out) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct checkpoints), &memory));
    struct checkpoints *checkpoints = memory;
    checkpoints->options = *options;
    checkpoints->maker = hash_block(fingerprint, strlen(fingerprint));
    enum error error = name_folder(output, checkpoints->folder);
    if (error == ERROR_NONE) {
        error = isolate_share(LEGS * sizeof(struct leg), &memory);
        checkpoints->legs = memory;
    }
    if (error == ERROR_NONE)
        error = list_folder(checkpoints->folder, &checkpoints->found);
    if (error == ERROR_NONE)
        *out = checkpoints;
    else
        checkpoints_destroy(&checkpoints);
    return error;
}

void checkpoints_destroy(struct checkpoints **checkpoints) {
    if (*checkpoints == NULL) return;
    void *legs = (*checkpoints)->legs;
    isolate_release(&legs, LEGS * sizeof(struct leg));
    free((*checkpoints)->found.list);
    free((*checkpoints)->done.list);
    free((*checkpoints)->buffer);
    free(*checkpoints);
    *checkpoints = NULL;
}

void checkpoints_refresh(struct checkpoints *checkpoints) {
    checkpoints->found.count = 0;
    if (list_folder(checkpoints->folder, &checkpoints->found) != ERROR_NONE)
        log_warning("%s: points that were saved may start anew", error_message());
}

int checkpoints_tidy(const char *output) {
    char path[PATH_MAX];
    struct entry entry;
    int count = 0;
    if (name_folder(output, path) != ERROR_NONE) return 0;
    DIR *folder = opendir(path);
    if (folder == NULL) return 0;
    for (struct dirent *item; (item = readdir(folder)) != NULL;) {
        size_t length = strlen(item->d_name);
        if (parse_name(item->d_name, &entry)) count++;
        if (length > 4 && strcmp(item->d_name + length - 4, ".tmp") == 0)
            unlinkat(dirfd(folder), item->d_name, 0);
    }
    closedir(folder);
    return count;
}

/* Killed after a row was committed, before its checkpoint was removed. */
static void remove_left_over(const char *folder, const struct entry *entry) {
    char path[PATH_MAX];
    void *data;
    size_t bytes;
    if (name_file(folder, entry, path) != ERROR_NONE ||
        file_read(path, SIZE_MAX, &data, &bytes) != ERROR_NONE)
        return;
    if (!checkpoint_is_at_limit(data, bytes)) unlink(path);
    free(data);
}

/* The files of a point's legs are called after different trails. */
static struct entry entry_of(const struct point *point, bool back) {
    static const uint64_t turn = 0x6261636b6b69636b; /* any bits */
    return (struct entry){point_trail(point) ^ (back ? turn : 0), point->max_steps};
}

static void remove_left_overs(const char *folder, const struct entries *found,
                              const struct point *point) {
    for (int back = 0; back < 2; back++) {
        struct entry key = entry_of(point, back);
        struct entry *entry =
            bsearch(&key, found->list, found->count, sizeof key, compare);
        if (entry != NULL) remove_left_over(folder, entry);
    }
}

void checkpoints_end(const char *output, const struct sweep *sweep) {
    char folder[PATH_MAX];
    struct entries found = {0};
    if (name_folder(output, folder) != ERROR_NONE || access(folder, F_OK) != 0) return;
    checkpoints_tidy(output);
    enum error error = list_folder(folder, &found);
    for (uint64_t i = 0; found.count > 0 && i < grid_count(sweep); i++) {
        struct point point;
        grid_point(sweep, i, &point);
        remove_left_overs(folder, &found, &point);
    }
    free(found.list);
    if (error == ERROR_NONE) rmdir(folder);
}

/* The file of that name, else the one of its trail with the latest earlier limit. */
static const struct entry *find(const struct checkpoints *checkpoints,
                                const struct entry *wanted) {
    const struct entries *found = &checkpoints->found;
    size_t low = 0, high = found->count; /* past the last one not after the point */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&found->list[middle], wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || found->list[low - 1].trail != wanted->trail) return NULL;
    return &found->list[low - 1];
}

static struct checkpoint_label label_of(const struct checkpoints *checkpoints) {
    return (struct checkpoint_label){checkpoints->leg->trail, checkpoints->maker};
}

static void warn_of_misfit(struct checkpoints *checkpoints, enum checkpoint_fit fit,
                           const char *path) {
    if (fit == CHECKPOINT_FOREIGN) {
        if (!checkpoints->warned)
            log_warning("%s was written by another program, CPU or libraries, whose last "
                        "bits differ: its point starts anew, as do others of that kind",
                        path);
        checkpoints->warned = true;
    } else if (fit == CHECKPOINT_DAMAGED) {
        log_warning("%s is damaged: its point starts anew", path);
    }
}

static void resume(struct checkpoints *checkpoints, struct training *training) {
    char path[PATH_MAX];
    struct leg *leg = checkpoints->leg;
    void *data;
    size_t bytes;
    struct checkpoint_label label = label_of(checkpoints);
    enum error error = name_file(checkpoints->folder, &leg->from, path);
    if (error == ERROR_NONE)
        error = file_read(path, checkpoint_bytes(training), &data, &bytes);
    if (error != ERROR_NONE) {
        log_warning("%s: its point starts anew", error_message());
        return;
    }
    enum checkpoint_fit fit = checkpoint_unpack(training, &label, data, bytes);
    free(data);
    warn_of_misfit(checkpoints, fit, path);
    leg->resumed = fit == CHECKPOINT_FITS;
}

/* Put what was saved of a leg in the place of its fresh start. */
static void begin_leg(struct checkpoints *checkpoints, struct leg *leg,
                      struct training *training) {
    const struct entry *found = find(checkpoints, &leg->entry);
    checkpoints->leg = leg;
    checkpoints->next = clock_seconds() + checkpoints->interval;
    if (found == NULL) return;
    leg->tried = true;
    leg->from = *found;
    resume(checkpoints, training);
}

void checkpoints_begin(struct checkpoints *checkpoints, const struct point *point,
                       struct training *training) {
    const struct checkpoint_options *options = &checkpoints->options;
    struct entry there = entry_of(point, false), back = entry_of(point, true);
    checkpoints->legs[0] = (struct leg){.entry = there, .trail = there.trail};
    checkpoints->legs[1] = (struct leg){.entry = back};
    checkpoints->interval =
        isnan(options->seconds) ? CHECKPOINT_SECONDS : options->seconds;
    begin_leg(checkpoints, &checkpoints->legs[0], training);
}

/* Where the way back begins says what it belongs to: an ending that time decided may come
 * out otherwise another time. */
static uint64_t trail_of_start(const struct training *training) {
    const struct factors *start = training->optimizer->parameters;
    return hash_block(start->data,
                      shape_parameter_count(&start->shape) * sizeof *start->data);
}

void checkpoints_return(struct checkpoints *checkpoints, const struct training *ended,
                        struct training *back) {
    struct leg *leg = &checkpoints->legs[1];
    checkpoints_leave(checkpoints, ended);
    leg->trail = leg->entry.trail ^ trail_of_start(back);
    begin_leg(checkpoints, leg, back);
}

static enum error save(struct checkpoints *checkpoints, const struct training *training) {
    char path[PATH_MAX];
    size_t bytes = checkpoint_bytes(training);
    struct checkpoint_label label = label_of(checkpoints);
    if (checkpoints->buffer_bytes < bytes) {
        unsigned char *buffer = realloc(checkpoints->buffer, bytes);
        if (buffer == NULL) return RAISE(ERROR_SYSTEM, "out of memory");
        checkpoints->buffer = buffer;
        checkpoints->buffer_bytes = bytes;
    }
    TRY(name_file(checkpoints->folder, &checkpoints->leg->entry, path));
    if (mkdir(checkpoints->folder, 0777) != 0 && errno != EEXIST)
        return RAISE(ERROR_SYSTEM, "cannot create the folder %s: %s", checkpoints->folder,
                     strerror(errno));
    return file_replace(path, checkpoints->buffer,
                        checkpoint_pack(training, &label, checkpoints->buffer));
}

/* Without a checkpoint the point would run again: no reason to end. */
static void try_to_save(struct checkpoints *checkpoints,
                        const struct training *training) {
    double start = clock_seconds();
    if (save(checkpoints, training) == ERROR_NONE)
        checkpoints->leg->saved = true;
    else if (!checkpoints->warned) {
        checkpoints->warned = true;
        log_warning(
            "no checkpoint: %s; after an interruption points under way go on from their "
            "last checkpoint, where they have one",
            error_message());
    }
    double now = clock_seconds();
    if (isnan(checkpoints->options.seconds))
        checkpoints->interval = fmax(CHECKPOINT_SECONDS, (now - start) / cost_share);
    checkpoints->next = now + checkpoints->interval;
}

static bool is_at_limit(const struct training *training) {
    return training->state.main_ended == STOP_NONE &&
           training->state.ended == STOP_NONE &&
           training->state.step == training->rules.max_steps;
}

void checkpoints_look(struct checkpoints *checkpoints, const struct training *training) {
    const struct checkpoint_options *options = &checkpoints->options;
    struct leg *leg = checkpoints->leg;
    /* What is kept of a descent, and may go on later, is not replaced by its end. */
    if (leg->kept) return;
    /* At the limit a file stands for one to be kept (checkpoint_is_at_limit). */
    bool at_limit = is_at_limit(training);
    bool keep = options->keep_unfinished && at_limit && leg == checkpoints->legs;
    bool due = !at_limit && options->seconds != 0 && clock_seconds() >= checkpoints->next;
    if (keep || due) try_to_save(checkpoints, training);
    if (keep) leg->kept = true;
}

void checkpoints_leave(struct checkpoints *checkpoints, const struct training *training) {
    const struct checkpoint_options *options = &checkpoints->options;
    double worth = isnan(options->seconds)
                       ? CHECKPOINT_WORTH_SECONDS
                       : fmin(CHECKPOINT_WORTH_SECONDS, options->seconds);
    if (options->seconds != 0 && training->state.seconds >= worth &&
        !checkpoints->leg->kept)
        try_to_save(checkpoints, training);
}

/* Remember a file for removal; forgetting one only leaves a file too many. */
static void drop(struct checkpoints *checkpoints, const struct entry *entry) {
    if (append(&checkpoints->done, entry) != ERROR_NONE)
        log_warning("a checkpoint is left behind in %s: %s", checkpoints->folder,
                    error_message());
}

static void end_leg(struct checkpoints *checkpoints, const struct leg *leg,
                    enum stop_reason reason) {
    bool keep = leg->kept && reason == STOP_MAX_STEPS;
    bool own = leg->tried && compare(&leg->from, &leg->entry) == 0;
    if (leg->resumed && !own) drop(checkpoints, &leg->from);
    if ((leg->saved || own) && !keep) drop(checkpoints, &leg->entry);
}

void checkpoints_ended(struct checkpoints *checkpoints, enum stop_reason reason) {
    for (int i = 0; i < LEGS; i++)
        end_leg(checkpoints, &checkpoints->legs[i], reason);
}

void checkpoints_committed(struct checkpoints *checkpoints) {
    char path[PATH_MAX];
    for (size_t i = 0; i < checkpoints->done.count; i++)
        if (name_file(checkpoints->folder, &checkpoints->done.list[i], path) ==
                ERROR_NONE &&
            unlink(path) != 0 && errno != ENOENT)
            log_warning("cannot remove %s: %s", path, strerror(errno));
    checkpoints->done.count = 0;
}

/* dufm show --by: a line a group, with its count, the share of each ending with Wilson's
 * interval, and mean and deviation of columns. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "filter.h"
#include "group.h"
#include "show.h"

/* What a column of the table says of a group; `of`: which key, value or ending. */
enum part {
    PART_KEY,
    PART_COUNT,
    PART_SHARE,
    PART_LOW,
    PART_HIGH,
    PART_MEAN,
    PART_SPREAD
};

struct part_column {
    char title[COLUMN_NAME + 8];
    enum part part;
    int of;
};

enum { PARTS_MAX = 256, SHARE_TEXT = 32 };

struct aggregate {
    const struct show_request *request;
    struct reader *reader;
    struct frame frame;
    struct filter filter;
    struct groups groups;
    int values[PARTS_MAX / 4]; /* columns of the frame to average */
    int value_count;
    int ending; /* column of the frame */
    struct part_column parts[PARTS_MAX];
    int part_count;
};

/* ---- what is read ---- */

static enum error add_value(struct aggregate *aggregate, const char *name) {
    int index;
    TRY(frame_add(&aggregate->frame, name, &index));
    enum column_kind kind = aggregate->frame.columns[index].kind;
    if (kind != COLUMN_REAL && kind != COLUMN_INTEGER)
        return RAISE(ERROR_USAGE, "--columns %s: only numbers have a mean", name);
    if (aggregate->value_count == PARTS_MAX / 4)
        return RAISE(ERROR_USAGE, "--columns: at most %d with --by", PARTS_MAX / 4);
    aggregate->values[aggregate->value_count++] = index;
    return ERROR_NONE;
}

static enum error choose_values(struct aggregate *aggregate) {
    const char *list = aggregate->request->columns;
    if (list == NULL)
        list = reader_is_measured(aggregate->reader)
                   ? "least_rank,nc1_trace_post[-1],nc2_etf_post[-1]"
                   : "loss,loss_ratio,least_rank";
    while (list != NULL) {
        char name[COLUMN_NAME];
        enum error error;
        list = column_split(list, name, &error);
        TRY(error);
        TRY(add_value(aggregate, name));
    }
    return ERROR_NONE;
}

static const char *const *ending_names(const struct aggregate *aggregate) {
    return aggregate->frame.columns[aggregate->ending].variable.flags;
}

static enum error choose_columns(struct aggregate *aggregate) {
    struct frame *frame = &aggregate->frame;
    TRY(frame_add_list(frame, aggregate->request->by));
    int keys = frame->count, endings = 0;
    TRY(choose_values(aggregate));
    TRY(frame_add(frame, "outcome", &aggregate->ending));
    TRY(filter_create(&aggregate->filter, aggregate->request->where, frame));
    TRY(frame_prepare(frame, SHOW_BLOCK));
    while (ending_names(aggregate)[endings] != NULL)
        endings++;
    const struct group_plan plan = {.frame = frame,
                                    .keys = keys,
                                    .values = aggregate->values,
                                    .value_count = aggregate->value_count,
                                    .ending = aggregate->ending,
                                    .ending_count = endings};
    return groups_create(&aggregate->groups, &plan);
}

static enum error count_rows(struct aggregate *aggregate) {
    uint64_t total = reader_count(aggregate->reader), size = aggregate->frame.rows;
    for (uint64_t first = 0; first < total; first += size) {
        uint64_t count = total - first < size ? total - first : size;
        TRY(frame_read(&aggregate->frame, first, count));
        for (uint64_t slot = 0; slot < count; slot++)
            if (filter_passes(&aggregate->filter, slot))
                TRY(groups_add(&aggregate->groups, slot));
    }
    return ERROR_NONE;
}

/* ---- what is printed ---- */

static void add_part(struct aggregate *aggregate, enum part part, int of,
                     const char *name) {
    static const char *const endings[] = {[PART_LOW] = "_from",
                                          [PART_HIGH] = "_to",
                                          [PART_MEAN] = "_mean",
                                          [PART_SPREAD] = "_sd"};
    if (aggregate->part_count == PARTS_MAX) return;
    struct part_column *column = &aggregate->parts[aggregate->part_count++];
    const char *ending = part >= PART_LOW ? endings[part] : "";
    *column = (struct part_column){.part = part, .of = of};
    snprintf(column->title, sizeof column->title, "%s%s", name, ending);
}

static bool occurs(const struct aggregate *aggregate, int ending) {
    for (uint64_t i = 0; i < aggregate->groups.count; i++)
        if (aggregate->groups.list[i]->endings[ending] > 0) return true;
    return false;
}

/* People see the endings that occur, interval and share in one column. */
static void add_endings(struct aggregate *aggregate) {
    bool text = aggregate->request->format == TABULAR_TEXT;
    for (int e = 0; e < aggregate->groups.plan.ending_count; e++) {
        char name[COLUMN_NAME];
        if (text && !occurs(aggregate, e)) continue;
        snprintf(name, sizeof name, "share_%s", ending_names(aggregate)[e]);
        add_part(aggregate, PART_SHARE, e, name);
        if (text) continue;
        add_part(aggregate, PART_LOW, e, name);
        add_part(aggregate, PART_HIGH, e, name);
    }
}

static void choose_parts(struct aggregate *aggregate) {
    const struct column *columns = aggregate->frame.columns;
    for (int k = 0; k < aggregate->groups.plan.keys; k++)
        add_part(aggregate, PART_KEY, k, columns[k].title);
    add_part(aggregate, PART_COUNT, 0, "count");
    add_endings(aggregate);
    for (int v = 0; v < aggregate->value_count; v++) {
        add_part(aggregate, PART_MEAN, v, columns[aggregate->values[v]].title);
        add_part(aggregate, PART_SPREAD, v, columns[aggregate->values[v]].title);
    }
}

/* The value without its text. */
static struct cell cell_of_part(const struct aggregate *aggregate,
                                const struct group *group,
                                const struct part_column *column) {
    double low = NAN, high = NAN, share = NAN;
    if (column->part == PART_KEY)
        return cell_of_value(&aggregate->frame.columns[column->of],
                             group_key(&aggregate->groups, group, column->of));
    if (column->part == PART_COUNT)
        return cell_of_number(COLUMN_INTEGER, (double)group->count);
    if (column->part == PART_MEAN)
        return cell_of_number(COLUMN_REAL, statistics_mean(&group->values[column->of]));
    if (column->part == PART_SPREAD)
        return cell_of_number(COLUMN_REAL,
                              statistics_deviation(&group->values[column->of]));
    uint64_t hits = group->endings[column->of];
    if (group->count > 0) share = (double)hits / (double)group->count;
    statistics_wilson(hits, group->count, &low, &high);
    return cell_of_number(COLUMN_REAL, column->part == PART_SHARE ? share
                                       : column->part == PART_LOW ? low
                                                                  : high);
}

/* "0.60 [0.31,0.83]" */
static void write_share(const struct group *group, int ending, char text[SHARE_TEXT]) {
    double low, high;
    statistics_wilson(group->endings[ending], group->count, &low, &high);
    double share = (double)group->endings[ending] / (double)group->count;
    if (group->count == 0)
        snprintf(text, SHARE_TEXT, "-");
    else
        snprintf(text, SHARE_TEXT, "%.2f [%.2f,%.2f]", share, low, high);
}

static enum error print_group(const struct aggregate *aggregate,
                              const struct group *group, struct tabular *table) {
    struct cell cells[PARTS_MAX];
    char shares[PARTS_MAX][SHARE_TEXT];
    bool text = aggregate->request->format == TABULAR_TEXT;
    for (int p = 0; p < aggregate->part_count; p++) {
        const struct part_column *column = &aggregate->parts[p];
        cells[p] = cell_of_part(aggregate, group, column);
        if (!text || column->part != PART_SHARE) continue;
        write_share(group, column->of, shares[p]);
        cells[p].kind = COLUMN_TEXT;
        cells[p].text = shares[p];
    }
    return tabular_row(table, cells);
}

static enum error print_groups(const struct aggregate *aggregate,
                               const struct show_key *order, uint64_t count) {
    const char *titles[PARTS_MAX];
    for (int p = 0; p < aggregate->part_count; p++)
        titles[p] = aggregate->parts[p].title;
    const struct show_request *request = aggregate->request;
    struct tabular_layout layout = {request->format, titles, aggregate->part_count,
                                    request->columns ? 0 : tabular_terminal_width()};
    struct tabular *table;
    TRY(tabular_create(&layout, &table));
    enum error error = ERROR_NONE;
    for (uint64_t i = 0; i < count && !error; i++)
        error = print_group(aggregate, aggregate->groups.list[order[i].index], table);
    if (!error) error = tabular_finish(table);
    tabular_destroy(&table);
    return error;
}

/* ---- order ---- */

static const struct part_column *find_part(const struct aggregate *aggregate,
                                           const char *name) {
    for (int p = 0; p < aggregate->part_count; p++)
        if (strcmp(aggregate->parts[p].title, name) == 0) return &aggregate->parts[p];
    return NULL;
}

static enum error refuse_order(const struct aggregate *aggregate, const char *name) {
    char titles[512] = "";
    size_t used = 0;
    for (int p = 0; p < aggregate->part_count && used < sizeof titles; p++)
        used += (size_t)snprintf(titles + used, sizeof titles - used, "%s%s",
                                 p > 0 ? ", " : "", aggregate->parts[p].title);
    return RAISE(ERROR_USAGE, "--sort %s: with --by, the columns are %s", name, titles);
}

static enum error sort_groups(const struct aggregate *aggregate, struct show_key *keys) {
    uint64_t count = aggregate->groups.count;
    for (uint64_t i = 0; i < count; i++)
        keys[i].index = i;
    if (aggregate->request->sort == NULL) return ERROR_NONE;
    struct show_order order = show_order_of(aggregate->request->sort);
    const struct part_column *column = find_part(aggregate, order.name);
    if (column == NULL) return refuse_order(aggregate, order.name);
    for (uint64_t i = 0; i < count; i++)
        keys[i].key = cell_of_part(aggregate, aggregate->groups.list[i], column).number;
    show_sort(keys, count, order.descending);
    return ERROR_NONE;
}

static enum error print_sorted(const struct aggregate *aggregate) {
    uint64_t count = aggregate->groups.count, limit = (uint64_t)aggregate->request->limit;
    void *memory;
    TRY(memory_allocate(count + 1, sizeof(struct show_key), &memory));
    enum error error = sort_groups(aggregate, memory);
    bool more = limit > 0 && limit < count;
    if (!error) error = print_groups(aggregate, memory, more ? limit : count);
    free(memory);
    if (!error && more && aggregate->request->format == TABULAR_TEXT)
        fprintf(stderr, "%llu of %llu groups; --limit 0 shows all\n",
                (unsigned long long)limit, (unsigned long long)count);
    return error;
}

static enum error make(struct aggregate *aggregate) {
    TRY(choose_columns(aggregate));
    TRY(count_rows(aggregate));
    choose_parts(aggregate);
    return print_sorted(aggregate);
}

enum error show_groups(const struct show_request *request, struct reader *reader) {
    void *memory;
    TRY(memory_allocate(1, sizeof(struct aggregate), &memory));
    struct aggregate *aggregate = memory;
    *aggregate = (struct aggregate){
        .request = request, .reader = reader, .frame = {.reader = reader}};
    enum error error = make(aggregate);
    groups_release(&aggregate->groups);
    filter_release(&aggregate->filter);
    frame_release(&aggregate->frame);
    free(aggregate);
    return error;
}

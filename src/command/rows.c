/* dufm show, row by row: in the order of the file as it is read; sorted, from keys that
 * are gathered first and rows that are fetched page by page. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/given.h"
#include "dufm/memory.h"
#include "dufm/sweep.h"
#include "filter.h"
#include "frame.h"
#include "show.h"

enum { PAGE_ROWS = 1 << 16 }; /* sorted rows fetched in one pass over the file */

struct listing {
    const struct show_request *request;
    struct reader *reader;
    struct frame frame;
    int shown; /* columns of the frame that are printed: the first ones */
    struct filter filter;
    const char **titles; /* size shown; owned */
    struct tabular *table;
    uint64_t printed;
    bool more; /* further rows pass than were printed */
};

/* ---- columns ---- */

static enum error add_varying(struct frame *frame, const struct sweep *sweep) {
    const struct parameter *varying[GIVEN_MAX];
    int count = sweep_varying(sweep, varying);
    for (int i = 0, index; i < count; i++)
        TRY(frame_add(frame, varying[i]->stored_name, &index));
    return ERROR_NONE;
}

/* The parameters in which the points of the sweep that made the file differ. */
static enum error add_swept(struct frame *frame) {
    char *text;
    struct sweep *sweep;
    TRY(reader_text(frame->reader, "sweep_text", &text));
    enum error error = sweep_parse("the file's sweep", text, strlen(text), &sweep);
    free(text);
    TRY(error);
    error = add_varying(frame, sweep);
    sweep_destroy(&sweep);
    return error;
}

/* What the files of measured features are told apart by. */
static enum error add_given(struct frame *frame) {
    struct reader_variable variable;
    bool any = false;
    int index;
    for (int at = 0; reader_next(frame->reader, &at, &variable);) {
        bool given =
            !variable.result && variable.rank == 0 && variable.kind == READER_REAL;
        if (given) TRY(frame_add(frame, variable.name, &index));
        any = any || given;
    }
    return any ? ERROR_NONE : frame_add(frame, "source_file", &index);
}

/* Of measured features: the last layer stands for the network. */
static enum error choose_measured(struct frame *frame) {
    static const char *const results[] = {"outcome",
                                          "least_rank",
                                          "rank_mean_post[-1,1]",
                                          "nc1_trace_post[-1]",
                                          "nc2_etf_post[-1]",
                                          "nc3_alignment[-1]"};
    int index;
    TRY(frame_add(frame, "row", &index));
    TRY(add_given(frame));
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        TRY(frame_add(frame, results[i], &index));
    return ERROR_NONE;
}

/* For people: what varies, then what came out, the most telling first. */
static enum error choose_for_people(struct frame *frame) {
    static const char *const results[] = {"status",     "outcome",    "loss",
                                          "loss_ratio", "least_rank", "stop_reason",
                                          "steps",      "wall_time",  "loss_dnc"};
    int index;
    TRY(frame_add(frame, "row", &index));
    TRY(add_swept(frame));
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        TRY(frame_add(frame, results[i], &index));
    return ERROR_NONE;
}

/* For programs: every scalar. */
static enum error choose_scalars(struct frame *frame) {
    struct reader_variable variable;
    for (int at = 0, index; reader_next(frame->reader, &at, &variable);)
        if (variable.rank == 0) TRY(frame_add(frame, variable.name, &index));
    return ERROR_NONE;
}

static enum error choose_columns(struct listing *listing) {
    const struct show_request *request = listing->request;
    struct frame *frame = &listing->frame;
    if (request->columns != NULL)
        TRY(frame_add_list(frame, request->columns));
    else if (request->format == TABULAR_TEXT)
        TRY(reader_is_measured(frame->reader) ? choose_measured(frame)
                                              : choose_for_people(frame));
    else
        TRY(choose_scalars(frame));
    listing->shown = frame->count;
    return ERROR_NONE;
}

/* ---- printing ---- */

static enum error begin_table(struct listing *listing) {
    const struct show_request *request = listing->request;
    void *memory;
    TRY(memory_allocate((size_t)listing->shown, sizeof(char *), &memory));
    listing->titles = memory;
    for (int c = 0; c < listing->shown; c++)
        listing->titles[c] = listing->frame.columns[c].title;
    struct tabular_layout layout = {request->format, listing->titles, listing->shown,
                                    request->columns ? 0 : tabular_terminal_width()};
    return tabular_create(&layout, &listing->table);
}

static enum error print_slot(struct listing *listing, const struct frame *frame,
                             uint64_t slot, struct cell *cells) {
    for (int c = 0; c < listing->shown; c++)
        cells[c] = cell_of_value(&frame->columns[c], frame_value(frame, slot, c));
    listing->printed++;
    return tabular_row(listing->table, cells);
}

static bool is_full(const struct listing *listing) {
    return listing->request->limit > 0 &&
           listing->printed == (uint64_t)listing->request->limit;
}

/* ---- in the order of the file ---- */

static enum error print_block(struct listing *listing, uint64_t count,
                              struct cell *cells) {
    for (uint64_t slot = 0; slot < count && !listing->more; slot++) {
        if (!filter_passes(&listing->filter, slot)) continue;
        listing->more = is_full(listing);
        if (!listing->more) TRY(print_slot(listing, &listing->frame, slot, cells));
    }
    return ERROR_NONE;
}

static enum error print_in_order(struct listing *listing, struct cell *cells) {
    uint64_t total = reader_count(listing->reader), size = listing->frame.rows;
    for (uint64_t first = 0; first < total && !listing->more; first += size) {
        uint64_t count = total - first < size ? total - first : size;
        TRY(frame_read(&listing->frame, first, count));
        TRY(print_block(listing, count, cells));
    }
    return ERROR_NONE;
}

/* ---- sorted ---- */

static enum error gather_keys(struct listing *listing, int column, struct show_key *keys,
                              uint64_t *found) {
    uint64_t total = reader_count(listing->reader), size = listing->frame.rows;
    *found = 0;
    for (uint64_t first = 0; first < total; first += size) {
        uint64_t count = total - first < size ? total - first : size;
        TRY(frame_read(&listing->frame, first, count));
        for (uint64_t slot = 0; slot < count; slot++)
            if (filter_passes(&listing->filter, slot))
                keys[(*found)++] = (struct show_key){
                    frame_number(&listing->frame, slot, column), first + slot};
    }
    return ERROR_NONE;
}

static int compare_rows(const void *one, const void *other) {
    const struct show_key *a = one, *b = other;
    return (a->index > b->index) - (a->index < b->index);
}

/* Fetch the rows of a page into `page`, in the page's order: in the order of the file,
 * block by block, each to its place. */
static enum error fetch_page(struct listing *listing, const struct show_key *keys,
                             uint64_t count, struct frame *page) {
    uint64_t total = reader_count(listing->reader), size = listing->frame.rows;
    void *memory;
    TRY(memory_allocate(count, sizeof(struct show_key), &memory));
    struct show_key *wanted = memory; /* key: the place in the page */
    for (uint64_t i = 0; i < count; i++)
        wanted[i] = (struct show_key){(double)i, keys[i].index};
    qsort(wanted, count, sizeof *wanted, compare_rows);
    enum error error = ERROR_NONE;
    for (uint64_t i = 0; i < count && !error;) {
        uint64_t first = wanted[i].index - wanted[i].index % size;
        error = frame_read(&listing->frame, first,
                           total - first < size ? total - first : size);
        for (; i < count && wanted[i].index < first + size && !error; i++)
            frame_copy(page, (uint64_t)wanted[i].key, &listing->frame,
                       wanted[i].index - first);
    }
    free(memory);
    return error;
}

static enum error print_pages(struct listing *listing, const struct show_key *keys,
                              uint64_t found, struct cell *cells) {
    struct frame page = {.reader = listing->reader};
    enum error error = ERROR_NONE;
    int index;
    for (int c = 0; c < listing->frame.count; c++)
        TRY_OR(cleanup, error, frame_add(&page, listing->frame.columns[c].title, &index));
    TRY_OR(cleanup, error, frame_prepare(&page, found < PAGE_ROWS ? found : PAGE_ROWS));
    for (uint64_t first = 0; first < found; first += page.rows) {
        uint64_t count = found - first < page.rows ? found - first : page.rows;
        TRY_OR(cleanup, error, fetch_page(listing, keys + first, count, &page));
        for (uint64_t slot = 0; slot < count; slot++)
            TRY_OR(cleanup, error, print_slot(listing, &page, slot, cells));
    }
cleanup:
    frame_release(&page);
    return error;
}

static enum error print_sorted(struct listing *listing, int column, bool descending,
                               struct cell *cells) {
    uint64_t found, limit = (uint64_t)listing->request->limit;
    void *memory;
    TRY(memory_allocate(reader_count(listing->reader), sizeof(struct show_key), &memory));
    struct show_key *keys = memory;
    enum error error = gather_keys(listing, column, keys, &found);
    if (!error) {
        show_sort(keys, found, descending);
        listing->more = limit > 0 && found > limit;
        error = print_pages(listing, keys, listing->more ? limit : found, cells);
    }
    free(keys);
    return error;
}

/* ---- all of it ---- */

static enum error find_order(struct listing *listing, struct show_order *order,
                             int *column) {
    *column = -1;
    if (listing->request->sort == NULL) return ERROR_NONE;
    *order = show_order_of(listing->request->sort);
    TRY(frame_add(&listing->frame, order->name, column));
    enum column_kind kind = listing->frame.columns[*column].kind;
    if (kind == COLUMN_TEXT || kind == COLUMN_LIST)
        return RAISE(ERROR_USAGE,
                     "--sort %s: only columns of single numbers have an order",
                     order->name);
    return ERROR_NONE;
}

static enum error list(struct listing *listing) {
    struct show_order order = {0};
    int column;
    TRY(choose_columns(listing));
    TRY(find_order(listing, &order, &column));
    TRY(filter_create(&listing->filter, listing->request->where, &listing->frame));
    TRY(frame_prepare(&listing->frame, SHOW_BLOCK));
    TRY(begin_table(listing));
    void *memory;
    TRY(memory_allocate((size_t)listing->shown, sizeof(struct cell), &memory));
    enum error error = column < 0
                           ? print_in_order(listing, memory)
                           : print_sorted(listing, column, order.descending, memory);
    free(memory);
    TRY(error);
    return tabular_finish(listing->table);
}

static void tell_rest(const struct listing *listing) {
    unsigned long long printed = listing->printed;
    if (!listing->more || listing->request->format != TABULAR_TEXT) return;
    if (listing->request->where == NULL)
        fprintf(stderr, "%llu of %llu rows; --limit 0 shows all\n", printed,
                (unsigned long long)reader_count(listing->reader));
    else
        fprintf(stderr, "the first %llu rows that match; --limit 0 shows all\n", printed);
}

enum error show_rows(const struct show_request *request, struct reader *reader) {
    struct listing listing = {
        .request = request, .reader = reader, .frame = {.reader = reader}};
    enum error error = list(&listing);
    if (!error) tell_rest(&listing);
    tabular_destroy(&listing.table);
    free(listing.titles);
    filter_release(&listing.filter);
    frame_release(&listing.frame);
    return error;
}

#include "dufm/column.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/text.h"
#include "value.h"

static const struct column_derived derived[] = {
    {"row", "number of the row, from 0"},
    {"loss_ratio", "loss / loss_dnc: below 1 is better than deep neural collapse"},
    {"loss_ratio_srg", "loss / loss_srg: below 1 is better than the graph solution"},
    {"least_rank", "least rank of the class means after the ReLU over the hidden layers, "
                   "relative tolerance 1e-3"}};

enum { DERIVED_COUNT = sizeof derived / sizeof *derived };

static bool is_name_character(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

static enum error complain(const char *text) {
    return RAISE(ERROR_USAGE,
                 "'%s' is no column; one looks like loss, or rank_mean_post[2,1]", text);
}

/* "2,-1]" into the indices. */
static enum error parse_indices(const char *text, const char *at,
                                struct column_name *out) {
    for (;;) {
        char *end;
        long index = strtol(at, &end, 10);
        if (end == at || isspace((unsigned char)*at) || index < -INT_MAX ||
            index > INT_MAX)
            return complain(text);
        if (out->rank == READER_RANK_MAX)
            return RAISE(ERROR_USAGE, "'%s' has more indices than any column takes (%d)",
                         text, READER_RANK_MAX);
        out->index[out->rank++] = (int)index;
        if (strcmp(end, "]") == 0) return ERROR_NONE;
        if (*end != ',') return complain(text);
        at = end + 1;
    }
}

enum error column_parse(const char *text, struct column_name *out) {
    size_t length = 0;
    *out = (struct column_name){0};
    while (is_name_character(text[length]))
        length++;
    if (length == 0 || length >= sizeof out->variable) return complain(text);
    memcpy(out->variable, text, length);
    if (text[length] == '\0') return ERROR_NONE;
    return text[length] == '[' ? parse_indices(text, text + length + 1, out)
                               : complain(text);
}

const char *column_split(const char *list, char name[COLUMN_NAME], enum error *error) {
    size_t length = 0;
    int depth = 0;
    for (; list[length] != '\0' && (list[length] != ',' || depth > 0); length++)
        depth += (list[length] == '[') - (list[length] == ']');
    *error = ERROR_NONE;
    if (length == 0)
        *error = RAISE(ERROR_USAGE, "a name is missing in the list of columns");
    else if (length >= COLUMN_NAME)
        *error = RAISE(ERROR_USAGE, "'%s' is too long for a column's name", list);
    if (*error) return NULL;
    memcpy(name, list, length);
    name[length] = '\0';
    return list[length] == ',' ? list + length + 1 : NULL;
}

/* ---- what a name means ---- */

static bool resolve_derived(const struct column_name *name, const struct reader *reader,
                            struct column *out) {
    struct reader_variable needed;
    out->stride = sizeof(double);
    out->variable.result = true;
    if (strcmp(name->variable, "row") == 0) {
        out->kind = COLUMN_INTEGER;
        out->fill = value_row_number;
        out->variable.result = false;
        return true;
    }
    bool over_dnc = strcmp(name->variable, "loss_ratio") == 0;
    if (over_dnc || strcmp(name->variable, "loss_ratio_srg") == 0) {
        out->kind = COLUMN_REAL;
        out->fill = over_dnc ? value_loss_ratio : value_loss_ratio_srg;
        return reader_find(reader, over_dnc ? "loss_dnc" : "loss_srg", &needed) &&
               reader_find(reader, "loss", &needed);
    }
    out->kind = COLUMN_INTEGER;
    out->fill = value_least_rank;
    return strcmp(name->variable, "least_rank") == 0 &&
           reader_find(reader, "rank_mean_post", &needed);
}

const struct column_derived *column_next_derived(const struct reader *reader, int *next) {
    while (*next < DERIVED_COUNT) {
        const struct column_derived *made = &derived[(*next)++];
        struct column_name name = {0};
        struct column column = {0};
        snprintf(name.variable, sizeof name.variable, "%s", made->name);
        if (resolve_derived(&name, reader, &column)) return made;
    }
    return NULL;
}

/* Keep the known name if it is nearer than the nearest so far. */
static void consider(const char *name, const char *known, const char **nearest) {
    if (!text_is_near(name, known)) return;
    if (*nearest == NULL || text_distance(name, known) < text_distance(name, *nearest))
        *nearest = known;
}

static enum error unknown(const char *name, const struct reader *reader) {
    const char *nearest = NULL;
    const struct column_derived *made;
    struct reader_variable variable;
    for (int at = 0; reader_next(reader, &at, &variable);)
        consider(name, variable.name, &nearest);
    for (int at = 0; (made = column_next_derived(reader, &at));)
        consider(name, made->name, &nearest);
    if (nearest != NULL)
        return RAISE(ERROR_USAGE, "no column '%s' in this file; did you mean %s?", name,
                     nearest);
    return RAISE(ERROR_USAGE, "no column '%s' in this file; --names lists all", name);
}

/* "layer, tolerance" */
static void list_dimensions(const struct reader_variable *variable, char *text,
                            size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < variable->rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                                 variable->dimensions[i]);
}

static enum error check_indices(const struct column_name *name,
                                const struct reader_variable *variable) {
    char dimensions[128];
    list_dimensions(variable, dimensions, sizeof dimensions);
    if (variable->rank == 0)
        return RAISE(ERROR_USAGE, "%s has one value a row and takes no index",
                     variable->name);
    if (name->rank != variable->rank)
        return RAISE(ERROR_USAGE, "%s takes %d %s (%s), as in %s[%s]", variable->name,
                     variable->rank, variable->rank == 1 ? "index" : "indices",
                     dimensions, variable->name,
                     variable->rank == 1   ? "0"
                     : variable->rank == 2 ? "0,0"
                                           : "0,0,0");
    for (int i = 0; i < name->rank; i++) {
        int length = (int)variable->lengths[i];
        if (name->index[i] >= length || name->index[i] < -length)
            return RAISE(ERROR_USAGE,
                         "%s[..]: %d is outside of %s, which goes from 0 to %d (or from "
                         "-1 back to -%d)",
                         variable->name, name->index[i], variable->dimensions[i],
                         length - 1, length);
    }
    return ERROR_NONE;
}

static void resolve_element(const struct column_name *name, struct column *out) {
    static const enum column_kind kinds[] = {[READER_REAL] = COLUMN_REAL,
                                             [READER_INTEGER] = COLUMN_INTEGER,
                                             [READER_FLAG] = COLUMN_FLAG,
                                             [READER_TEXT] = COLUMN_TEXT};
    const struct reader_variable *variable = &out->variable;
    bool from_last = name->rank > 0 && name->index[0] < 0 &&
                     strcmp(variable->dimensions[0], "layer") == 0;
    memcpy(out->index, name->index, sizeof out->index);
    out->kind = kinds[variable->kind];
    out->fill = variable->shared                ? value_layer_text
                : variable->kind == READER_TEXT ? value_text
                : from_last                     ? value_from_last_layer
                                                : value_element;
    out->stride = variable->kind == READER_TEXT ? COLUMN_TEXT_BYTES : sizeof(double);
}

static void resolve_list(struct column *out) {
    out->kind = COLUMN_LIST;
    out->fill = value_list;
    out->stride = out->variable.lengths[0] * sizeof(double);
}

enum error column_resolve(const char *text, const struct reader *reader,
                          struct column *out) {
    struct column_name name;
    *out = (struct column){0};
    TRY(column_parse(text, &name));
    snprintf(out->title, sizeof out->title, "%s", text);
    if (!reader_find(reader, name.variable, &out->variable)) {
        out->variable = (struct reader_variable){0};
        if (!resolve_derived(&name, reader, out)) return unknown(name.variable, reader);
        out->variable.name = out->title;
        return name.rank > 0 ? check_indices(&name, &out->variable) : ERROR_NONE;
    }
    if (name.rank == 0 && out->variable.rank == 1 && !out->variable.shared) {
        resolve_list(out);
        return ERROR_NONE;
    }
    if (name.rank != 0 || out->variable.rank != 0)
        TRY(check_indices(&name, &out->variable));
    resolve_element(&name, out);
    return ERROR_NONE;
}

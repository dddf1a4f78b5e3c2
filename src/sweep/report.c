/* Messages about a sweep file: the place, the line, a caret, what was expected. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dufm/text.h"
#include "spec.h"

enum {
    EXCERPT_WHOLE = 120, /* characters of a line that is shown whole */
    EXCERPT_BEFORE = 60, /* of a longer one, characters shown before the place ... */
    EXCERPT_AFTER = 40,  /* ... and after it */
    EXCERPT_BYTES = 4 * EXCERPT_WHOLE + 16,
    MESSAGE_BYTES = 2048,
};

static bool mark_of_scalar(struct fy_node *node, struct spec_place *out) {
    struct fy_token *token = fy_node_get_scalar_token(node);
    const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;
    if (mark == NULL) return false;
    enum fy_node_style style = fy_node_get_style(node);
    /* The mark of a quoted text or an alias stands behind its quote or star. */
    int before =
        style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED || style == FYNS_ALIAS;
    *out = (struct spec_place){mark->line + 1, mark->column + 1 - before};
    return true;
}

/* First scalar of the node. libfyaml limits the depth of documents. */
static bool mark_of_node(struct fy_node *node, struct spec_place *out) {
    void *state = NULL;
    if (node == NULL) return false;
    if (fy_node_is_scalar(node)) {
        size_t length = 0;
        if (fy_node_get_scalar(node, &length) == NULL) return false;
        bool quoted = fy_node_get_style(node) != FYNS_PLAIN;
        return (length > 0 || quoted) && mark_of_scalar(node, out);
    }
    if (fy_node_is_sequence(node))
        return mark_of_node(fy_node_sequence_iterate(node, &state), out);
    struct fy_node_pair *pair = fy_node_mapping_iterate(node, &state);
    return pair != NULL && mark_of_node(fy_node_pair_key(pair), out);
}

struct spec_place spec_place(const struct spec *spec, struct fy_node *node) {
    struct spec_place place = {.line = 1, .column = 1};
    if (!mark_of_node(node, &place)) mark_of_node(spec->key, &place);
    return place;
}

/* Start of line number *line, counted from 1; of the last line that is not blank where
 * the source ends before (*line is then its number). */
static const char *find_line(const struct spec *spec, int *line) {
    const char *end = spec->text + spec->bytes;
    const char *start = spec->text, *last = spec->text;
    int number = 1, last_number = 1;
    while (start < end) {
        if (*start != '\n' && *start != '\r') {
            last = start;
            last_number = number;
        }
        if (number == *line) break;
        const char *next = memchr(start, '\n', (size_t)(end - start));
        start = next != NULL ? next + 1 : end;
        number++;
    }
    if (start < end) return start;
    *line = last_number;
    return last;
}

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0) == 0x80;
}

/* Column behind the last character of a line. */
static int end_column(const char *line, const char *end) {
    int column = 1;
    for (; line < end && *line != '\n' && *line != '\r'; line++)
        column += !is_continuation(*line);
    return column;
}

/* Copy the characters of the line around the column, control characters replaced; the
 * caret line gets a tab for every tab, so that both align. */
static void excerpt(const char *line, const char *end, int column,
                    char shown[EXCERPT_BYTES], char caret[EXCERPT_BYTES]) {
    bool whole = end_column(line, end) <= EXCERPT_WHOLE;
    int first = whole ? 1 : column - EXCERPT_BEFORE;
    int last = whole ? EXCERPT_WHOLE : column + EXCERPT_AFTER;
    size_t used = 0, marks = 0;
    int character = 0;
    for (; line < end && *line != '\n' && *line != '\r'; line++) {
        if (!is_continuation(*line)) character++;
        if (character < first) continue;
        if (character > last) break;
        bool control = (unsigned char)*line < ' ' && *line != '\t';
        shown[used++] = control ? '?' : *line;
        if (character < column && !is_continuation(*line))
            caret[marks++] = *line == '\t' ? '\t' : ' ';
    }
    caret[marks++] = '^';
    shown[used] = caret[marks] = '\0';
}

static enum error fail(const struct spec *spec, struct spec_place place,
                       const char *message) {
    int line = place.line;
    const char *end = spec->text + spec->bytes;
    const char *start = find_line(spec, &line);
    if (line != place.line) place = (struct spec_place){line, end_column(start, end)};
    char shown[EXCERPT_BYTES], caret[EXCERPT_BYTES];
    excerpt(start, end, place.column, shown, caret);
    const char *below = strchr(message, '\n');
    int length = below != NULL ? (int)(below - message) : (int)strlen(message);
    return RAISE(ERROR_INPUT, "%s:%d:%d: %.*s\n%s\n%s%s", spec->path, place.line,
                 place.column, length, message, shown, caret, below != NULL ? below : "");
}

enum error spec_fail(const struct spec *spec, struct fy_node *at, const char *format,
                     ...) {
    char message[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fail(spec, spec_place(spec, at), message);
}

enum error spec_fail_place(const struct spec *spec, struct spec_place place,
                           const char *format, ...) {
    char message[MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return fail(spec, place, message);
}

/* Whether the source has the text at that place, byte for byte. */
static bool has_text(const struct spec *spec, struct spec_place place, const char *text,
                     size_t length) {
    int line = place.line;
    const char *at = find_line(spec, &line), *end = spec->text + spec->bytes;
    for (int column = 1; at < end && column < place.column; column++)
        for (at++; at < end && is_continuation(*at);)
            at++;
    return line == place.line && (size_t)(end - at) >= length &&
           memcmp(at, text, length) == 0;
}

enum error spec_fail_within(const struct spec *spec, struct fy_node *scalar, int column,
                            const char *message) {
    struct spec_place place = spec_place(spec, scalar);
    size_t length = 0;
    const char *bytes = fy_node_get_scalar(scalar, &length);
    int quote = fy_node_get_style(scalar) != FYNS_PLAIN;
    place.column += quote;
    if (bytes == NULL || !has_text(spec, place, bytes, length)) {
        char longer[MESSAGE_BYTES];
        snprintf(longer, sizeof longer, "at column %d of this text: %s", column, message);
        return fail(spec, spec_place(spec, scalar), longer);
    }
    for (int i = 0; i < column - 1; i++)
        place.column += !is_continuation(bytes[i]);
    return fail(spec, place, message);
}

const char *spec_show(struct fy_node *node, char text[SPEC_SHOWN]) {
    size_t length = 0;
    const char *scalar = NULL;
    if (node != NULL && fy_node_is_scalar(node))
        scalar = fy_node_get_scalar(node, &length);
    if (scalar == NULL || (length == 0 && fy_node_get_style(node) == FYNS_PLAIN)) {
        const char *kind = node != NULL && fy_node_is_sequence(node)  ? "a list"
                           : node != NULL && fy_node_is_mapping(node) ? "a mapping"
                                                                      : "nothing";
        snprintf(text, SPEC_SHOWN, "%s", kind);
        return text;
    }
    size_t used = 0;
    text[used++] = '\'';
    size_t room = SPEC_SHOWN - sizeof "'...'";
    size_t copied = length < room ? length : room;
    while (copied < length && copied > 0 && is_continuation(scalar[copied]))
        copied--;
    for (size_t i = 0; i < copied; i++)
        text[used++] =
            (unsigned char)scalar[i] < ' ' || scalar[i] == 0x7F ? '?' : scalar[i];
    snprintf(text + used, SPEC_SHOWN - used, copied < length ? "...'" : "'");
    return text;
}

static const char *nearest(struct fy_node *key, const char *const *names) {
    char text[SPEC_SHOWN];
    bool plain;
    const char *best = NULL;
    int least = 0;
    if (!spec_scalar(key, text, sizeof text, &plain)) return NULL;
    for (; *names != NULL; names++) {
        int distance = text_distance(text, *names);
        if (!text_is_near(text, *names) || (best != NULL && distance >= least)) continue;
        least = distance;
        best = *names;
    }
    return best;
}

enum error spec_fail_unknown(const struct spec *spec, struct fy_node *key,
                             const char *what, const char *const *names) {
    char shown[SPEC_SHOWN], list[MESSAGE_BYTES / 2] = "", guess[128] = "";
    for (int i = 0; names[i] != NULL; i++) {
        strncat(list, i > 0 ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, names[i], sizeof list - strlen(list) - 1);
    }
    const char *near = nearest(key, names);
    if (near != NULL) snprintf(guess, sizeof guess, "did you mean '%s'? ", near);
    return spec_fail(spec, key, "unknown %s %s\n%sexpected one of: %s", what,
                     spec_show(key, shown), guess, list);
}

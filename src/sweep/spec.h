/* Between the files that read a sweep: the document under way, values from its nodes,
 * and messages that name and show their place.
 *
 * A sweep file is read in two steps: sections (read.c) hand the value of each parameter
 * to spec_axis or spec_fixed, and rules (rules.c) look at what the axes make together.
 * A new way to combine axes is a section of its own; a new demand is a row in rules.c.
 */
#ifndef DUFM_SWEEP_SPEC_H
#define DUFM_SWEEP_SPEC_H

#include <libfyaml.h>

#include "dufm/error.h"
#include "dufm/sweep.h"

enum {
    SPEC_BYTES_MAX = 16 << 20, /* of a sweep file */
    SPEC_HISTORY_MAX = 512,    /* records a point */
    SPEC_VALUES_MAX = 1000000, /* of a generator, other than range */
    SPEC_PARAMETERS = 64,      /* more than the table has; bits of a grid_view */
    SPEC_SHOWN = 48,           /* bytes of a user's text in a message */
};

/* A sweep file while it is read. */
struct spec {
    const char *path;             /* for messages; not owned */
    const char *text;             /* the source; not owned */
    size_t bytes;                 /* of the source */
    struct fy_diag *diag;         /* collects libfyaml's messages; owned */
    struct fy_parser *parser;     /* owned */
    struct fy_document *document; /* owned */
    struct sweep *sweep;          /* being filled; not owned */
    struct fy_node *key;          /* under way: the place of values that have none */
    struct fy_node *given[SPEC_PARAMETERS]; /* key of each row of parameter_table; NULL */
};

/* A place in the source, both counted from 1, columns in characters. */
struct spec_place {
    int line;
    int column;
};

/* ---- source.c: the bytes ---- */

/* Read the whole file; *text is owned by the caller (free). ERROR_INPUT when it is
 * missing, a folder, unreadable or too large. */
enum error spec_source_read(const char *path, char **text, size_t *bytes);

/* Refuse sources that are empty or not text. */
enum error spec_source_check(const struct spec *spec);

/* ---- report.c: messages ---- */

/* Where a node begins: its first scalar, or the key under way when it has none. */
struct spec_place spec_place(const struct spec *spec, struct fy_node *node);

/* ERROR_INPUT "path:line:column: message", the source line, a caret. What stands after a
 * line break in the message comes below the caret: what was expected. */
enum error spec_fail(const struct spec *spec, struct fy_node *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum error spec_fail_place(const struct spec *spec, struct spec_place place,
                           const char *format, ...) __attribute__((format(printf, 3, 4)));

/* What the node is, for messages: its text in quotes, shortened and printable, or "a
 * list", "a mapping", "nothing". Returns `text`. */
const char *spec_show(struct fy_node *node, char text[SPEC_SHOWN]);

/* Unknown `key` among `names` (NULL-terminated): lists them and suggests the nearest. */
enum error spec_fail_unknown(const struct spec *spec, struct fy_node *key,
                             const char *what, const char *const *names);

/* ---- document.c: libfyaml ---- */

/* Parse the source: *root is its mapping. Syntax errors, several documents. */
enum error spec_load(struct spec *spec, struct fy_node **root);
void spec_release(struct spec *spec);

/* Follow aliases to the node itself; refuses tags and unknown anchors. */
enum error spec_resolve(const struct spec *spec, struct fy_node **node);

/* The text of a scalar, closed with a zero in `text`, false where it does not fit, holds
 * a zero or is not a scalar; *plain: without quotes. */
bool spec_scalar(struct fy_node *node, char *text, size_t size, bool *plain);

/* Call `visit` for each pair of a mapping that is not empty; the key is a scalar that did
 * not appear before, *value resolved. `what` names the mapping in messages. */
typedef enum error spec_visit(struct spec *spec, struct fy_node *key,
                              struct fy_node *value, void *context);
enum error spec_each(struct spec *spec, struct fy_node *mapping, const char *what,
                     spec_visit *visit, void *context);

/* Row of `key` in `names` (NULL-terminated), or -1. */
int spec_index(struct fy_node *key, const char *const *names);

/* ---- number.c: numbers ---- */

enum error spec_real(const struct spec *spec, struct fy_node *node, double *out);

/* A whole number, written plainly (12) or with an exponent (1e3); exact up to 2^53. */
enum error spec_integer(const struct spec *spec, struct fy_node *node, double *out);

/* true or false. */
enum error spec_boolean(const struct spec *spec, struct fy_node *node, bool *out);

/* Refuse a value that the parameter does not take. */
enum error spec_check(const struct spec *spec, struct fy_node *at,
                      const struct parameter *parameter, double value);

/* Rounded to 12 significant decimal digits, so that what pow() leaves in the last bits
 * does not enter the identity of a point. */
double spec_round(double value);

/* ---- generate.c and axis.c: values of a parameter ---- */

/* Values of {range: ..}, {log2: ..}, {from: .., to: .., factor: ..} and so on; `axis` has
 * its parameter set and receives the values (owned by the axis). */
enum error spec_generate(struct spec *spec, struct fy_node *mapping, struct axis *axis);

/* The value of a parameter in `grid:`: one value, a list, or a generator. */
enum error spec_axis(struct spec *spec, struct fy_node *node, struct axis *axis);

/* The value of a parameter in `point:`: one value. */
enum error spec_fixed(struct spec *spec, struct fy_node *node, struct axis *axis);

/* ---- rules.c ---- */

/* What parameters demand of each other, checked on the sub-grid of those alone. */
enum error spec_rules(const struct spec *spec);

#endif

/* Between the files that read a sweep: the document under way, values from its nodes,
 * and messages that name and show their place.
 *
 * A sweep file is read in steps: sections (read.c, section.c) hand the value of each
 * parameter to spec_axis or spec_fixed, conditions are parsed when all axes of a grid are
 * known, the points are numbered (number.c), and rules (rules.c) look at those that
 * exist. A new way to combine axes is a section; a new demand is a function in rules.c.
 */
#ifndef DUFM_SWEEP_SPEC_H
#define DUFM_SWEEP_SPEC_H

#include <libfyaml.h>

#include "combination.h"
#include "dufm/error.h"
#include "dufm/given.h"
#include "dufm/sweep.h"

enum {
    SPEC_BYTES_MAX = 16 << 20, /* of a sweep file */
    SPEC_HISTORY_MAX = 512,    /* records a point */
    SPEC_VALUES_MAX = 1000000, /* of a generator, other than range */
    SPEC_SHOWN = 48,           /* bytes of a user's text in a message */
};

/* A grid while it is read: where everything stands. */
struct spec_grid {
    struct fy_node *node;             /* the mapping that holds its sections */
    struct fy_node *given[GIVEN_MAX]; /* key of each parameter by given_number; NULL */
    const char *section[GIVEN_MAX];   /* where that is */
    struct fy_node *set[GIVEN_MAX];   /* key of each parameter in an override; NULL */
    struct fy_node *exclude;          /* the last one's key; NULL */
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
    struct spec_grid *places;     /* size sweep->grid_count; owned */
    struct grid *grid;            /* the grid under way, in sweep->grids ... */
    struct spec_grid *place;      /* ... and its place */
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

/* The same at byte number `column` (from 1) of the text of a scalar, where the source has
 * it as it is; else at its beginning. */
enum error spec_fail_within(const struct spec *spec, struct fy_node *scalar, int column,
                            const char *message);

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

/* ---- scalar.c: numbers and booleans ---- */

enum error spec_real(const struct spec *spec, struct fy_node *node, double *out);

/* A whole number, written plainly (12) or with an exponent (1e3); exact up to 2^53. */
enum error spec_integer(const struct spec *spec, struct fy_node *node, double *out);

/* true or false. */
enum error spec_boolean(const struct spec *spec, struct fy_node *node, bool *out);

/* Refuse a value that the parameter does not take. */
enum error spec_check(const struct spec *spec, struct fy_node *at,
                      const struct parameter *parameter, double value);

/* ---- generate.c and axis.c: values of a parameter ---- */

/* Values of {range: ..}, {log2: ..}, {from: .., to: .., factor: ..} and so on; `axis` has
 * its parameter set and receives the values (owned by the axis). */
enum error spec_generate(struct spec *spec, struct fy_node *mapping, struct axis *axis);

/* The value of a parameter in `grid:` or `zip:`: one value, a list, or a generator. A
 * value may appear twice in a zip alone. */
enum error spec_axis(struct spec *spec, struct fy_node *node, bool zipped,
                     struct axis *axis);

/* The value of a parameter in `point:`: one value. */
enum error spec_fixed(struct spec *spec, struct fy_node *node, struct axis *axis);

/* Order of two values of an axis: negative, 0, positive. */
int spec_compare_values(const struct axis *axis, uint64_t a, uint64_t b);

/* ---- section.c: the sections of a grid ---- */

/* Names of the sections, and which of them all grids of a union may share. */
extern const char *const spec_sections[];
bool spec_is_shared(struct fy_node *key);

/* The names that a sweep file can give, NULL-terminated; returns `names`. */
const char **spec_given_names(const char *names[GIVEN_MAX]);

/* Read a section of the grid under way; conditions and repeats wait in *late. */
struct spec_late {
    int count;
    struct {
        struct fy_node *key, *value;
    } sections[8]; /* three kinds, shared and own */
};
enum error spec_section(struct spec *spec, struct fy_node *key, struct fy_node *value,
                        struct spec_late *late);

/* Read what waited, now that all axes of the grid are known. */
enum error spec_finish_grid(struct spec *spec, const struct spec_late *late);

/* ---- zip.c: axes ---- */

/* Note that the key gives a parameter to the grid under way, in that section; refuses
 * unknown ones and those that are given already. */
enum error spec_claim(struct spec *spec, struct fy_node *key, const char *section,
                      const struct parameter **out);

/* `grid:`, a mapping of axes (and zips); `zip:`, a mapping of axes that move together, or
 * a list of such; `repeats:`, a number of seeds. */
enum error spec_read_grid(struct spec *spec, struct fy_node *value);
enum error spec_read_zip(struct spec *spec, struct fy_node *value);
enum error spec_read_repeats(struct spec *spec, struct fy_node *key,
                             struct fy_node *value);

/* ---- override.c: conditions ---- */

/* `exclude:`, a condition or a list of them; `override:`, a mapping of where and set, or
 * a list of such. */
enum error spec_read_exclude(struct spec *spec, struct fy_node *value);
enum error spec_read_override(struct spec *spec, struct fy_node *value);

/* Parameters (bits by given_number) of which a point has one: the others that say the
 * same as this one, itself included. */
uint64_t spec_rivals(int number);

/* ---- rules.c ---- */

/* What the parameters of the grid under way demand of each other, whatever their values.
 */
enum error spec_rules_of_grid(const struct spec *spec);

/* What the points that exist demand. */
enum error spec_rules_of_points(struct spec *spec);

/* The extent of all points, for sweep->extent. ERROR_SYSTEM. */
enum error spec_measure(struct sweep *sweep);

#endif

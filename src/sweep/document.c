/* The YAML document: libfyaml's parser with its messages collected, and the few ways in
 * which a sweep looks at nodes.
 *
 * Aliases are followed where they stand instead of being expanded beforehand, and
 * duplicate keys are found here instead of by libfyaml, because both take time out of
 * proportion to the source (aliases of aliases; every pair of keys).
 */
#include <string.h>

#include "spec.h"

enum {
    ALIAS_CHAIN_MAX = 64, /* aliases of aliases followed for one node */
    KEYS_MAX = 64,        /* keys of one mapping; more than any section knows */
    KEY_BYTES = 64,
};

/* libfyaml's first collected error, else `otherwise`. */
static enum error fail_syntax(const struct spec *spec, const char *otherwise) {
    void *state = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(spec->diag, &state);
    if (error == NULL) return RAISE(ERROR_INPUT, "%s: %s", spec->path, otherwise);
    struct spec_place place = {error->line > 0 ? error->line : 1,
                               error->column > 0 ? error->column : 1};
    return spec_fail_place(spec, place, "YAML syntax: %s", error->msg);
}

static enum error start_parser(struct spec *spec) {
    struct fy_diag_cfg messages;
    fy_diag_cfg_default(&messages);
    messages.fp = NULL;
    spec->diag = fy_diag_create(&messages);
    if (spec->diag == NULL)
        return RAISE(ERROR_SYSTEM, "no memory to read %s", spec->path);
    fy_diag_set_collect_errors(spec->diag, true);
    struct fy_parse_cfg settings = {.flags = FYPCF_ALLOW_DUPLICATE_KEYS,
                                    .diag = spec->diag};
    spec->parser = fy_parser_create(&settings);
    if (spec->parser == NULL ||
        fy_parser_set_string(spec->parser, spec->text, spec->bytes) != 0)
        return RAISE(ERROR_SYSTEM, "no memory to read %s", spec->path);
    return ERROR_NONE;
}

static enum error refuse_second_document(struct spec *spec) {
    struct fy_document *second = fy_parse_load_document(spec->parser);
    if (second == NULL) {
        if (fy_parser_get_stream_error(spec->parser))
            return fail_syntax(spec, "not YAML after the first document");
        return ERROR_NONE;
    }
    enum error error =
        spec_fail(spec, fy_document_root(second),
                  "a second YAML document\nexpected one sweep a file: remove the line "
                  "'---' or split the file");
    fy_parse_document_destroy(spec->parser, second);
    return error;
}

enum error spec_load(struct spec *spec, struct fy_node **root) {
    TRY(start_parser(spec));
    spec->document = fy_parse_load_document(spec->parser);
    if (spec->document == NULL)
        return fail_syntax(spec, "is empty; expected a mapping with 'grid:'");
    *root = fy_document_root(spec->document);
    if (*root == NULL || !fy_node_is_mapping(*root)) {
        char shown[SPEC_SHOWN];
        return spec_fail(spec, *root,
                         "the file holds %s\nexpected a mapping with 'grid:'",
                         spec_show(*root, shown));
    }
    return refuse_second_document(spec);
}

void spec_release(struct spec *spec) {
    if (spec->document != NULL) fy_parse_document_destroy(spec->parser, spec->document);
    if (spec->parser != NULL) fy_parser_destroy(spec->parser);
    if (spec->diag != NULL) fy_diag_destroy(spec->diag);
}

enum error spec_resolve(const struct spec *spec, struct fy_node **node) {
    struct fy_node *at = *node;
    for (int i = 0; i < ALIAS_CHAIN_MAX && at != NULL && fy_node_is_alias(at); i++)
        at = fy_node_resolve_alias(at);
    if (*node != NULL && (at == NULL || fy_node_is_alias(at)))
        return spec_fail(spec, *node,
                         "no anchor of that name before\nexpected an anchor such as "
                         "'&name' on an earlier value");
    size_t length = 0;
    const char *tag = at != NULL ? fy_node_get_tag(at, &length) : NULL;
    if (tag != NULL)
        return spec_fail(spec, *node, "the tag '%.*s'\nexpected a value without a tag",
                         length < SPEC_SHOWN ? (int)length : SPEC_SHOWN, tag);
    *node = at;
    return ERROR_NONE;
}

bool spec_scalar(struct fy_node *node, char *text, size_t size, bool *plain) {
    size_t length = 0;
    if (node == NULL || !fy_node_is_scalar(node)) return false;
    const char *scalar = fy_node_get_scalar(node, &length);
    if (scalar == NULL || length >= size || memchr(scalar, '\0', length) != NULL)
        return false;
    memcpy(text, scalar, length);
    text[length] = '\0';
    *plain = fy_node_get_style(node) == FYNS_PLAIN;
    return true;
}

int spec_index(struct fy_node *key, const char *const *names) {
    char text[KEY_BYTES];
    bool plain;
    if (!spec_scalar(key, text, sizeof text, &plain)) return -1;
    for (int i = 0; names[i] != NULL; i++)
        if (strcmp(text, names[i]) == 0) return i;
    return -1;
}

/* Keys of one mapping that were visited. */
struct seen {
    int count;
    struct fy_node *keys[KEYS_MAX];
};

static enum error check_key(const struct spec *spec, struct fy_node *key,
                            struct seen *seen) {
    char text[KEY_BYTES], shown[SPEC_SHOWN];
    bool plain;
    if (key == NULL || !fy_node_is_scalar(key) || fy_node_is_alias(key))
        return spec_fail(spec, key, "a key that is %s\nexpected a name",
                         spec_show(key, shown));
    if (!spec_scalar(key, text, sizeof text, &plain)) return ERROR_NONE; /* unknown */
    const char *name[] = {text, NULL};
    for (int i = 0; i < seen->count; i++)
        if (spec_index(seen->keys[i], name) == 0)
            return spec_fail(spec, key,
                             "%s appears twice\nexpected one entry; the first is at line "
                             "%d",
                             spec_show(key, shown), spec_place(spec, seen->keys[i]).line);
    if (seen->count < KEYS_MAX) seen->keys[seen->count++] = key;
    return ERROR_NONE;
}

enum error spec_each(struct spec *spec, struct fy_node *mapping, const char *what,
                     spec_visit *visit, void *context) {
    struct seen seen = {.count = 0};
    char shown[SPEC_SHOWN];
    void *state = NULL;
    if (mapping == NULL || !fy_node_is_mapping(mapping))
        return spec_fail(spec, mapping, "%s is %s\nexpected a mapping of 'name: value'",
                         what, spec_show(mapping, shown));
    struct fy_node_pair *pair = fy_node_mapping_iterate(mapping, &state);
    if (pair == NULL)
        return spec_fail(spec, mapping,
                         "%s is empty\nexpected a mapping of 'name: value'", what);
    struct fy_node *outer = spec->key;
    for (; pair != NULL; pair = fy_node_mapping_iterate(mapping, &state)) {
        struct fy_node *key = fy_node_pair_key(pair), *value = fy_node_pair_value(pair);
        TRY(check_key(spec, key, &seen));
        spec->key = key;
        TRY(spec_resolve(spec, &value));
        TRY(visit(spec, key, value, context));
    }
    spec->key = outer;
    return ERROR_NONE;
}

/* The parser of conditions.
 *
 * It descends one function a level of precedence. It knows of every value on the
 * stack whether it is a number, true or false, or one of the names of a quantity, so that
 * what makes no sense is refused when it is read.
 */
#include "expression.h"

#include <stdio.h>
#include <string.h>

#include "dufm/text.h"
#include "lexeme.h"

enum type { TYPE_NUMBER, TYPE_TRUTH, TYPE_CHOICE };

/* What a piece of the text leaves on the stack. */
struct value {
    enum type type;
    int column;   /* where it begins */
    int quantity; /* of TYPE_CHOICE */
};

struct parser {
    const char *text;
    int at; /* next byte */
    const struct condition_names *names;
    struct condition_fault *fault;
    struct lexeme next; /* word under way */
    int nesting;
    struct condition *out; /* steps are written, not owned */
};

static enum error parse_or(struct parser *parser, struct value *out);

static enum error advance(struct parser *parser) {
    return lexeme_next(parser->text, &parser->at, &parser->next, parser->fault);
}

static enum error emit(struct parser *parser, struct step step) {
    if (parser->out->step_count == CONDITION_STEPS_MAX)
        return lexeme_fail(parser->fault, parser->next.column,
                           "too long a condition\nexpected at most %d numbers, names and "
                           "operators; `in [..]` or several conditions are shorter",
                           CONDITION_STEPS_MAX);
    parser->out->steps[parser->out->step_count++] = step;
    return ERROR_NONE;
}

static enum error emit_operation(struct parser *parser, enum operation operation) {
    return emit(parser, (struct step){.operation = operation});
}

static enum error fail_word(struct parser *parser, const char *expected) {
    const struct lexeme *next = &parser->next;
    if (next->kind == LEXEME_END)
        return lexeme_fail(parser->fault, next->column,
                           "the condition ends too soon\nexpected %s", expected);
    return lexeme_fail(parser->fault, next->column, "'%.*s' is out of place\nexpected %s",
                       next->length, parser->text + next->column - 1, expected);
}

static enum error need(struct parser *parser, const struct value *value, enum type type) {
    static const char *const expected[] = {
        [TYPE_NUMBER] = "a number here; true and false go with and, or, not",
        [TYPE_TRUTH] = "a comparison here, such as depth = 3"};
    if (value->type == type) return ERROR_NONE;
    if (value->type == TYPE_CHOICE)
        return lexeme_fail(parser->fault, value->column,
                           "a quantity with named values used as a %s\nexpected it to be "
                           "compared with one of its names by =, != or in",
                           type == TYPE_NUMBER ? "number" : "comparison");
    return lexeme_fail(parser->fault, value->column, "%s\nexpected %s",
                       value->type == TYPE_TRUTH ? "a comparison used as a number"
                                                 : "a number is neither true nor false",
                       expected[type]);
}

/* ---- names ---- */

/* "\ndid you mean 'x'? expected one of: a, b, c" */
static void list_names(const char *name, const char *const *names, char *text,
                       size_t size) {
    const char *best = NULL;
    text[0] = '\0';
    for (int i = 0; names[i] != NULL; i++)
        if (text_is_near(name, names[i]) &&
            (best == NULL || text_distance(name, names[i]) < text_distance(name, best)))
            best = names[i];
    if (best != NULL) snprintf(text, size, "did you mean '%s'? ", best);
    strncat(text, "expected one of: ", size - strlen(text) - 1);
    for (int i = 0; names[i] != NULL; i++) {
        strncat(text, i > 0 ? ", " : "", size - strlen(text) - 1);
        strncat(text, names[i], size - strlen(text) - 1);
    }
}

static enum error fail_name(struct parser *parser, const char *what,
                            const char *const *names) {
    char list[CONDITION_MESSAGE_BYTES - 128];
    list_names(parser->next.name, names, list, sizeof list);
    return lexeme_fail(parser->fault, parser->next.column, "unknown %s '%s'\n%s", what,
                       parser->next.name, list);
}

static enum error parse_name(struct parser *parser, struct value *out) {
    const struct condition_names *names = parser->names;
    int quantity = names->find(names->context, parser->next.name);
    if (quantity < 0) return fail_name(parser, "name", names->known);
    bool choice = names->choices(names->context, quantity) != NULL;
    out->type = choice ? TYPE_CHOICE : TYPE_NUMBER;
    out->quantity = quantity;
    TRY(emit(parser, (struct step){OPERATION_QUANTITY, quantity, 0}));
    return advance(parser);
}

/* A name of a value of that quantity. */
static enum error parse_choice(struct parser *parser, int quantity) {
    const struct condition_names *names = parser->names;
    const char *const *choices = names->choices(names->context, quantity);
    if (parser->next.kind != LEXEME_NAME) return fail_word(parser, "a name of a value");
    for (int i = 0; choices[i] != NULL; i++)
        if (strcmp(choices[i], parser->next.name) == 0) {
            TRY(emit(parser, (struct step){OPERATION_NUMBER, 0, i}));
            return advance(parser);
        }
    return fail_name(parser, "value", choices);
}

/* ---- numbers ---- */

static enum error enter(struct parser *parser) {
    if (parser->nesting++ < CONDITION_DEPTH_MAX) return ERROR_NONE;
    return lexeme_fail(parser->fault, parser->next.column,
                       "too deeply nested\nexpected at most %d levels",
                       CONDITION_DEPTH_MAX);
}

static enum error parse_parentheses(struct parser *parser, struct value *out) {
    int column = parser->next.column;
    TRY(advance(parser));
    TRY(parse_or(parser, out));
    out->column = column;
    if (parser->next.kind != LEXEME_CLOSE)
        return fail_word(parser, "an operator or a closing parenthesis");
    return advance(parser);
}

static enum error parse_sign(struct parser *parser, struct value *out) {
    const struct lexeme *next = &parser->next;
    *out = (struct value){.type = TYPE_NUMBER, .column = next->column};
    if (next->kind == LEXEME_NAME) return parse_name(parser, out);
    if (next->kind == LEXEME_NUMBER) {
        TRY(emit(parser, (struct step){OPERATION_NUMBER, 0, next->number}));
        return advance(parser);
    }
    TRY(enter(parser));
    if (next->kind == LEXEME_OPEN) {
        TRY(parse_parentheses(parser, out));
    } else if (next->kind == LEXEME_MINUS) {
        TRY(advance(parser));
        TRY(parse_sign(parser, out));
        TRY(need(parser, out, TYPE_NUMBER));
        TRY(emit_operation(parser, OPERATION_NEGATE));
    } else {
        return fail_word(parser, "a number, a name or an opening parenthesis");
    }
    parser->nesting--;
    return ERROR_NONE;
}

/* The operation of a binary sign within first .. last; false for any other word. */
static bool find_operation(enum lexeme_kind kind, enum operation first,
                           enum operation last, enum operation *out) {
    static const struct {
        enum lexeme_kind kind;
        enum operation operation;
    } table[] = {
        {LEXEME_PLUS, OPERATION_ADD},       {LEXEME_MINUS, OPERATION_SUBTRACT},
        {LEXEME_TIMES, OPERATION_MULTIPLY}, {LEXEME_OVER, OPERATION_DIVIDE},
        {LEXEME_EQUAL, OPERATION_EQUAL},    {LEXEME_UNEQUAL, OPERATION_UNEQUAL},
        {LEXEME_LESS, OPERATION_LESS},      {LEXEME_LESS_EQUAL, OPERATION_LESS_EQUAL},
        {LEXEME_MORE, OPERATION_MORE},      {LEXEME_MORE_EQUAL, OPERATION_MORE_EQUAL}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].kind != kind) continue;
        *out = table[i].operation;
        return *out >= first && *out <= last;
    }
    return false;
}

typedef enum error parse_level(struct parser *parser, struct value *out);

/* One level of left-associative operators on numbers. */
static enum error parse_binary(struct parser *parser, struct value *out,
                               parse_level *tighter, const enum operation range[2]) {
    enum operation operation;
    TRY(tighter(parser, out));
    while (find_operation(parser->next.kind, range[0], range[1], &operation)) {
        struct value right;
        TRY(need(parser, out, TYPE_NUMBER));
        TRY(advance(parser));
        TRY(tighter(parser, &right));
        TRY(need(parser, &right, TYPE_NUMBER));
        TRY(emit_operation(parser, operation));
    }
    return ERROR_NONE;
}

static enum error parse_product(struct parser *parser, struct value *out) {
    static const enum operation range[] = {OPERATION_MULTIPLY, OPERATION_DIVIDE};
    return parse_binary(parser, out, parse_sign, range);
}

static enum error parse_sum(struct parser *parser, struct value *out) {
    static const enum operation range[] = {OPERATION_ADD, OPERATION_SUBTRACT};
    return parse_binary(parser, out, parse_product, range);
}

/* ---- truths ---- */

/* What stands right of a comparison, or in a list, beside the value `left`. */
static enum error parse_right(struct parser *parser, const struct value *left) {
    struct value right;
    if (left->type == TYPE_CHOICE) return parse_choice(parser, left->quantity);
    TRY(need(parser, left, TYPE_NUMBER));
    TRY(parse_sum(parser, &right));
    return need(parser, &right, TYPE_NUMBER);
}

static enum error parse_list(struct parser *parser, const struct value *left) {
    TRY(advance(parser));
    if (parser->next.kind != LEXEME_BEGIN)
        return fail_word(parser, "a list such as [3, 4]");
    TRY(emit(parser, (struct step){OPERATION_NUMBER, 0, 0}));
    do {
        TRY(advance(parser));
        TRY(parse_right(parser, left));
        TRY(emit_operation(parser, OPERATION_MEMBER));
    } while (parser->next.kind == LEXEME_COMMA);
    if (parser->next.kind != LEXEME_FINISH)
        return fail_word(parser, "a comma or a closing bracket");
    TRY(emit_operation(parser, OPERATION_DROP));
    return advance(parser);
}

static enum error parse_compared(struct parser *parser, struct value *left,
                                 enum operation operation) {
    bool equality = operation == OPERATION_EQUAL || operation == OPERATION_UNEQUAL;
    if (left->type == TYPE_CHOICE && !equality)
        return fail_word(parser, "=, != or in: the values of this quantity are names");
    TRY(advance(parser));
    TRY(parse_right(parser, left));
    return emit_operation(parser, operation);
}

/* A sum alone (its type is for the caller to judge), or a comparison. */
static enum error parse_comparison(struct parser *parser, struct value *out) {
    enum operation operation;
    TRY(parse_sum(parser, out));
    bool negated = parser->next.kind == LEXEME_NOT;
    if (negated) TRY(advance(parser));
    if (negated && parser->next.kind != LEXEME_IN) return fail_word(parser, "in");
    if (parser->next.kind == LEXEME_IN)
        TRY(parse_list(parser, out));
    else if (find_operation(parser->next.kind, OPERATION_EQUAL, OPERATION_MORE_EQUAL,
                            &operation))
        TRY(parse_compared(parser, out, operation));
    else
        return ERROR_NONE;
    out->type = TYPE_TRUTH;
    if (negated) TRY(emit_operation(parser, OPERATION_NOT));
    if (find_operation(parser->next.kind, OPERATION_EQUAL, OPERATION_MORE_EQUAL,
                       &operation) ||
        parser->next.kind == LEXEME_IN)
        return fail_word(parser, "one comparison at a time: a < b and b < c");
    return ERROR_NONE;
}

static enum error parse_not(struct parser *parser, struct value *out) {
    if (parser->next.kind != LEXEME_NOT) return parse_comparison(parser, out);
    int column = parser->next.column;
    TRY(enter(parser));
    TRY(advance(parser));
    TRY(parse_not(parser, out));
    TRY(need(parser, out, TYPE_TRUTH));
    out->column = column;
    parser->nesting--;
    return emit_operation(parser, OPERATION_NOT);
}

static enum error parse_joined(struct parser *parser, struct value *out,
                               parse_level *tighter, enum lexeme_kind word) {
    TRY(tighter(parser, out));
    while (parser->next.kind == word) {
        struct value right;
        TRY(need(parser, out, TYPE_TRUTH));
        TRY(advance(parser));
        TRY(tighter(parser, &right));
        TRY(need(parser, &right, TYPE_TRUTH));
        TRY(emit_operation(parser, word == LEXEME_AND ? OPERATION_AND : OPERATION_OR));
    }
    return ERROR_NONE;
}

static enum error parse_and(struct parser *parser, struct value *out) {
    return parse_joined(parser, out, parse_not, LEXEME_AND);
}

static enum error parse_or(struct parser *parser, struct value *out) {
    return parse_joined(parser, out, parse_and, LEXEME_OR);
}

enum error expression_parse(const char *text, const struct condition_names *names,
                            struct condition *out, struct condition_fault *fault) {
    struct parser whole = {.text = text, .names = names, .fault = fault, .out = out};
    struct parser *parser = &whole;
    struct value value;
    TRY(advance(parser));
    TRY(parse_or(parser, &value));
    if (parser->next.kind != LEXEME_END)
        return fail_word(parser, "an operator, and, or, or the end");
    return need(parser, &value, TYPE_TRUTH);
}

/* Cut the text of a condition into words. */
#include "lexeme.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum error lexeme_fail(struct condition_fault *fault, int column, const char *format,
                       ...) {
    va_list arguments;
    fault->column = column;
    va_start(arguments, format);
    vsnprintf(fault->message, sizeof fault->message, format, arguments);
    va_end(arguments);
    return ERROR_INPUT;
}

/* Longer signs before those that they begin with. */
static const struct {
    const char *text;
    enum lexeme_kind kind;
} signs[] = {
    {"==", LEXEME_EQUAL},      {"!=", LEXEME_UNEQUAL}, {"<=", LEXEME_LESS_EQUAL},
    {">=", LEXEME_MORE_EQUAL}, {"=", LEXEME_EQUAL},    {"<", LEXEME_LESS},
    {">", LEXEME_MORE},        {"+", LEXEME_PLUS},     {"-", LEXEME_MINUS},
    {"*", LEXEME_TIMES},       {"/", LEXEME_OVER},     {"(", LEXEME_OPEN},
    {")", LEXEME_CLOSE},       {"[", LEXEME_BEGIN},    {"]", LEXEME_FINISH},
    {",", LEXEME_COMMA},
};

static const struct {
    const char *text;
    enum lexeme_kind kind;
} keywords[] = {
    {"and", LEXEME_AND}, {"or", LEXEME_OR}, {"not", LEXEME_NOT}, {"in", LEXEME_IN}};

/* Signs of other languages and what they are here. */
static const struct {
    const char *text, *instead;
} foreign[] = {{"&&", "and"}, {"||", "or"}, {"!", "not"}, {"<>", "!="}, {"**", "a * a"}};

static enum error fail_sign(const char *at, int column, struct condition_fault *fault) {
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (strncmp(at, foreign[i].text, strlen(foreign[i].text)) == 0)
            return lexeme_fail(fault, column, "unknown sign '%s'\nexpected '%s'",
                               foreign[i].text, foreign[i].instead);
    int length = 1;
    while (((unsigned char)at[length] & 0xC0) == 0x80)
        length++;
    bool visible = isprint((unsigned char)*at) || (unsigned char)*at >= 0x80;
    return lexeme_fail(fault, column,
                       "unknown sign '%.*s'\nexpected names, numbers, + - * / = != < <= "
                       "> >= ( ) [ ] and, or, not, in",
                       visible ? length : 1, visible ? at : "?");
}

static bool is_foreign(const char *at) {
    return strncmp(at, "<>", 2) == 0 || strncmp(at, "**", 2) == 0;
}

static enum error read_sign(const char *at, struct lexeme *out,
                            struct condition_fault *fault) {
    for (size_t i = 0; i < sizeof signs / sizeof *signs && !is_foreign(at); i++) {
        out->length = (int)strlen(signs[i].text);
        out->kind = signs[i].kind;
        if (strncmp(at, signs[i].text, (size_t)out->length) == 0) return ERROR_NONE;
    }
    return fail_sign(at, out->column, fault);
}

static bool is_word(char byte) {
    return isalnum((unsigned char)byte) || byte == '_';
}

/* Bytes of "12", "1.5", ".5", "1e-3"; strtod alone would take "inf" and "0x1". */
static int number_length(const char *at) {
    size_t length = strspn(at, "0123456789");
    if (at[length] == '.') length += 1 + strspn(at + length + 1, "0123456789");
    if (at[length] == 'e' || at[length] == 'E') {
        size_t sign = at[length + 1] == '+' || at[length + 1] == '-';
        size_t digits = strspn(at + length + 1 + sign, "0123456789");
        if (digits > 0) length += 1 + sign + digits;
    }
    return (int)length;
}

static enum error read_number(const char *at, struct lexeme *out,
                              struct condition_fault *fault) {
    out->kind = LEXEME_NUMBER;
    out->length = number_length(at);
    out->number = strtod(at, NULL);
    int behind = out->length;
    while (is_word(at[behind]) || at[behind] == '.')
        behind++;
    if (behind == out->length && isfinite(out->number)) return ERROR_NONE;
    return lexeme_fail(fault, out->column,
                       "'%.*s' is not a number\nexpected a number such as 12 or 4e-3",
                       behind < 40 ? behind : 40, at);
}

/* Bytes of "[2]" or "[2,-1]" directly behind a name, else 0. */
static int index_length(const char *at) {
    size_t length = strspn(at, "[0123456789,-");
    return *at == '[' && length > 1 && at[length] == ']' ? (int)length + 1 : 0;
}

static enum error read_name(const char *at, struct lexeme *out,
                            struct condition_fault *fault) {
    int length = 0;
    while (is_word(at[length]))
        length++;
    out->kind = LEXEME_NAME;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i].text) == (size_t)length &&
            strncmp(at, keywords[i].text, (size_t)length) == 0)
            out->kind = keywords[i].kind;
    if (out->kind == LEXEME_NAME) length += index_length(at + length);
    out->length = length;
    if (length >= CONDITION_NAME_BYTES)
        return lexeme_fail(fault, out->column,
                           "a name of %d bytes\nexpected fewer than %d", length,
                           CONDITION_NAME_BYTES);
    memcpy(out->name, at, (size_t)length);
    out->name[length] = '\0';
    return ERROR_NONE;
}

enum error lexeme_next(const char *text, int *at, struct lexeme *out,
                       struct condition_fault *fault) {
    while (isspace((unsigned char)text[*at]))
        (*at)++;
    const char *start = text + *at;
    *out = (struct lexeme){.kind = LEXEME_END, .column = *at + 1};
    enum error error = ERROR_NONE;
    if (isdigit((unsigned char)*start) ||
        (*start == '.' && isdigit((unsigned char)start[1])))
        error = read_number(start, out, fault);
    else if (isalpha((unsigned char)*start) || *start == '_')
        error = read_name(start, out, fault);
    else if (*start != '\0')
        error = read_sign(start, out, fault);
    *at += out->length;
    return error;
}

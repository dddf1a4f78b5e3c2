/* The words of a condition: numbers, names, signs. */
#ifndef DUFM_SWEEP_LEXEME_H
#define DUFM_SWEEP_LEXEME_H

#include "dufm/condition.h"

enum lexeme_kind {
    LEXEME_END,
    LEXEME_NUMBER,
    LEXEME_NAME,
    LEXEME_PLUS,
    LEXEME_MINUS,
    LEXEME_TIMES,
    LEXEME_OVER,
    LEXEME_EQUAL,
    LEXEME_UNEQUAL,
    LEXEME_LESS,
    LEXEME_LESS_EQUAL,
    LEXEME_MORE,
    LEXEME_MORE_EQUAL,
    LEXEME_OPEN,   /* ( */
    LEXEME_CLOSE,  /* ) */
    LEXEME_BEGIN,  /* [ */
    LEXEME_FINISH, /* ] */
    LEXEME_COMMA,
    LEXEME_AND,
    LEXEME_OR,
    LEXEME_NOT,
    LEXEME_IN,
};

struct lexeme {
    enum lexeme_kind kind;
    int column; /* of its first byte, from 1 */
    int length; /* bytes */
    double number;
    char name[CONDITION_NAME_BYTES];
};

/* The word at byte `*at`, which moves behind it. ERROR_INPUT with *fault filled for what
 * is no word. */
enum error lexeme_next(const char *text, int *at, struct lexeme *out,
                       struct condition_fault *fault);

/* Fill *fault and return ERROR_INPUT. */
enum error lexeme_fail(struct condition_fault *fault, int column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif

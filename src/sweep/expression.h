/* A condition as steps of a stack machine, and the parser that makes them. */
#ifndef DUFM_SWEEP_EXPRESSION_H
#define DUFM_SWEEP_EXPRESSION_H

#include "dufm/condition.h"

/* Values on the stack at most: a level of nesting leaves at most one for each level of
 * precedence, and two for a list. */
enum { EXPRESSION_STACK = 8 * (CONDITION_DEPTH_MAX + 1) };

enum operation {
    OPERATION_NUMBER,   /* push number */
    OPERATION_QUANTITY, /* push the quantity */
    OPERATION_NEGATE,   /* these work on the top one or two values */
    OPERATION_NOT,
    OPERATION_ADD,
    OPERATION_SUBTRACT,
    OPERATION_MULTIPLY,
    OPERATION_DIVIDE,
    OPERATION_EQUAL,
    OPERATION_UNEQUAL,
    OPERATION_LESS,
    OPERATION_LESS_EQUAL,
    OPERATION_MORE,
    OPERATION_MORE_EQUAL,
    OPERATION_AND,
    OPERATION_OR,
    OPERATION_MEMBER, /* x, found, y -> x, found or x = y */
    OPERATION_DROP,   /* x, found -> found */
};

/* One step; what it does not use is 0. */
struct step {
    enum operation operation;
    int quantity;
    double number;
};

/* Made by condition_parse. */
struct condition {
    char *text;         /* owned */
    struct step *steps; /* size step_count; owned */
    int step_count;
};

/* Append the steps of `text` to *out, which has room for CONDITION_STEPS_MAX; its stack
 * then holds one value, 0 or 1. ERROR_INPUT with *fault filled, without a message. */
enum error expression_parse(const char *text, const struct condition_names *names,
                            struct condition *out, struct condition_fault *fault);

#endif

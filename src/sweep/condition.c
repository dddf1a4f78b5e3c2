/* Conditions: parsed once into steps of a stack machine, so that they are quick to
 * evaluate a hundred million times. */
#include "dufm/condition.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/memory.h"
#include "expression.h"

enum { SHOWN = 48 }; /* bytes of the text shown on either side of a fault */

/* The text around the fault, its white space as blanks, and a caret below it. */
static enum error raise_fault(const char *text, const struct condition_fault *fault) {
    char shown[2 * SHOWN + 1] = "";
    int place = fault->column - 1, first = place > SHOWN ? place - SHOWN : 0;
    int caret = 0;
    for (int i = 0; i < 2 * SHOWN && text[first + i] != '\0'; i++) {
        unsigned char byte = (unsigned char)text[first + i];
        shown[i] = byte < ' ' || byte == 0x7F ? ' ' : (char)byte;
        if (first + i < place) caret += (byte & 0xC0) != 0x80;
    }
    const char *below = strchr(fault->message, '\n');
    int length =
        below != NULL ? (int)(below - fault->message) : (int)strlen(fault->message);
    return RAISE(ERROR_INPUT, "column %d: %.*s\n%s\n%*s^%s", fault->column, length,
                 fault->message, shown, caret, "", below != NULL ? below : "");
}

/* Single spaces between words. */
static void copy_words(const char *text, char *out) {
    size_t used = 0;
    for (; *text != '\0'; text++) {
        bool space = isspace((unsigned char)*text);
        if (space && (used == 0 || out[used - 1] == ' ')) continue;
        out[used++] = space ? ' ' : *text;
    }
    if (used > 0 && out[used - 1] == ' ') used--;
    out[used] = '\0';
}

static enum error create(const char *text, struct condition **out) {
    void *memory = NULL;
    TRY(memory_allocate(1, sizeof(struct condition), &memory));
    *out = memory;
    TRY(memory_allocate(strlen(text) + 1, 1, &memory));
    (*out)->text = memory;
    copy_words(text, (*out)->text);
    TRY(memory_allocate(CONDITION_STEPS_MAX, sizeof(struct step), &memory));
    (*out)->steps = memory;
    return ERROR_NONE;
}

enum error condition_parse(const char *text, const struct condition_names *names,
                           struct condition **out, struct condition_fault *fault) {
    enum error error;
    *out = NULL;
    *fault = (struct condition_fault){0};
    TRY_OR(cleanup, error, create(text, out));
    error = expression_parse(text, names, *out, fault);
    if (error != ERROR_NONE) error = raise_fault(text, fault);
cleanup:
    if (error != ERROR_NONE) condition_destroy(out);
    return error;
}

void condition_destroy(struct condition **condition) {
    if (*condition == NULL) return;
    free((*condition)->text);
    free((*condition)->steps);
    free(*condition);
    *condition = NULL;
}

static double combine(enum operation operation, double a, double b) {
    switch (operation) {
    case OPERATION_ADD:
        return a + b;
    case OPERATION_SUBTRACT:
        return a - b;
    case OPERATION_MULTIPLY:
        return a * b;
    case OPERATION_DIVIDE:
        return a / b;
    case OPERATION_EQUAL:
        return a == b;
    case OPERATION_UNEQUAL:
        return a != b;
    case OPERATION_LESS:
        return a < b;
    case OPERATION_LESS_EQUAL:
        return a <= b;
    case OPERATION_MORE:
        return a > b;
    case OPERATION_MORE_EQUAL:
        return a >= b;
    case OPERATION_AND:
        return a != 0 && b != 0;
    default: /* OPERATION_OR */
        return a != 0 || b != 0;
    }
}

bool condition_holds(const struct condition *condition, condition_lookup *lookup,
                     const void *context) {
    double stack[EXPRESSION_STACK] = {0};
    int top = -1; /* number of the topmost value */
    for (int i = 0; i < condition->step_count; i++) {
        const struct step *step = &condition->steps[i];
        switch (step->operation) {
        case OPERATION_NUMBER:
            stack[++top] = step->number;
            break;
        case OPERATION_QUANTITY:
            stack[++top] = lookup(context, step->quantity);
            break;
        case OPERATION_NEGATE:
            stack[top] = -stack[top];
            break;
        case OPERATION_NOT:
            stack[top] = stack[top] == 0;
            break;
        case OPERATION_MEMBER:
            top--;
            if (stack[top - 1] == stack[top + 1]) stack[top] = 1;
            break;
        case OPERATION_DROP:
            top--;
            stack[top] = stack[top + 1];
            break;
        default:
            top--;
            stack[top] = combine(step->operation, stack[top], stack[top + 1]);
        }
    }
    return stack[0] != 0;
}

bool condition_uses(const struct condition *condition, int quantity) {
    for (int i = 0; i < condition->step_count; i++)
        if (condition->steps[i].operation == OPERATION_QUANTITY &&
            condition->steps[i].quantity == quantity)
            return true;
    return false;
}

const char *condition_text(const struct condition *condition) {
    return condition->text;
}

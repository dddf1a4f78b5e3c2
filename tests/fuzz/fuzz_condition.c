/* The language of conditions, over the parameters of a sweep. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dufm/condition.h"
#include "dufm/given.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static int find(const void *context, const char *name) {
    (void)context;
    return given_find(name);
}

static const char *const *choices(const void *context, int quantity) {
    (void)context;
    return given_row(quantity)->choices;
}

static double lookup(const void *context, int quantity) {
    const double *shift = context;
    return quantity + *shift;
}

static const struct condition_names names = {
    find, choices, (const char *const[]){"depth", "width", "lambda", "init", NULL}, NULL};

/* The same text in other spaces is the same condition. */
static void check(const struct condition *condition) {
    struct condition *again;
    struct condition_fault fault;
    if (condition_parse(condition_text(condition), &names, &again, &fault)) {
        fprintf(stderr, "'%s' is no condition: %s\n", condition_text(condition),
                fault.message);
        abort();
    }
    for (int i = 0; i < 4; i++) {
        double shift = i - 1.5;
        if (condition_holds(condition, lookup, &shift) !=
            condition_holds(again, lookup, &shift))
            abort();
    }
    for (int quantity = 0; quantity < given_count(); quantity++)
        if (condition_uses(condition, quantity) != condition_uses(again, quantity))
            abort();
    condition_destroy(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    struct condition *condition;
    struct condition_fault fault;
    char *text = malloc(bytes + 1);
    if (!text) return 0;
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    if (!condition_parse(text, &names, &condition, &fault)) {
        check(condition);
        condition_destroy(&condition);
    } else if (fault.column < 1 || (size_t)fault.column > strlen(text) + 1) {
        fprintf(stderr, "column %d of '%s'\n", fault.column, text);
        abort();
    }
    free(text);
    return 0;
}

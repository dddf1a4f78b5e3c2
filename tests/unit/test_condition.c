/* The language of conditions: what binds tighter, what values are, how slips are told. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dufm/condition.h"

enum { A, B, C, INIT, RANK };

static int find(const void *context, const char *name) {
    static const char *const quantities[] = {"a", "b", "c", "init", "rank[2,1]"};
    (void)context;
    for (int i = 0; i < 5; i++)
        if (strcmp(quantities[i], name) == 0) return i;
    return -1;
}

static const char *const *choices(const void *context, int quantity) {
    static const char *const inits[] = {"fan_in", "dnc", "srg", NULL};
    (void)context;
    return quantity == INIT ? inits : NULL;
}

static const char *const known[] = {"a", "b", "c", "init", "width", NULL};
static const struct condition_names names = {find, choices, known, NULL};

static double lookup(const void *context, int quantity) {
    return ((const double *)context)[quantity];
}

static struct condition *parse(const char *text) {
    struct condition *condition = NULL;
    struct condition_fault fault;
    assert_ok(condition_parse(text, &names, &condition, &fault));
    return condition;
}

/* a = 2, b = 3, c = NaN, init = dnc, rank[2,1] = 7 */
static void conditions_hold(void **state) {
    (void)state;
    static const double values[] = {2, 3, (double)NAN, 1, 7};
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"a = 2", true},
        {"a == 2", true},
        {"a != 2", false},
        {"a < b", true},
        {"b <= 3", true},
        {"b > 3", false},
        {"b >= 3", true},
        {"a=2 and(b)=3", true},
        {"1 + 2 * 3 = 7", true},
        {"(1 + 2) * 3 = 9", true},
        {"7 - 3 - 2 = 2", true},
        {"8 / 4 / 2 = 1", true},
        {"8 / 4 * 2 = 4", true},
        {"-a + b = 1", true},
        {"- a * -b = 6", true},
        {"--a = 2", true},
        {"2 * -a = -4", true},
        {"a = 1 or b = 3 and a = 2", true},
        {"(a = 2 or b = 0) and a = 1", false},
        {"a = 2 or b = 0 and a = 1", true},
        {"not a = 1", true},
        {"not a = 2 or b = 3", true},
        {"not (a = 2 or b = 3)", false},
        {"not not a = 2", true},
        {"not a = 2 and a = 1", false},
        {"a in [1, 2, 3]", true},
        {"a in [1, b]", false},
        {"a not in [1, b]", true},
        {"a + 1 in [b]", true},
        {"not a in [2]", false},
        {"2 * a in [b + 1]", true},
        {"init = dnc", true},
        {"init != dnc", false},
        {"init in [fan_in, srg]", false},
        {"init in [fan_in, dnc] and a < b", true},
        {"init not in [srg]", true},
        {"rank[2,1] = 7", true},
        {"rank[2,1] in [6, 7]", true},
        {"c = c", false},
        {"c != c", true},
        {"c < 1 or c >= 1", false},
        {"not c < 1", true},
        {"a < 1e300 * 1e300", true},
        {"a = .2e1", true},
        {"a = 2.", true},
        {"a\n =\t2", true},
        {"((((a)) = 2))", true},
        {"a / 0 > 1e300", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct condition *condition = parse(cases[i].text);
        if (condition_holds(condition, lookup, values) != cases[i].holds)
            fail_msg("'%s' should %shold", cases[i].text, cases[i].holds ? "" : "not ");
        condition_destroy(&condition);
        assert_null(condition);
    }
}

static void faults_have_their_column(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int column;
        const char *said;
    } cases[] = {
        {"", 1, "ends too soon"},
        {"a", 1, "neither true nor false"},
        {"a + b", 1, "neither true nor false"},
        {"a =", 4, "ends too soon"},
        {"= 2", 1, "'=' is out of place"},
        {"a = 2 b", 7, "'b' is out of place"},
        {"a = 2 and", 10, "ends too soon"},
        {"(a = 2", 7, "closing parenthesis"},
        {"a = 2)", 6, "')' is out of place"},
        {"a < b < 3", 7, "a < b and b < c"},
        {"(a < b) < 3", 1, "a comparison used as a number"},
        {"a + (b = 3) = 2", 5, "a comparison used as a number"},
        {"not a", 5, "neither true nor false"},
        {"a and b = 3", 1, "neither true nor false"},
        {"b = 3 or a", 10, "neither true nor false"},
        {"wdith = 3", 1, "did you mean 'width'"},
        {"a = dcn", 5, "unknown name 'dcn'"},
        {"init = dcn", 8, "did you mean 'dnc'"},
        {"init = 1", 8, "'1' is out of place"},
        {"init < dnc", 6, "names"},
        {"init", 1, "used as a comparison"},
        {"init + 1 = 2", 1, "used as a number"},
        {"a = init", 5, "used as a number"},
        {"a in 3", 6, "a list such as"},
        {"a in []", 7, "']' is out of place"},
        {"a in [1 2]", 9, "a comma or a closing bracket"},
        {"a not = 2", 7, "expected in"},
        {"a && b", 3, "expected 'and'"},
        {"a = 2 || b = 3", 7, "expected 'or'"},
        {"!a", 1, "expected 'not'"},
        {"a <> 2", 3, "expected '!='"},
        {"a ** 2 = 4", 3, "expected 'a * a'"},
        {"a = 1x", 5, "'1x' is not a number"},
        {"a = 0x10", 5, "'0x10' is not a number"},
        {"a = 1e999", 5, "not a number"},
        {"a = 1.2.3", 5, "'1.2.3' is not a number"},
        {"a = 2 %", 7, "unknown sign '%'"},
        {"a = \xc3\xa4", 5, "unknown sign '\xc3\xa4'"},
        {"rank[2] = 3", 1, "unknown name 'rank[2]'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct condition *condition = NULL;
        struct condition_fault fault;
        assert_int_equal(condition_parse(cases[i].text, &names, &condition, &fault),
                         ERROR_INPUT);
        assert_null(condition);
        if (fault.column != cases[i].column ||
            strstr(fault.message, cases[i].said) == NULL)
            fail_msg("'%s': column %d, '%s'", cases[i].text, fault.column, fault.message);
        assert_non_null(strstr(error_message(), cases[i].said));
        assert_true(strncmp(error_message(), "column ", 7) == 0);
    }
}

/* `count` times `piece`, then `end`; owned by the caller. */
static char *repeat(const char *piece, int count, const char *end) {
    size_t length = strlen(piece);
    char *text = calloc(length * (size_t)count + strlen(end) + 1, 1);
    for (int i = 0; i < count; i++)
        memcpy(text + (size_t)i * length, piece, length);
    return strcat(text, end);
}

static void long_and_deep_conditions_are_bounded(void **state) {
    (void)state;
    static const struct {
        const char *piece, *end, *said;
    } cases[] = {
        {"(", "a = 2", "too deeply nested"},
        {"not ", "a = 2", "too deeply nested"},
        {"-", "a = 2", "too deeply nested"},
        {"a = 2 and ", "a = 2", "too long"},
        {"a in [a + a * (", "1", "too deeply nested"},
        {"x", " = 2", "a name of 100000 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = repeat(cases[i].piece, 100000, cases[i].end);
        struct condition *condition = NULL;
        struct condition_fault fault;
        assert_int_equal(condition_parse(text, &names, &condition, &fault), ERROR_INPUT);
        if (strstr(fault.message, cases[i].said) == NULL)
            fail_msg("'%.20s...': %s", text, fault.message);
        free(text);
    }
}

static void assert_holds(const char *piece, int levels, const char *end,
                         const char *behind) {
    static const double values[] = {2, 3, 0, 1, 7};
    char *front = repeat(piece, levels, end), *ends = repeat(")", levels, behind);
    char *text = calloc(strlen(front) + strlen(ends) + 1, 1);
    struct condition *condition = parse(strcat(strcat(text, front), ends));
    assert_true(condition_holds(condition, lookup, values));
    condition_destroy(&condition);
    free(front);
    free(ends);
    free(text);
}

/* Values wait on the stack for the right side of an or, an and, a sum and a product. */
static void deepest_conditions_fit_the_stack(void **state) {
    (void)state;
    assert_holds("a = 1 or a = 2 and (", CONDITION_DEPTH_MAX, "a = 2", "");
    assert_holds("a = 1 or a = 2 and not (", CONDITION_DEPTH_MAX / 2, "a = 2", "");
    assert_holds("a - a + 1 * (", CONDITION_DEPTH_MAX, "a", " = a");
    assert_holds("a in [0, a - a + 1 * (", 1, "a", "]");
}

static void uses_and_text(void **state) {
    (void)state;
    struct condition *condition = parse("  a  <\n 2 *  c ");
    assert_true(condition_uses(condition, A));
    assert_false(condition_uses(condition, B));
    assert_true(condition_uses(condition, C));
    assert_string_equal(condition_text(condition), "a < 2 * c");
    condition_destroy(&condition);
    condition_destroy(&condition);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_hold),
        cmocka_unit_test(faults_have_their_column),
        cmocka_unit_test(long_and_deep_conditions_are_bounded),
        cmocka_unit_test(deepest_conditions_fit_the_stack),
        cmocka_unit_test(uses_and_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

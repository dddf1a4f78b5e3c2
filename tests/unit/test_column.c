/* Names of columns taken apart. */
#include "unit.h"

#include <string.h>

#include "dufm/column.h"

static void test_names(void **state) {
    (void)state;
    static const struct {
        const char *text, *variable;
        int rank, index[READER_RANK_MAX];
    } cases[] = {
        {"loss", "loss", 0, {0}},
        {"nc1_trace_post[0]", "nc1_trace_post", 1, {0}},
        {"rank_mean_post[2,1]", "rank_mean_post", 2, {2, 1}},
        {"rank_mean_post[-1,3]", "rank_mean_post", 2, {-1, 3}},
        {"gram_pre[1,20,-300]", "gram_pre", 3, {1, 20, -300}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct column_name name;
        assert_ok(column_parse(cases[c].text, &name));
        assert_string_equal(name.variable, cases[c].variable);
        assert_int_equal(name.rank, cases[c].rank);
        for (int i = 0; i < name.rank; i++)
            assert_int_equal(name.index[i], cases[c].index[i]);
    }
}

static void test_bad_names(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "[1]",
        "loss[",
        "loss[]",
        "loss[1",
        "loss[1,]",
        "loss[,1]",
        "loss[1]x",
        "loss[1.5]",
        "loss[ 1]",
        "loss[x]",
        "loss/other",
        "lo ss",
        "loss[1][2]",
        "a[1,2,3,4]",
        "a[1;2]",
        "a[99999999999999999999]",
        "loss,steps",
        "a123456789012345678901234567890123456789012345678901234567890123456789"};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct column_name name;
        if (column_parse(cases[c], &name) != ERROR_USAGE)
            fail_msg("'%s' was taken for a column", cases[c]);
        assert_non_null(strstr(error_message(), cases[c]));
    }
}

static void test_lists(void **state) {
    (void)state;
    static const struct {
        const char *list;
        const char *names[4]; /* NULL ends */
    } cases[] = {{"loss", {"loss", NULL}},
                 {"a,b", {"a", "b", NULL}},
                 {"a[1,2],b,c[0]", {"a[1,2]", "b", "c[0]", NULL}}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const char *at = cases[c].list;
        for (const char *const *name = cases[c].names; *name != NULL; name++) {
            char found[COLUMN_NAME];
            enum error error;
            assert_non_null(at);
            at = column_split(at, found, &error);
            assert_ok(error);
            assert_string_equal(found, *name);
        }
        assert_null(at);
    }
}

static void test_bad_lists(void **state) {
    (void)state;
    static const char *const cases[] = {
        "", ",a", ",",
        "a123456789012345678901234567890123456789012345678901234567890123456789"};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char found[COLUMN_NAME];
        enum error error;
        assert_null(column_split(cases[c], found, &error));
        assert_int_equal(error, ERROR_USAGE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_bad_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

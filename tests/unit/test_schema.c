/* The table of the result file's variables says of each what it is. */
#include <string.h>

#include "../../src/store/schema.h"
#include "unit.h"

static bool is_said(const char *text) {
    return text && *text && text[strlen(text) - 1] != '.' && !strchr(text, '\n');
}

static void test_every_variable_is_explained(void **state) {
    (void)state;
    const struct schema *schema = schema_get();
    assert_in_range(schema->count, 100, VARIABLES_MAX);
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        bool number = variable->cell == CELL_REAL || variable->cell == CELL_INTEGER;
        if (!is_said(variable->long_name) || !is_said(variable->comment))
            fail_msg("%s has no long_name or no comment", variable->name);
        if (number != (variable->units != NULL))
            fail_msg("%s: units belong to numbers, and to them alone", variable->name);
        if ((variable->cell == CELL_BYTE) != (variable->flags != NULL))
            fail_msg("%s: flags belong to bytes, and to them alone", variable->name);
        assert_int_equal(schema_find(variable->name), i);
    }
}

static void test_versions(void **state) {
    (void)state;
    for (int i = 0; i < schema_get()->count; i++) {
        int since = schema_get()->variables[i].since;
        assert_true(since == 0 || (since > SCHEMA_OLDEST && since <= SCHEMA_VERSION));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_variable_is_explained),
        cmocka_unit_test(test_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

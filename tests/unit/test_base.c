/* The base: errors, arena, hashes, random numbers, words, options. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dufm/clock.h"
#include "dufm/file.h"
#include "dufm/hash.h"
#include "dufm/memory.h"
#include "dufm/option.h"
#include "dufm/random.h"
#include "dufm/text.h"
#include "unit.h"

static void test_error(void **state) {
    (void)state;
    assert_int_equal(RAISE(ERROR_INPUT, "bad %s %d", "value", 3), ERROR_INPUT);
    assert_string_equal(error_message(), "bad value 3");
    assert_non_null(strstr(error_place(), "test_base.c:"));
    assert_int_equal(error_prefix(ERROR_INPUT, "file %s", "x"), ERROR_INPUT);
    assert_string_equal(error_message(), "file x: bad value 3");
    RAISE(ERROR_SYSTEM, "again: %s", error_message());
    assert_string_equal(error_message(), "again: file x: bad value 3");
    assert_int_equal(error_exit_code(ERROR_USAGE), 2);
    assert_int_equal(error_exit_code(ERROR_INPUT), 2);
    assert_int_equal(error_exit_code(ERROR_SYSTEM), 1);
    assert_int_equal(error_exit_code(ERROR_INTERRUPTED), 75);
}

/* Links in a folder of their own: relative ones begin there, whatever the current one is. */
static void test_links(void **state) {
    (void)state;
    static const struct {
        const char *name, *target, *found; /* found in the folder, or absolute */
    } cases[] = {
        {"to-nothing", "other.h5", "other.h5"},
        {"twice", "to-nothing", "other.h5"},
        {"up", "../x.h5", "../x.h5"},
        {"absolute", "/nowhere/x.h5", "/nowhere/x.h5"},
    };
    char folder[] = "/tmp/dufm-links-XXXXXX", link[PATH_MAX], want[PATH_MAX],
         got[PATH_MAX];
    assert_non_null(mkdtemp(folder));
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        bool absolute = *cases[c].found == '/';
        snprintf(link, sizeof link, "%s/%s", folder, cases[c].name);
        assert_int_equal(symlink(cases[c].target, link), 0);
        snprintf(want, sizeof want, "%s%s%s", absolute ? "" : folder, absolute ? "" : "/",
                 cases[c].found);
        assert_ok(file_resolve(link, got));
        assert_string_equal(got, want);
        strcat(want, ".lock");
        assert_ok(file_beside(link, ".lock", got, sizeof got));
        assert_string_equal(got, want);
        assert_int_equal(file_beside(link, ".lock", got, strlen(want)), ERROR_INPUT);
    }
    snprintf(link, sizeof link, "%s/circle", folder);
    assert_int_equal(symlink("circle", link), 0);
    assert_int_equal(file_resolve(link, got), ERROR_INPUT);
    unlink(link);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        snprintf(link, sizeof link, "%s/%s", folder, cases[c].name);
        unlink(link);
    }
    assert_int_equal(rmdir(folder), 0);
    assert_ok(file_resolve("plain.h5", got));
    assert_string_equal(got, "plain.h5");
}

static void test_arena(void **state) {
    (void)state;
    struct arena arena = {0};
    assert_null(arena_take(&arena, 3, 8));
    assert_null(arena_take(&arena, 100, 1));
    assert_int_equal(arena.used, 64 + 128);
    assert_ok(arena_reserve(&arena));
    double *first = arena_take(&arena, 3, 8);
    char *second = arena_take(&arena, 100, 1);
    assert_int_equal((uintptr_t)first % MEMORY_ALIGNMENT, 0);
    assert_true((char *)first + 64 == second);
    assert_true(first[2] == 0.0 && second[99] == 0);
    assert_null(arena_take(&arena, 1, 1));
    arena_release(&arena);

    assert_null(arena_take(&arena, SIZE_MAX / 4, 8));
    assert_int_equal(arena_reserve(&arena), ERROR_SYSTEM);
    arena_release(&arena);
}

static void test_hash(void **state) {
    (void)state;
    struct hash *hash = NULL;
    char text[HASH_TEXT + 1];
    assert_ok(hash_create(&hash));
    hash_update(hash, "ab", 2);
    hash_update(hash, "c", 1);
    assert_true(hash_value(hash) == hash_block("abc", 3));
    hash_format(hash_value(hash), text);
    assert_string_equal(text, "78af5f94892f3950"); /* XXH3 of "abc" */
    hash_reset(hash);
    assert_true(hash_value(hash) == hash_block("", 0));
    hash_destroy(&hash);
    assert_null(hash);
}

/* Elements do not depend on how many are asked for; other keys give other numbers. */
static void test_random(void **state) {
    (void)state;
    enum { COUNT = 20001 };
    static double long_row[COUNT], other[COUNT];
    double short_row[7];
    struct random_key key = {
        .seed = 5, .classes = 10, .depth = 4, .width = 30, .samples = 1};
    random_normal(&key, 2, long_row, COUNT);
    random_normal(&key, 2, short_row, 7);
    assert_memory_equal(long_row, short_row, sizeof short_row);

    double sum = 0, square = 0, fourth = 0, product = 0;
    random_normal(&key, 3, other, COUNT);
    for (int i = 0; i < COUNT; i++) {
        double x = long_row[i], power = x * x;
        sum += x;
        square += power;
        fourth += power * power;
        product += x * other[i];
    }
    assert_near(sum / COUNT, 0.0, 0.03);
    assert_near(square / COUNT, 1.0, 0.05);
    assert_near(fourth / COUNT, 3.0, 0.3);
    assert_near(product / COUNT, 0.0, 0.03);

    struct random_key changed[] = {key, key, key, key, key};
    changed[0].seed++;
    changed[1].classes++;
    changed[2].depth++;
    changed[3].width++;
    changed[4].samples++;
    for (int i = 0; i < 5; i++) {
        random_normal(&changed[i], 2, short_row, 7);
        assert_true(short_row[0] != long_row[0]);
    }
}

static void test_words(void **state) {
    (void)state;
    assert_int_equal(text_distance("depth", "depth"), 0);
    assert_int_equal(text_distance("dpeth", "depth"), 1);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("lamda", "lambda"), 1);
    assert_true(text_is_near("lamda", "lambda"));
    assert_true(text_is_near("learning-rate", "learning_rate"));
    assert_false(text_is_near("colour", "depth"));
    assert_false(text_is_near("x", "depth"));
}

static void test_clock(void **state) {
    (void)state;
    char text[32];
    struct {
        double seconds;
        const char *want;
    } cases[] = {{0.0123, "0.012 s"}, {3.21, "3.2 s"},     {250, "4 min 10 s"},
                 {7500, "2 h 5 min"}, {273600, "3 d 4 h"}, {NAN, "unknown"}};
    for (int i = 0; i < 6; i++) {
        clock_format(cases[i].seconds, text, sizeof text);
        assert_string_equal(text, cases[i].want);
    }
    clock_timestamp(text, sizeof text);
    assert_int_equal(strlen(text), 20);
    double before = clock_seconds();
    clock_sleep(0.01);
    assert_true(clock_seconds() - before >= 0.009);
}

static const struct command command = {"try", "Try", "FILE", NULL, NULL};

struct values {
    bool json;
    const char *out;
    int count;
    double real;
    struct option_reals reals;
};

static enum error parse(char **argv, struct values *values, int *found) {
    const char *positional[2];
    bool helped;
    int argc = 0;
    const struct option_row rows[] = {
        {"json", 0, OPTION_FLAG, &values->json, NULL, ""},
        {"out", 'o', OPTION_TEXT, &values->out, "FILE", ""},
        {"count", 0, OPTION_INTEGER, &values->count, "N", ""},
        {"real", 0, OPTION_REAL, &values->real, "X", ""},
        {"reals", 0, OPTION_REALS, &values->reals, "X,..", ""},
    };
    while (argv[argc] != NULL)
        argc++;
    const struct option_set set = {&command, rows, 5};
    return option_parse(&set, argc, argv, positional, 1, found, &helped);
}

static void test_options(void **state) {
    (void)state;
    char *argv[] = {"try",    "--json", "a",       "-o",       "x", "--count=7",
                    "--real", "-2.5",   "--reals", "1,2e-3,4", NULL};
    struct values values = {0};
    int found;
    assert_ok(parse(argv, &values, &found));
    assert_int_equal(found, 1);
    assert_true(values.json);
    assert_string_equal(values.out, "x");
    assert_int_equal(values.count, 7);
    assert_near(values.real, -2.5, 0);
    assert_int_equal(values.reals.count, 3);
    assert_near(values.reals.values[1], 2e-3, 0);
}

static void test_bad_options(void **state) {
    (void)state;
    struct {
        char *argv[4];
        const char *message;
    } cases[] = {
        {{"try", "--jsno"}, "did you mean --json?"},
        {{"try", "--frobnicate"}, "see 'dufm try --help'"},
        {{"try", "-x"}, "no option -x"},
        {{"try", "--json=1"}, "takes no value"},
        {{"try", "-o"}, "needs a value"},
        {{"try", "--count", "1.5"}, "whole number"},
        {{"try", "--count", "99999999999"}, "whole number"},
        {{"try", "--real", "abc"}, "takes a number"},
        {{"try", "--real", "1x"}, "takes a number"},
        {{"try", "--real", "nan"}, "takes a number"},
        {{"try", "--reals", "1;2"}, "commas"},
        {{"try", "--reals", "1,"}, "takes a number"},
        {{"try", "a", "b"}, "one argument too many: 'b'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct values values = {0};
        int found;
        assert_int_equal(parse(cases[i].argv, &values, &found), ERROR_USAGE);
        if (strstr(error_message(), cases[i].message) == NULL)
            fail_msg("case %zu: %s", i, error_message());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error),       cmocka_unit_test(test_links),
        cmocka_unit_test(test_arena),       cmocka_unit_test(test_hash),
        cmocka_unit_test(test_random),      cmocka_unit_test(test_words),
        cmocka_unit_test(test_clock),       cmocka_unit_test(test_options),
        cmocka_unit_test(test_bad_options),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

/* What progress says, and when. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "dufm/progress.h"

static void test_tally(void **state) {
    (void)state;
    static const struct {
        const char *what, *expected;
        struct tally tally;
    } cases[] = {
        {"nothing", "", {0}},
        {"one kind", "3 dnc", {.done = 3, .outcomes[OUTCOME_DNC] = 3}},
        {"most frequent first",
         "5 srg, 2 trivial, 1 dnc",
         {.outcomes = {[OUTCOME_DNC] = 1, [OUTCOME_SRG] = 5, [OUTCOME_TRIVIAL] = 2}}},
        {"ties in the order of the codes",
         "2 trivial, 2 dnc, 2 other",
         {.outcomes = {[OUTCOME_OTHER] = 2, [OUTCOME_DNC] = 2, [OUTCOME_TRIVIAL] = 2}}},
        {"failures last",
         "1 clique, 7 failed",
         {.failed = 7, .outcomes[OUTCOME_CLIQUE] = 1}},
        {"only failures", "7 failed", {.failed = 7}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char text[256];
        progress_format_tally(&cases[c].tally, text, sizeof text);
        if (strcmp(text, cases[c].expected) != 0)
            fail_msg("%s: '%s', expected '%s'", cases[c].what, text, cases[c].expected);
    }
}

static void test_line(void **state) {
    (void)state;
    static const struct {
        const char *expected;
        struct progress_facts facts;
    } cases[] = {
        {"0 of 400 points (0 %)", {.total = 400, .left.seconds = -1}},
        {"100 of 400 points (25 %)",
         {.total = 400, .before = 100, .elapsed = 9, .left.seconds = -1}},
        {"150 of 400 points (37 %), 12.5/s; 50 dnc",
         {.total = 400,
          .before = 100,
          .tally = {.done = 50, .outcomes[OUTCOME_DNC] = 50},
          .elapsed = 4,
          .left.seconds = -1}},
        {"3 of 10 points (30 %), 6/min; 3 failed",
         {.total = 10, .tally = {.failed = 3}, .elapsed = 30, .left.seconds = -1}},
        {"1 of 10 points (10 %), 2/h; 1 failed",
         {.total = 10, .tally = {.failed = 1}, .elapsed = 1800, .left.seconds = -1}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char text[256];
        progress_format(&cases[c].facts, text, sizeof text);
        assert_string_equal(text, cases[c].expected);
    }
}

/* The time left in the unit that suits it, and where it will lie. */
static void test_time_left(void **state) {
    (void)state;
    static const struct {
        const char *expected;
        struct policy_estimate left;
    } cases[] = {
        {"0 s left", {0, 0, 0}},
        {"0.3 s left", {0.3, NAN, NAN}},
        {"22 s left (19 to 26)", {22, 19, 26}},
        {"9.5 s left (8 to 11)", {9.5, 8, 11.2}},
        {"12 min left (9 to 17)", {720, 540, 1020}},
        {"60 s left (60 to 61)", {60.2, 59.9, 60.8}},
        {"22 s left", {22.1, 21.9, 22.2}},
        {"2.5 h left (1.2 to 5)", {9000, 4320, 18000}},
        {"3 d left (2.5 to 140)", {259200, 216000, 12096000}},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        char text[256];
        progress_format_left(&cases[c].left, " left", text, sizeof text);
        assert_string_equal(text, cases[c].expected);
    }
}

static void test_line_is_cut_where_it_does_not_fit(void **state) {
    (void)state;
    struct progress_facts facts = {.total = 400, .left = {100, NAN, NAN}};
    char text[16];
    progress_format(&facts, text, sizeof text);
    assert_int_equal(strlen(text), sizeof text - 1);
    assert_memory_equal(text, "0 of 400 points (0 %)", sizeof text - 1);
}

/* Times of the lines of a log within five minutes, looked for every tenth of a second. */
static void test_lines_come_at_growing_intervals(void **state) {
    (void)state;
    char *log = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&log, &size);
    struct progress progress;
    struct progress_facts facts = {.total = 10, .left.seconds = -1};
    const double expected[] = {2, 6, 14, 30, 62, 122, 182, 242};
    size_t lines = 0;
    progress_begin(&progress, PROGRESS_LINES, stream, 0);
    for (int tenth = 0; tenth < 3000; tenth++) {
        double now = tenth / 10.0;
        if (!progress_due(&progress, now)) continue;
        assert_true(lines < sizeof expected / sizeof *expected);
        assert_float_equal(now, expected[lines++], 0.5);
        progress_show(&progress, &facts, now);
    }
    fclose(stream);
    assert_int_equal(lines, sizeof expected / sizeof *expected);
    assert_memory_equal(log, "dufm: 0 of 10 points (0 %)\n", 27);
    free(log);
}

static void test_bar(void **state) {
    (void)state;
    char *log = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&log, &size);
    struct progress progress;
    struct progress_facts facts = {.total = 10, .before = 5, .left.seconds = -1};
    int drawn = 0;
    progress_begin(&progress, PROGRESS_BAR, stream, 0);
    progress_clear(&progress); /* nothing stands there yet */
    assert_int_equal(ftell(stream), 0);
    for (int millisecond = 0; millisecond < 1001; millisecond++) {
        double now = millisecond / 1000.0;
        if (!progress_due(&progress, now)) continue;
        progress_show(&progress, &facts, now);
        drawn++;
    }
    progress_clear(&progress);
    fclose(stream);
    assert_in_range(drawn, 4, 5);
    const char *bar = "\r[##########..........] 5 of 10 points (50 %)\033[K";
    assert_memory_equal(log, bar, strlen(bar));
    assert_string_equal(log + size - 4, "\r\033[K");
    free(log);
}

static void test_off(void **state) {
    (void)state;
    struct progress progress;
    progress_begin(&progress, PROGRESS_OFF, stderr, 0);
    assert_false(progress_due(&progress, 1e9));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tally),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_time_left),
        cmocka_unit_test(test_line_is_cut_where_it_does_not_fit),
        cmocka_unit_test(test_lines_come_at_growing_intervals),
        cmocka_unit_test(test_bar),
        cmocka_unit_test(test_off),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}

/* Times as squeue writes them; names that are no job of Slurm. */
#include "unit.h"

#include <stdlib.h>

#include "dufm/job.h"

static void test_seconds(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {
        {"0:00", 0},        {"1:05", 65},          {"59:59", 3599},
        {"1:00:00", 3600},  {"1-00:00:00", 86400}, {"2-03:04:05", 183845},
        {"UNLIMITED", NAN}, {"NOT_SET", NAN},      {"INVALID", NAN},
        {"", NAN},          {"12", NAN},           {"1:2x", NAN},
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        double seconds = job_seconds(cases[c].text);
        if (isnan(cases[c].seconds) ? !isnan(seconds) : seconds != cases[c].seconds)
            fail_msg("'%s' gave %g", cases[c].text, seconds);
    }
}

static void test_no_job_of_slurm(void **state) {
    (void)state;
    static const char *const names[] = {"",       "slurm",      "slurm ",  "slurm x",
                                        "pbs 12", "slurm 12 3", "slurm -1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct job job;
        job_ask(names[i], &job);
        assert_string_equal(job.id, "");
        assert_true(isnan(job.seconds_left));
        assert_false(job_runs(&job) || job_waits(&job));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds),
        cmocka_unit_test(test_no_job_of_slurm),
    };
    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}

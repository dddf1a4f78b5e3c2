/* What every unit test includes: cmocka in the order it demands, and a few helpers. */
#ifndef DUFM_TEST_UNIT_H
#define DUFM_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka last: it needs the four above. */
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "dufm/error.h"

/* The call succeeds, or its message is shown. */
#define assert_ok(call)                                                                  \
    do {                                                                                 \
        if ((call) != ERROR_NONE) fail_msg("%s: %s", #call, error_message());            \
    } while (0)

/* |got - want| <= bound, both shown when not. */
#define assert_near(got, want, bound)                                                    \
    do {                                                                                 \
        double got_ = (got), want_ = (want);                                             \
        if (!(fabs(got_ - want_) <= (bound)))                                            \
            fail_msg("%s = %.17g, expected %.17g within %g", #got, got_, want_,          \
                     (double)(bound));                                                   \
    } while (0)

/* A bool, where isnan may be any int. */
static inline bool is_nan(double x) {
    return x != x;
}

static inline void assert_close(double got, double expected, double relative) {
    if (!(fabs(got - expected) <= relative * fabs(expected)))
        fail_msg("%.17g is not %.17g", got, expected);
}

#endif

/* Numbers and booleans of a sweep file, read strictly: what YAML 1.1 would have taken for
 * an octal, a boolean or a time is refused, not guessed. */
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

enum { NUMBER_BYTES = 64 };

static const double exact_max = 9007199254740992.0; /* 2^53 */

static size_t digits(const char *text) {
    return strspn(text, "0123456789");
}

/* Whether `text` is [+-] digits [. digits] [e [+-] digits] with no zero before other
 * digits; *fraction: with a point; *exponent: with an exponent. */
static bool is_decimal(const char *text, bool *fraction, bool *exponent) {
    if (*text == '+' || *text == '-') text++;
    size_t whole = digits(text);
    if (whole > 1 && *text == '0') return false;
    text += whole;
    *fraction = *text == '.';
    if (*fraction) {
        size_t after = digits(++text);
        if (whole + after == 0) return false;
        text += after;
    } else if (whole == 0) {
        return false;
    }
    *exponent = *text == 'e' || *text == 'E';
    if (*exponent) {
        text++;
        if (*text == '+' || *text == '-') text++;
        if (digits(text) == 0) return false;
        text += digits(text);
    }
    return *text == '\0';
}

static bool names_infinity_or_nan(const char *text) {
    static const char *const names[] = {"nan", "inf", "infinity"};
    text += strspn(text, "+-.");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(text, names[i]) == 0) return true;
    return false;
}

/* A finite double from the text of a plain scalar. */
static enum error parse(const struct spec *spec, struct fy_node *node,
                        const char *expected, double *out, bool *fraction) {
    char text[NUMBER_BYTES], shown[SPEC_SHOWN];
    bool plain = false, exponent = false;
    bool short_enough = spec_scalar(node, text, sizeof text, &plain);
    if (short_enough && plain && names_infinity_or_nan(text))
        return spec_fail(spec, node, "%s is not finite\nexpected %s",
                         spec_show(node, shown), expected);
    if (!short_enough || !plain || !is_decimal(text, fraction, &exponent))
        return spec_fail(
            spec, node, "%s is not a number%s\nexpected %s", spec_show(node, shown),
            short_enough && !plain ? ", because of its quotes" : "", expected);
    *fraction = *fraction && !exponent;
    errno = 0;
    *out = strtod(text, NULL) + 0.0; /* -0 becomes 0 */
    if (errno == ERANGE)
        return spec_fail(spec, node, "%s is too %s for a double\nexpected %s",
                         spec_show(node, shown), fabs(*out) > 1 ? "large" : "small",
                         expected);
    return ERROR_NONE;
}

enum error spec_real(const struct spec *spec, struct fy_node *node, double *out) {
    bool fraction;
    return parse(spec, node, "a number such as 0.004 or 4e-3", out, &fraction);
}

enum error spec_integer(const struct spec *spec, struct fy_node *node, double *out) {
    static const char expected[] = "a whole number such as 12 or 1e3";
    bool fraction = false;
    TRY(parse(spec, node, expected, out, &fraction));
    char shown[SPEC_SHOWN];
    if (fraction || *out != floor(*out))
        return spec_fail(spec, node, "%s is not a whole number\nexpected %s",
                         spec_show(node, shown), expected);
    if (fabs(*out) > exact_max)
        return spec_fail(spec, node, "%s is too large\nexpected %s up to 2^53",
                         spec_show(node, shown), expected);
    return ERROR_NONE;
}

enum error spec_boolean(const struct spec *spec, struct fy_node *node, bool *out) {
    char text[NUMBER_BYTES], shown[SPEC_SHOWN];
    bool plain = false;
    bool fits = spec_scalar(node, text, sizeof text, &plain) && plain;
    *out = fits && strcmp(text, "true") == 0;
    if (*out || (fits && strcmp(text, "false") == 0)) return ERROR_NONE;
    return spec_fail(spec, node, "%s is neither true nor false\nexpected true or false",
                     spec_show(node, shown));
}

enum error spec_check(const struct spec *spec, struct fy_node *at,
                      const struct parameter *parameter, double value) {
    double least = parameter->minimum, most = parameter->maximum;
    bool low = parameter->above_minimum ? !(value > least) : !(value >= least);
    if (!low && value <= most) return ERROR_NONE;
    return spec_fail(spec, at, "%s is %.12g\nexpected %s %.12g and at most %.12g",
                     parameter->name, value,
                     parameter->above_minimum ? "more than" : "at least", least, most);
}

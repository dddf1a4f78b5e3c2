#include "dufm/log.h"

#include <stdarg.h>
#include <stdio.h>

static bool info_enabled = true;

void log_enable_info(bool enabled) {
    info_enabled = enabled;
}

/* One write a line, so that lines of several ranks do not mix. */
__attribute__((format(printf, 2, 0))) static void
print(const char *label, const char *format, va_list arguments) {
    char line[4096];
    int used = snprintf(line, sizeof line, "dufm: %s", label);
    if (used < 0) return;
    vsnprintf(line + used, sizeof line - (size_t)used, format, arguments);
    fprintf(stderr, "%s\n", line);
}

void log_info(const char *format, ...) {
    if (!info_enabled) return;
    va_list arguments;
    va_start(arguments, format);
    print("", format, arguments);
    va_end(arguments);
}

void log_warning(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    print("warning: ", format, arguments);
    va_end(arguments);
}

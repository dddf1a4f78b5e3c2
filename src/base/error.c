#include "dufm/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLACE_SIZE = 256 };

static _Thread_local char message[ERROR_MESSAGE_SIZE];
static _Thread_local char place[PLACE_SIZE];

enum error error_raise(enum error code, const char *file, int line, const char *format,
                       ...) {
    /* Built apart, so that the arguments may include error_message() itself. */
    char text[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(message, text, sizeof message);
    snprintf(place, sizeof place, "%s:%d", file, line);
    return code;
}

enum error error_prefix(enum error code, const char *format, ...) {
    char cause[ERROR_MESSAGE_SIZE];
    memcpy(cause, message, sizeof cause);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    strncat(message, ": ", sizeof message - strlen(message) - 1);
    strncat(message, cause, sizeof message - strlen(message) - 1);
    return code;
}

const char *error_message(void) {
    return message;
}

const char *error_place(void) {
    return place;
}

int error_exit_code(enum error code) {
    switch (code) {
    case ERROR_NONE:
        return EXIT_CODE_OK;
    case ERROR_USAGE:
    case ERROR_INPUT:
        return EXIT_CODE_USAGE;
    case ERROR_INTERRUPTED:
        return EXIT_CODE_UNFINISHED;
    default:
        return EXIT_CODE_ERROR;
    }
}

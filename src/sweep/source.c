/* The bytes of a sweep file: read whole, known to be text. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "spec.h"

/* Open a file that is not a folder. */
static enum error open_source(const char *path, FILE **out) {
    struct stat facts;
    if (stat(path, &facts) != 0)
        return RAISE(ERROR_INPUT, "%s: %s; expected a sweep file (YAML)", path,
                     strerror(errno));
    if (S_ISDIR(facts.st_mode))
        return RAISE(ERROR_INPUT, "%s is a folder; expected a sweep file (YAML)", path);
    *out = fopen(path, "rb");
    if (*out == NULL)
        return RAISE(ERROR_INPUT, "%s: cannot be read: %s; make it readable", path,
                     strerror(errno));
    return ERROR_NONE;
}

/* Pipes have no size beforehand: the buffer grows until the end or the limit. */
static enum error read_all(const char *path, FILE *file, char **text, size_t *bytes) {
    size_t room = 1 << 16;
    *bytes = 0;
    *text = NULL;
    for (;;) {
        char *larger = realloc(*text, room + 1);
        if (larger == NULL)
            return RAISE(ERROR_SYSTEM, "no memory for the text of %s", path);
        *text = larger;
        *bytes += fread(*text + *bytes, 1, room - *bytes, file);
        if (ferror(file))
            return RAISE(ERROR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
        if (*bytes > SPEC_BYTES_MAX)
            return RAISE(ERROR_INPUT, "%s is larger than %d MiB; expected a sweep file",
                         path, SPEC_BYTES_MAX >> 20);
        if (*bytes < room) break;
        room *= 2;
    }
    (*text)[*bytes] = '\0';
    return ERROR_NONE;
}

enum error spec_source_read(const char *path, char **text, size_t *bytes) {
    FILE *file = NULL;
    TRY(open_source(path, &file));
    enum error error = read_all(path, file, text, bytes);
    fclose(file); /* only read: nothing can be lost */
    if (error != ERROR_NONE) {
        free(*text);
        *text = NULL;
    }
    return error;
}

/* Bytes of the UTF-8 character at `at`, 0 where there is none (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF), nor at a zero byte. */
static size_t character_length(const unsigned char *at, size_t left) {
    if (at[0] < 0x80) return at[0] != 0;
    size_t length = at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if (at[0] < 0xC2 || at[0] > 0xF4 || length > left) return 0;
    unsigned least = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
    unsigned most = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < least || at[1] > most) return 0;
    for (size_t i = 2; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return length;
}

enum error spec_source_check(const struct spec *spec) {
    if (spec->bytes > SPEC_BYTES_MAX)
        return RAISE(ERROR_INPUT, "%s is larger than %d MiB; expected a sweep file",
                     spec->path, SPEC_BYTES_MAX >> 20);
    struct spec_place place = {.line = 1, .column = 1};
    for (size_t at = 0; at < spec->bytes;) {
        const unsigned char *byte = (const unsigned char *)spec->text + at;
        size_t length = character_length(byte, spec->bytes - at);
        if (length == 0)
            return RAISE(ERROR_INPUT,
                         "%s:%d:%d: byte 0x%02x is not text\nexpected a sweep file: YAML "
                         "in UTF-8",
                         spec->path, place.line, place.column, *byte);
        place.column++;
        if (*byte == '\n') place = (struct spec_place){place.line + 1, 1};
        at += length;
    }
    return ERROR_NONE;
}

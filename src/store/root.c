#include "root.h"

#include <stdio.h>
#include <stdlib.h>

#include "dufm/clock.h"

static enum error write_history(hid_t file, const struct deed *deed) {
    char now[32], *text;
    clock_timestamp(now, sizeof now);
    if (asprintf(&text, "%s%s%s: %s by dufm %s on %s", deed->past ? deed->past : "",
                 deed->past ? "\n" : "", now, deed->text, deed->launch->revision,
                 deed->launch->host) < 0)
        return RAISE(ERROR_SYSTEM, "no memory for the history of a file");
    enum error error = hdf_write_text(file, ATTRIBUTE_HISTORY, text);
    free(text);
    return error;
}

static enum error write_common(hid_t file, const char *title, const struct deed *deed) {
    char line[256];
    int version = SCHEMA_VERSION;
    TRY(hdf_write_text(file, "Conventions", "CF-1.8"));
    TRY(hdf_write_text(file, "title", title));
    snprintf(line, sizeof line, "dufm %s", deed->launch->revision);
    TRY(hdf_write_text(file, "source", line));
    TRY(write_history(file, deed));
    TRY(hdf_write_text(file, ATTRIBUTE_PROGRAM, PROGRAM_NAME));
    return hdf_write_cells(file, ATTRIBUTE_VERSION, CELL_INTEGER, 1, &version);
}

enum error root_write_measured(hid_t file, const struct measured_root *root,
                               const struct deed *deed) {
    TRY(write_common(file, root->title, deed));
    return hdf_write_text(file, ATTRIBUTE_GIVEN, root->given);
}

enum error root_write(hid_t file, const struct sweep *sweep, const struct deed *deed) {
    char *canonical;
    TRY(write_common(file, sweep->name, deed));
    TRY(hdf_write_text(file, ATTRIBUTE_TEXT, sweep->text));
    TRY(sweep_canonical(sweep, &canonical));
    enum error error = hdf_write_text(file, ATTRIBUTE_CANONICAL, canonical);
    free(canonical);
    return error;
}

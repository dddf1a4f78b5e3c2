#include "measured_status.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "dufm/launch.h"
#include "dufm/reader.h"

static enum error print_text(struct reader *reader, const char *path, const char *name) {
    struct launch launch;
    unsigned long long rows = reader_count(reader);
    TRY(reader_launch(reader, 0, &launch));
    printf("%s: %s, measured features of %llu file%s\n", path, name, rows,
           rows == 1 ? "" : "s");
    printf("  %-13s%zu\n", "layers", reader_cells(reader, "layer_width"));
    printf("  %-13sfinished\n", "state");
    printf("  %-13s%s on %s (%s); %s\n", "measured", launch.start, launch.host,
           launch.cpu, launch.revision);
    return ERROR_NONE;
}

static enum error print_json(struct reader *reader, const char *path, const char *name) {
    json_int_t rows = (json_int_t)reader_count(reader);
    json_t *root =
        json_pack("{s:s, s:s, s:I, s:{s:I}, s:s, s:i}", "file", path, "name", name,
                  "points", rows, "status", "done", rows, "state", "finished", "layers",
                  (int)reader_cells(reader, "layer_width"));
    if (root == NULL)
        return RAISE(ERROR_SYSTEM, "cannot put the status into JSON: out of memory, or "
                                   "the path is not valid UTF-8");
    int failed = json_dumpf(root, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;
    json_decref(root);
    return failed ? RAISE(ERROR_SYSTEM, "cannot write to the standard output")
                  : ERROR_NONE;
}

static enum error print(struct reader *reader, const char *path, bool json) {
    char *name;
    TRY(reader_text(reader, "title", &name));
    enum error error =
        json ? print_json(reader, path, name) : print_text(reader, path, name);
    free(name);
    return error;
}

enum error measured_status_show(const char *path, bool json, bool *is_one) {
    struct reader *reader;
    TRY(reader_open(path, &reader));
    *is_one = reader_is_measured(reader);
    enum error error = *is_one ? print(reader, path, json) : ERROR_NONE;
    reader_close(&reader);
    return error;
}

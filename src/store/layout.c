#include "layout.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dufm/hash.h"
#include "rawfile.h"

const char *const layout_magic = "dufm layout table\n";

enum { NUMBER = 20 };

static void print_number(FILE *out, const char *key, const char *name, uint64_t value) {
    fprintf(out, "%s%s%s %*" PRIu64 "\n", key, *name ? " " : "", name, NUMBER, value);
}

static void print_hash(FILE *out, const char *key, uint64_t value) {
    char text[HASH_TEXT + 1];
    hash_format(value, text);
    fprintf(out, "%s %*s\n", key, NUMBER, text);
}

/* A variable of files of these lengths; the table's own length may not be known yet. */
static bool is_listed(const struct variable *variable, const struct lengths *lengths) {
    return variable->source == SOURCE_LAYOUT || variable_exists(variable, lengths);
}

/* All of the table but the checksum. */
static void print_facts(FILE *out, const struct layout *layout, const char *text) {
    const struct schema *schema = schema_get();
    fputs(layout_magic, out);
    print_number(out, "schema", "", (uint64_t)layout->lengths.version);
    print_number(out, "bytes", "", layout->lengths.of[DIMENSION_LAYOUT]);
    print_number(out, "file", "", layout->file_bytes);
    print_hash(out, "structure", layout->structure);
    for (int d = DIMENSION_CONFIG; d < DIMENSION_FEATURE_ROW; d++)
        print_number(out, "length", dimension_names[d], layout->lengths.of[d]);
    for (int i = 0; i < schema->count; i++)
        if (is_listed(&schema->variables[i], &layout->lengths))
            print_number(out, "variable", schema->variables[i].name, layout->offset[i]);
    print_number(out, "sweep", "", strlen(text));
    fprintf(out, "%s\n", text);
}

/* The whole table; *out is owned by the caller (free). */
static enum error print(const struct layout *layout, const char *text, char **out,
                        size_t *bytes) {
    *out = NULL;
    FILE *stream = open_memstream(out, bytes);
    if (!stream) return RAISE(ERROR_SYSTEM, "no memory for the layout of a file");
    print_facts(stream, layout, text);
    bool failed = fflush(stream) != 0;
    if (!failed) print_hash(stream, "checksum", hash_block(*out, *bytes));
    failed |= ferror(stream) != 0;
    if (fclose(stream) == 0 && !failed) return ERROR_NONE;
    free(*out);
    *out = NULL;
    return RAISE(ERROR_SYSTEM, "no memory for the layout of a file");
}

uint64_t layout_bytes(const struct lengths *lengths, const char *sweep_text) {
    struct layout layout = {.lengths = *lengths};
    char *table;
    size_t bytes;
    if (print(&layout, sweep_text, &table, &bytes)) return 0;
    free(table);
    return bytes;
}

void layout_release(struct layout *layout) {
    free(layout->text);
    *layout = (struct layout){0};
}

/* ---- reading ---- */

/* "key name <number>" at *line, which moves behind it. */
static bool take_line(const char **line, const char *key, const char *name, int base,
                      uint64_t *value) {
    char start[96];
    int length = snprintf(start, sizeof start, "%s%s%s ", key, *name ? " " : "", name);
    if (strncmp(*line, start, (size_t)length) != 0) return false;
    char *end;
    *value = strtoull(*line + length, &end, base);
    if (*end != '\n') return false;
    *line = end + 1;
    return true;
}

static bool take_number(const char **line, const char *key, const char *name,
                        uint64_t *value) {
    return take_line(line, key, name, 10, value);
}

static bool take_lengths(const char **line, struct layout *out, int version) {
    out->lengths.version = version;
    for (int d = DIMENSION_CONFIG; d < DIMENSION_FEATURE_ROW; d++)
        if (!take_number(line, "length", dimension_names[d], &out->lengths.of[d]) ||
            out->lengths.of[d] > INT32_MAX)
            return false;
    out->lengths.of[DIMENSION_FEATURE_ROW] = out->lengths.of[DIMENSION_ROW];
    return out->lengths.of[DIMENSION_CONFIG] > 0 &&
           out->lengths.of[DIMENSION_LAUNCH] == LAUNCH_ROWS;
}

/* Whether the values lie within the file that was sealed. */
static bool lies_inside(const struct variable *variable, const struct layout *layout,
                        uint64_t offset) {
    uint64_t bytes = cell_bytes(variable->cell);
    for (const enum dimension *d = variable->dimensions; *d != DIMENSION_NONE; d++)
        if (__builtin_mul_overflow(bytes, layout->lengths.of[*d], &bytes)) return false;
    return bytes <= layout->file_bytes && offset <= layout->file_bytes - bytes;
}

static bool take_offsets(const char **line, struct layout *out) {
    const struct schema *schema = schema_get();
    for (int i = 0; i < schema->count; i++) {
        const struct variable *variable = &schema->variables[i];
        if (!is_listed(variable, &out->lengths)) continue;
        if (!take_number(line, "variable", variable->name, &out->offset[i]) ||
            !lies_inside(variable, out, out->offset[i]))
            return false;
    }
    return true;
}

/* Read the lines of a table whose checksum is right, as this program wrote them. */
static bool take_table(const char *line, const char *end, struct layout *out) {
    uint64_t version, bytes, length;
    line += strlen(layout_magic);
    if (!take_number(&line, "schema", "", &version) || version < SCHEMA_OLDEST ||
        version > SCHEMA_VERSION || !take_number(&line, "bytes", "", &bytes) ||
        !take_number(&line, "file", "", &out->file_bytes) ||
        !take_line(&line, "structure", "", 16, &out->structure) ||
        !take_lengths(&line, out, (int)version) || !take_offsets(&line, out) ||
        !take_number(&line, "sweep", "", &length) || length > (uint64_t)(end - line))
        return false;
    out->text = strndup(line, length);
    return out->text != NULL;
}

size_t layout_stated_bytes(const char *data, size_t bytes) {
    char start[LAYOUT_START];
    uint64_t version, stated;
    size_t length = bytes < sizeof start - 1 ? bytes : sizeof start - 1;
    memcpy(start, data, length);
    start[length] = '\0';
    const char *line = start + strlen(layout_magic);
    if (length <= strlen(layout_magic) ||
        memcmp(data, layout_magic, strlen(layout_magic)) != 0 ||
        !take_number(&line, "schema", "", &version) ||
        !take_number(&line, "bytes", "", &stated) || stated > INT32_MAX)
        return 0;
    return (size_t)stated;
}

enum error layout_read(const char *data, size_t bytes, struct layout *out) {
    static const size_t last = sizeof "checksum " - 1 + NUMBER + 1;
    char *table;
    size_t stated = layout_stated_bytes(data, bytes);
    *out = (struct layout){0};
    if (stated <= last || stated > bytes)
        return RAISE(ERROR_STORE, "the layout table is cut off or damaged");
    if (!(table = strndup(data, stated)))
        return RAISE(ERROR_SYSTEM, "no memory for the layout of a file");
    const char *end = table + stated - last;
    uint64_t checksum;
    bool fine = strlen(table) == stated &&
                take_line(&end, "checksum", "", 16, &checksum) &&
                checksum == hash_block(table, stated - last) &&
                take_table(table, table + stated - last, out);
    free(table);
    if (fine) return ERROR_NONE;
    layout_release(out);
    return RAISE(ERROR_STORE,
                 "the layout table is damaged, or of another schema version than %d",
                 SCHEMA_VERSION);
}

/* ---- writing ---- */

static enum error seal(int fd, struct layout *layout, char **table, size_t *bytes) {
    TRY(layout_hash_structure(fd, layout, &layout->structure, &layout->file_bytes));
    TRY(print(layout, layout->text, table, bytes));
    if (*bytes != layout->lengths.of[DIMENSION_LAYOUT])
        return RAISE(ERROR_STORE, "the layout table has %zu bytes instead of %llu",
                     *bytes, (unsigned long long)layout->lengths.of[DIMENSION_LAYOUT]);
    return ERROR_NONE;
}

enum error layout_seal(const char *path, struct layout *layout) {
    int fd;
    char *table = NULL;
    size_t bytes = 0;
    TRY(rawfile_open(path, O_RDWR, &fd));
    enum error error = seal(fd, layout, &table, &bytes);
    const char *const places[] = {"layout", "layout_copy"};
    for (int i = 0; i < 2 && !error; i++)
        error = rawfile_write(fd, layout->offset[schema_find(places[i])], table, bytes);
    free(table);
    close(fd);
    return error;
}

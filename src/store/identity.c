#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinates.h"
#include "layout.h"
#include "probe.h"
#include "rawfile.h"
#include "root.h"

static enum error damaged(const char *path, enum error error) {
    char cause[1024];
    snprintf(cause, sizeof cause, "%s", error_message());
    return RAISE(error, "%s is damaged (%s): %s", path, cause, layout_remedy(path));
}

/* The same of a file that is open. Measured features have no rows that can be saved. */
static enum error damaged_within(const char *path, hid_t file, enum error error) {
    char cause[1024];
    if (!hdf_has(file, ATTRIBUTE_GIVEN)) return damaged(path, error);
    snprintf(cause, sizeof cause, "%s", error_message());
    return RAISE(error, "%s is damaged (%s): measure its files of features again", path,
                 cause);
}

/* Whether a file that HDF5 does not know as ours is so by its bytes. */
static bool has_layout(const char *path) {
    int fd;
    if (rawfile_open(path, O_RDONLY, &fd)) return false;
    bool found = layout_is_near(fd);
    close(fd);
    return found;
}

/* Not HDF5: a file of someone else's, or one of ours that lost its beginning. */
static enum error explain_beginning(const char *path) {
    if (!has_layout(path))
        return RAISE(ERROR_INPUT,
                     "%s is not an HDF5 file; choose a result file of dufm, or another "
                     "name for a new one",
                     path);
    RAISE(ERROR_STORE, "its beginning is not that of an HDF5 file");
    return damaged(path, ERROR_STORE);
}

/* HDF5, but without the marks of a result file. */
static enum error explain_foreign(const char *path) {
    if (!has_layout(path))
        return RAISE(ERROR_INPUT,
                     "%s is an HDF5 file, but not a result file of dufm; choose one, or "
                     "another name for a new one",
                     path);
    RAISE(ERROR_STORE, "its root does not say what it is");
    return damaged(path, ERROR_STORE);
}

/* HDF5 is asked only about files that begin as HDF5 does: its decoder is not proof
 * against arbitrary bytes. */
static enum error check_bytes(const char *path) {
    unsigned char start[RAWFILE_SIGNATURE] = {0};
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return RAISE(ERROR_INPUT,
                     "cannot open %s: %s; give a result file of dufm that you may read",
                     path, strerror(errno));
    ssize_t length = fstat(fd, &facts) ? -1 : 0;
    bool folder = length == 0 && S_ISDIR(facts.st_mode);
    if (length == 0 && !folder) length = pread(fd, start, sizeof start, 0);
    int code = errno;
    close(fd);
    if (folder)
        return RAISE(ERROR_INPUT, "%s is a folder, not a result file; name a file", path);
    if (length < 0) return RAISE(ERROR_INPUT, "cannot read %s: %s", path, strerror(code));
    return rawfile_is_hdf5(start) ? ERROR_NONE : explain_beginning(path);
}

static enum error check_program(hid_t file, const char *path) {
    char *program = NULL;
    bool ours = hdf_has(file, ATTRIBUTE_PROGRAM) && hdf_has(file, ATTRIBUTE_VERSION) &&
                !hdf_read_text(file, ATTRIBUTE_PROGRAM, &program) &&
                !strcmp(program, PROGRAM_NAME);
    free(program);
    if (!ours) return explain_foreign(path);
    int version;
    TRY(hdf_read_integer(file, ATTRIBUTE_VERSION, &version));
    if (version < SCHEMA_OLDEST || version > SCHEMA_VERSION)
        return RAISE(
            ERROR_INPUT,
            "%s has schema version %d, this program knows versions %d to %d: use "
            "the program that wrote it, or another file",
            path, version, SCHEMA_OLDEST, SCHEMA_VERSION);
    return ERROR_NONE;
}

static enum error decode(const char *path, struct table *table) {
    enum error error = hdf_open(path, HDF_SERIAL, false, &table->file);
    if (error) return damaged(path, error);
    error = check_program(table->file, path);
    if (!error && (error = table_open(table, NULL, false)))
        damaged_within(path, table->file, error);
    if (error) H5Fclose(table->file);
    return error;
}

/* Decode everything that is not a value. */
static enum error try_decoding(const char *path) {
    static const char *const texts[] = {ATTRIBUTE_TEXT, ATTRIBUTE_CANONICAL,
                                        ATTRIBUTE_HISTORY};
    struct table table;
    TRY(decode(path, &table));
    struct coordinates coordinates;
    enum error error = coordinates_open(&table, &coordinates);
    if (!error) coordinates_close(&coordinates);
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !error; i++) {
        if (table.lengths.measured && strcmp(texts[i], ATTRIBUTE_HISTORY) != 0) continue;
        char *text = NULL;
        error = hdf_read_text(table.file, texts[i], &text);
        free(text);
    }
    if (error) damaged_within(path, table.file, error);
    H5Fclose(table.file);
    return error;
}

enum error identity_open(const char *path, struct table *table) {
    hdf_start();
    TRY(check_bytes(path));
    TRY(probe_file(path, try_decoding));
    return decode(path, table);
}

enum error identity_current(const struct table *table, const char *path) {
    if (table->lengths.measured)
        return RAISE(ERROR_INPUT,
                     "%s holds measured features of networks ('dufm measure'), not the "
                     "points of a sweep; choose another file",
                     path);
    if (table->lengths.version == SCHEMA_VERSION) return ERROR_NONE;
    return RAISE(ERROR_INPUT,
                 "%s has schema version %d, which this program reads, but does not write "
                 "(it writes version %d): use the program that wrote it, or another file",
                 path, table->lengths.version, SCHEMA_VERSION);
}

enum error identity_difference(const struct table *table, const struct sweep *sweep,
                               char **difference) {
    char *stored = NULL, *wanted = NULL;
    enum error error;
    *difference = NULL;
    TRY_OR(cleanup, error, hdf_read_text(table->file, ATTRIBUTE_CANONICAL, &stored));
    TRY_OR(cleanup, error, sweep_canonical(sweep, &wanted));
    error = sweep_difference(stored, wanted, difference);
cleanup:
    free(wanted);
    free(stored);
    return error;
}

enum error identity_sweep(const struct table *table, const char *path,
                          struct sweep **out) {
    char *text;
    TRY(hdf_read_text(table->file, ATTRIBUTE_TEXT, &text));
    enum error error = sweep_parse(path, text, strlen(text), out);
    free(text);
    return error;
}

#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "create.h"

/* HDF5 is asked only about files that begin as HDF5 does: its decoder is not proof
 * against arbitrary bytes. */
static enum error check_bytes(const char *path) {
    static const unsigned char signature[8] = {0x89, 'H',  'D',  'F',
                                               '\r', '\n', 0x1a, '\n'};
    unsigned char start[8] = {0};
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return RAISE(ERROR_INPUT, "cannot open %s: %s", path, strerror(errno));
    ssize_t length = fstat(fd, &facts) ? -1 : 0;
    bool folder = length == 0 && S_ISDIR(facts.st_mode);
    if (length == 0 && !folder) length = pread(fd, start, sizeof start, 0);
    int code = errno;
    close(fd);
    if (folder) return RAISE(ERROR_INPUT, "%s is a folder, not a result file", path);
    if (length < 0) return RAISE(ERROR_INPUT, "cannot read %s: %s", path, strerror(code));
    if (memcmp(start, signature, sizeof signature))
        return RAISE(ERROR_INPUT, "%s is not an HDF5 file; choose another name", path);
    return ERROR_NONE;
}

static enum error check_program(hid_t file, const char *path) {
    char *program = NULL;
    bool ours = hdf_has(file, ATTRIBUTE_PROGRAM) && hdf_has(file, ATTRIBUTE_VERSION) &&
                !hdf_read_text(file, ATTRIBUTE_PROGRAM, &program) &&
                !strcmp(program, PROGRAM_NAME);
    free(program);
    if (!ours)
        return RAISE(ERROR_INPUT, "%s is an HDF5 file, but not a result file of dufm",
                     path);
    int version;
    TRY(hdf_read_integer(file, ATTRIBUTE_VERSION, &version));
    if (version != SCHEMA_VERSION)
        return RAISE(ERROR_INPUT,
                     "%s has schema version %d, this program knows version %d: use the "
                     "program that wrote it, or another file",
                     path, version, SCHEMA_VERSION);
    return ERROR_NONE;
}

enum error identity_open(const char *path, struct table *table) {
    hdf_start();
    TRY(check_bytes(path));
    enum error error = hdf_open(path, HDF_SERIAL, false, &table->file);
    if (error) return error_prefix(error, "%s is damaged", path);
    error = check_program(table->file, path);
    if (!error && (error = table_open(table, NULL, false)))
        error_prefix(error, "%s is damaged", path);
    if (error) H5Fclose(table->file);
    return error;
}

enum error identity_match(const struct table *table, const char *path,
                          const struct sweep *sweep) {
    char *stored = NULL, *wanted = NULL, *difference = NULL;
    enum error error;
    TRY_OR(cleanup, error, hdf_read_text(table->file, ATTRIBUTE_CANONICAL, &stored));
    TRY_OR(cleanup, error, sweep_canonical(sweep, &wanted));
    TRY_OR(cleanup, error, sweep_difference(stored, wanted, &difference));
    if (*difference)
        error = RAISE(ERROR_INPUT,
                      "%s holds another sweep; choose another file, or run the sweep it "
                      "was made for:\n%s",
                      path, difference);
cleanup:
    free(difference);
    free(wanted);
    free(stored);
    return error;
}

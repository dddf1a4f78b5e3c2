/* Result files: everything that is done with one, after patches to a good one.
 *
 * An input is a list of patches, so that inputs stay small and every place of the file is
 * as far away as any other:
 *
 *     byte 0         bit 0: HDF5 takes every checksum of its metadata for right;
 *                    the other bits: number of the base file
 *     then each      place (3 bytes), length - 1 (1 byte), the bytes
 *
 * A place counts the bytes of the base file that say something: zeros far from others are
 * left out. The last byte of a place above LAST cuts the file off there instead.
 *
 * FUZZ_BASES: the base files, separated by ':'. FUZZ_FOLDER: where the file is made.
 */
#include <fcntl.h>
#include <hdf5.h>
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/command.h"
#include "dufm/reader.h"
#include "dufm/survey.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
uint32_t H5_checksum_metadata(const void *data, size_t bytes, uint32_t start);
uint32_t H5_checksum_lookup3(const void *data, size_t bytes, uint32_t start);

enum { BASES_MAX = 8, NEAR = 32, ROWS_MAX = 64, LAST = 0xf8, HEADER = 4, USES = 7 };

struct base {
    uint8_t *data;
    size_t bytes;
    uint32_t *places; /* offsets of the bytes that say something */
    uint32_t count;
};

static struct base bases[BASES_MAX];
static int base_count;
static bool believes_checksums;
static int file = -1;
static char path[1024], saved[sizeof path];

/* In place of HDF5's own: right is what follows the bytes; but for blocks of heaps, where
 * it lies among them and has been taken away. Where such a block has lost its name, nothing
 * may follow it in memory. */
uint32_t H5_checksum_metadata(const void *data, size_t bytes, uint32_t start) {
    uint32_t stored;
    bool lies_within = bytes >= 4 && memcmp(data, "FHDB", 4) == 0;
    void *end = (uint8_t *)(uintptr_t)data + bytes;
    if (!believes_checksums || lies_within ||
        __asan_region_is_poisoned(end, sizeof stored))
        return H5_checksum_lookup3(data, bytes, start);
    memcpy(&stored, end, sizeof stored);
    return stored;
}

static void require(bool holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static bool says_something(const struct base *base, size_t at) {
    size_t first = at > NEAR ? at - NEAR : 0;
    for (size_t i = first; i < at + NEAR && i < base->bytes; i++)
        if (base->data[i]) return true;
    return false;
}

static void load(const char *name, struct base *base) {
    struct stat facts;
    int fd = open(name, O_RDONLY);
    require(fd >= 0 && !fstat(fd, &facts), "FUZZ_BASES names files");
    base->bytes = (size_t)facts.st_size;
    base->data = malloc(base->bytes);
    base->places = malloc(base->bytes * sizeof *base->places);
    require(base->data && base->places, "there is memory");
    require(read(fd, base->data, base->bytes) == facts.st_size, "the base is read");
    close(fd);
    for (size_t at = 0; at < base->bytes; at++)
        if (says_something(base, at)) base->places[base->count++] = (uint32_t)at;
}

static void load_bases(void) {
    char *names = getenv("FUZZ_BASES");
    require(names != NULL, "FUZZ_BASES is set");
    names = strdup(names);
    for (char *name = strtok(names, ":"); name && base_count < BASES_MAX;
         name = strtok(NULL, ":"))
        load(name, &bases[base_count++]);
    free(names);
}

static void remove_files(void) {
    unlink(path);
    unlink(saved);
}

/* HDF5 opens no file without a name. */
static void make_file(void) {
    const char *folder = getenv("FUZZ_FOLDER");
    require(folder != NULL, "FUZZ_FOLDER is set");
    snprintf(path, sizeof path, "%s/%d.h5", folder, (int)getpid());
    snprintf(saved, sizeof saved, "%s/%d-saved.h5", folder, (int)getpid());
    file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    require(file >= 0, "FUZZ_FOLDER is a folder");
    atexit(remove_files);
}

/* ---- an input becomes a file ---- */

static uint32_t place_of(const struct base *base, const uint8_t *patch) {
    uint32_t number = patch[0] | (uint32_t)patch[1] << 8 | (uint32_t)patch[2] << 16;
    return base->places[number % base->count];
}

static void write_file(const struct base *base) {
    require(!ftruncate(file, 0), "the file is emptied");
    require(pwrite(file, base->data, base->bytes, 0) == (ssize_t)base->bytes,
            "the base is written");
}

static void apply(const struct base *base, const uint8_t *data, size_t bytes) {
    for (size_t at = 0; at + HEADER < bytes;) {
        uint32_t place = place_of(base, data + at);
        size_t length = (size_t)data[at + 3] + 1;
        bool cuts = data[at + 2] > LAST;
        at += HEADER;
        if (length > bytes - at) length = bytes - at;
        if (length > base->bytes - place) length = base->bytes - place;
        if (cuts)
            require(!ftruncate(file, (off_t)place), "the file is cut");
        else
            require(pwrite(file, data + at, length, (off_t)place) == (ssize_t)length,
                    "a patch is written");
        at += length;
    }
}

/* ---- what is done with it ---- */

/* In one of the ways there are, by the kind of the variable. */
static void read_variable(struct reader *reader, const struct reader_variable *variable,
                          const struct reader_rows *rows, bool elements) {
    enum { TEXT = 32 };
    const size_t origin[READER_RANK_MAX] = {0};
    size_t cells = reader_cells(reader, variable->name);
    if (cells * rows->count > 1 << 16) return;
    void *values = calloc(rows->count * cells + TEXT * rows->count, sizeof(double));
    require(values != NULL, "there is memory");
    if (variable->kind == READER_TEXT)
        reader_strings(reader, variable->name, rows->first, rows->count, values, TEXT);
    else if (elements)
        reader_elements(reader, variable->name, origin, rows, values);
    else if (variable->kind == READER_REAL)
        reader_doubles(reader, variable->name, rows->first, rows->count, values);
    else
        reader_integers(reader, variable->name, rows->first, rows->count, values);
    free(values);
}

static void read_all(struct reader *reader, uint64_t rows, bool elements) {
    struct reader_variable variable;
    struct launch launch;
    int launches = reader_launch_count(reader);
    for (int at = 0; reader_next(reader, &at, &variable);)
        read_variable(reader, &variable, &(struct reader_rows){0, rows}, elements);
    for (int i = 0; i < launches && i < 4; i++)
        reader_launch(reader, i, &launch);
}

static void read_file(bool elements) {
    struct reader *reader;
    int8_t bad[ROWS_MAX];
    if (reader_open(path, &reader)) return;
    uint64_t count = reader_count(reader);
    if (count > ROWS_MAX) count = ROWS_MAX;
    read_all(reader, count, elements);
    if (!reader_verify_rows(reader, 0, count, bad))
        for (uint64_t i = 0; i < count; i++)
            require(bad[i] >= ROW_FINE && bad[i] < ROW_FAULTS, "a fault has a name");
    reader_close(&reader);
}

static void survey_file(void) {
    struct survey survey;
    char text[256];
    if (!survey_take(path, &survey) && survey.points > 0)
        survey_describe_row(survey.reader, survey.sweep, survey.points - 1, text,
                            sizeof text);
    survey_release(&survey);
}

/* As a command line would; messages of a refusal go to stderr as usual. */
static void command(const char *name, const char *option, const char *value) {
    static char words[4][sizeof path];
    char *arguments[] = {words[0], words[1], words[2], words[3], NULL};
    const char *given[] = {name, path, option, value};
    int count = 0;
    for (; count < 4 && given[count]; count++)
        snprintf(words[count], sizeof words[count], "%s", given[count]);
    arguments[count] = NULL;
    command_find(name)->run(count, arguments);
}

/* Objects and dataspaces that are open. */
static long long open_objects(void) {
    hsize_t spaces = 0;
    H5Inmembers(H5I_DATASPACE, &spaces);
    return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) + (long long)spaces;
}

/* Whatever is wrong, all that is opened is closed, but for what the first use keeps. */
static void require_closed(void) {
    static long long kept = -1;
    if (kept < 0) kept = open_objects();
    require(open_objects() == kept, "all that was opened is closed");
}

/* Everything with the library's own calls, and one of what else looks at a file. */
static void use_file(int choice) {
    read_file(choice < 2);
    if (choice == 0) survey_file();
    if (choice == 1) command("show", "--csv", NULL);
    if (choice == 2) command("show", "--by", "depth");
    if (choice == 3) command("show", "--sort", "-loss");
    if (choice == 4) command("status", "--json", NULL);
    if (choice == 5) command("verify", "--json", NULL);
    if (choice == 6) {
        command("salvage", "-o", saved);
        unlink(saved);
        command("compact", "-o", saved);
    }
    unlink(saved);
    require_closed();
    H5garbage_collect(); /* memory that HDF5 keeps for later would hide its wrong use */
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count;
    (void)arguments;
    load_bases();
    make_file();
    if (!freopen("/dev/null", "w", stdout)) return 1;
    write_file(&bases[0]);
    for (int choice = 0; choice < USES; choice++)
        use_file(choice);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    if (bytes == 0) return 0;
    const struct base *base = &bases[(data[0] >> 1) % base_count];
    write_file(base);
    apply(base, data + 1, bytes - 1);
    believes_checksums = data[0] & 1;
    use_file((int)(bytes % USES));
    return 0;
}

#include "dufm/faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/file.h"
#include "dufm/memory.h"

_Static_assert(sizeof(struct fault_record) == 32, "a record has no padding");

static const uint32_t record_magic = 0x746c6644; /* "Dflt" */

/* FNV-1a, since a handler of signals may call nothing that is resolved lazily. */
static uint64_t check_of(const struct fault_record *record) {
    const unsigned char *bytes = (const unsigned char *)record;
    uint64_t value = 0xcbf29ce484222325u;
    for (size_t i = 0; i < offsetof(struct fault_record, check); i++)
        value = (value ^ bytes[i]) * 0x100000001b3u;
    return value;
}

void fault_record_seal(struct fault_record *record) {
    record->magic = record_magic;
    record->check = check_of(record);
}

static bool is_sealed(const struct fault_record *record) {
    return record->magic == record_magic && record->check == check_of(record);
}

enum error faults_path(const char *path, char *out, size_t size) {
    return file_beside(path, ".faults", out, size);
}

/* Keep the valid records of `bytes` bytes of `data`, wherever they begin: half a record
 * of a full disk may lie between them. */
static void collect(const unsigned char *data, size_t bytes, struct faults *out) {
    struct fault_record record;
    size_t at = 0;
    while (at + sizeof record <= bytes) {
        memcpy(&record, data + at, sizeof record);
        bool sealed = is_sealed(&record);
        if (sealed) out->records[out->count++] = record;
        at += sealed ? sizeof record : 1;
    }
}

static enum error read_open(int fd, const char *path, struct faults *out) {
    struct stat facts;
    void *data = NULL, *records;
    if (fstat(fd, &facts) != 0)
        return RAISE(ERROR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    size_t size = (size_t)facts.st_size;
    TRY(memory_allocate(size / sizeof *out->records + 1, sizeof *out->records, &records));
    enum error error = memory_allocate(size + 1, 1, &data);
    ssize_t got = error == ERROR_NONE ? pread(fd, data, size, 0) : 0;
    if (got < 0) error = RAISE(ERROR_SYSTEM, "cannot read %s: %s", path, strerror(errno));
    out->records = records;
    if (error == ERROR_NONE) collect(data, (size_t)got, out);
    if (error != ERROR_NONE) faults_release(out);
    free(data);
    return error;
}

enum error faults_read(const char *path, struct faults *out) {
    *out = (struct faults){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) return ERROR_NONE;
    if (fd < 0) return RAISE(ERROR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    enum error error = read_open(fd, path, out);
    close(fd);
    return error;
}

void faults_release(struct faults *faults) {
    free(faults->records);
    *faults = (struct faults){0};
}

int faults_deaths(const struct faults *faults, uint64_t point, int *signal) {
    int deaths = 0;
    for (int i = 0; i < faults->count; i++) {
        if (faults->records[i].point != point) continue;
        deaths++;
        if (signal != NULL) *signal = faults->records[i].signal;
    }
    return deaths;
}

enum error faults_forget(const char *path, faults_filter *drop, const void *context) {
    struct faults faults;
    enum error error = ERROR_NONE;
    TRY(faults_read(path, &faults));
    int kept = 0;
    for (int i = 0; i < faults.count; i++)
        if (!drop(context, &faults.records[i]))
            faults.records[kept++] = faults.records[i];
    faults.count = kept;
    if (kept > 0)
        error = file_replace(path, faults.records,
                             (size_t)faults.count * sizeof *faults.records);
    else if (unlink(path) != 0 && errno != ENOENT)
        error = RAISE(ERROR_SYSTEM, "cannot remove %s: %s", path, strerror(errno));
    faults_release(&faults);
    return error;
}

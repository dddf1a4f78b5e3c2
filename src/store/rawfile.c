#include "rawfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/contain.h"

size_t rawfile_read(int fd, uint64_t offset, void *data, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t length =
            pread(fd, (char *)data + done, bytes - done, (off_t)(offset + done));
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) break;
        done += (size_t)length;
        contain_progress();
    }
    return done;
}

enum error rawfile_write(int fd, uint64_t offset, const void *data, size_t bytes) {
    size_t done = 0;
    while (done < bytes) {
        ssize_t length =
            pwrite(fd, (const char *)data + done, bytes - done, (off_t)(offset + done));
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0)
            return RAISE(ERROR_SYSTEM, "cannot write the result file: %s",
                         strerror(errno));
        done += (size_t)length;
    }
    return ERROR_NONE;
}

enum error rawfile_size(int fd, uint64_t *bytes) {
    struct stat facts;
    if (fstat(fd, &facts))
        return RAISE(ERROR_SYSTEM, "cannot ask for a file's size: %s", strerror(errno));
    *bytes = (uint64_t)facts.st_size;
    return ERROR_NONE;
}

enum error rawfile_open(const char *path, int flags, int *fd) {
    *fd = open(path, flags | O_CLOEXEC);
    if (*fd >= 0) return ERROR_NONE;
    return RAISE(ERROR_INPUT, "cannot open %s: %s", path, strerror(errno));
}

enum error rawfile_sync(const char *path) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return RAISE(ERROR_SYSTEM, "cannot open %s: %s", path, strerror(errno));
    enum error error = ERROR_NONE;
    if (fsync(fd))
        error = RAISE(ERROR_SYSTEM, "cannot sync %s: %s", path, strerror(errno));
    close(fd);
    return error;
}

bool rawfile_is_hdf5(const unsigned char start[RAWFILE_SIGNATURE]) {
    static const unsigned char signature[RAWFILE_SIGNATURE] = {0x89, 'H',  'D',  'F',
                                                               '\r', '\n', 0x1a, '\n'};
    return !memcmp(start, signature, RAWFILE_SIGNATURE);
}

#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dufm/file.h"
#include "dufm/log.h"
#include "rawfile.h"

/* Whether an open file begins as one that was being made. */
static bool begins_as_ours(int fd) {
    unsigned char start[RAWFILE_SIGNATURE] = {0};
    static const unsigned char zeros[RAWFILE_SIGNATURE];
    struct stat facts;
    if (fstat(fd, &facts) || !S_ISREG(facts.st_mode)) return false;
    rawfile_read(fd, 0, start, sizeof start);
    return rawfile_is_hdf5(start) || !memcmp(start, zeros, sizeof start);
}

void publish_tidy(const char *temporary) {
    /* Neither wait for a pipe nor follow a link: those are someone else's. */
    int fd = open(temporary, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return;
    bool ours = begins_as_ours(fd);
    close(fd);
    if (ours && !unlink(temporary))
        log_info("removed %s, left by a killed run", temporary);
}

enum error publish_clear(const char *temporary) {
    struct stat facts;
    publish_tidy(temporary);
    if (lstat(temporary, &facts))
        return ERROR_NONE; /* creation tells what else is wrong */
    return RAISE(
        ERROR_INPUT,
        "%s is in the way: the file is made under that name first, and it does not "
        "look as if it was left by a killed run; move it, or choose another name",
        temporary);
}

/* Whoever may read and write the file that is replaced may do so with the new one. */
static enum error keep_mode(const char *temporary, const char *path) {
    struct stat facts;
    if (stat(path, &facts) || !chmod(temporary, facts.st_mode & 07777)) return ERROR_NONE;
    return RAISE(ERROR_SYSTEM, "cannot give %s the permissions of %s: %s", temporary,
                 path, strerror(errno));
}

enum error publish_file(const char *temporary, const char *path) {
    char real[PATH_MAX];
    TRY(file_resolve(path, real));
    TRY(keep_mode(temporary, path));
    TRY(rawfile_sync(temporary));
    if (rename(temporary, real))
        return RAISE(ERROR_SYSTEM, "cannot rename %s to %s: %s", temporary, real,
                     strerror(errno));
    return file_sync_folder(real);
}

#include "novel.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "hdf.h"
#include "lock.h"

enum error novel_check(const char *path) {
    struct stat facts;
    if (lstat(path, &facts) == 0)
        return RAISE(ERROR_INPUT, "%s exists already, and nothing is overwritten", path);
    if (errno == ENOENT) return ERROR_NONE;
    return RAISE(ERROR_INPUT, "cannot reach %s: %s", path, strerror(errno));
}

enum error novel_file(struct assembly *assembly) {
    struct lock lock;
    TRY(lock_take(&lock, assembly->path, assembly->deed.launch));
    hdf_start();
    enum error error = novel_check(assembly->path);
    if (!error) error = assemble_file(assembly);
    lock_release(&lock);
    return error;
}

/* Preloaded into a program: before the call of open() number SWAP_AT (from 1) for the name
 * SWAP_FILE the file SWAP_WITH takes that name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_swapped(const char *call, const char *path, int flags, mode_t mode) {
    static int calls = 0;
    const char *name = getenv("SWAP_FILE");
    if (name && strcmp(path, name) == 0 && ++calls == atoi(getenv("SWAP_AT")) &&
        rename(getenv("SWAP_WITH"), name) != 0)
        abort();
    return ((int (*)(const char *, int, ...))dlsym(RTLD_NEXT, call))(path, flags, mode);
}

#define INTERPOSE(call)                                                                  \
    int call(const char *path, int flags, ...) {                                         \
        va_list rest;                                                                    \
        va_start(rest, flags);                                                           \
        mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;                      \
        va_end(rest);                                                                    \
        return open_swapped(#call, path, flags, mode);                                   \
    }

INTERPOSE(open)
INTERPOSE(open64)

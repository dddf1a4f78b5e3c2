/* Linked into the sanitized programs: Open MPI unloads its plugins at the end, and a leak
 * report could no longer name them. They stay loaded, so that tests/check/leaks can. */
#include <dlfcn.h>

int dlclose(void *handle) {
    (void)handle;
    return 0;
}

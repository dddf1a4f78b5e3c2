/* Files that are made beside others and overwrite nothing. */
#ifndef DUFM_STORE_NOVEL_H
#define DUFM_STORE_NOVEL_H

#include "assemble.h"

/* ERROR_INPUT when there is something of that name, before long work is begun. */
enum error novel_check(const char *path);

/* Take the lock of the file to make, so that no job creates it meanwhile, see that there
 * is none, and assemble it. Errors of both; ERROR_INPUT when there is one. */
enum error novel_file(struct assembly *assembly);

#endif

/* Before a result file is written: does its file system keep what ranks write, through
 * MPI-IO where they are several? Some do not, silently: client caches that are not
 * coherent (NFS), locks that are missing (Lustre without flock).
 */
#ifndef DUFM_PREFLIGHT_H
#define DUFM_PREFLIGHT_H

#include "dufm/error.h"

/* Every rank writes pieces of its own between those of the others to "`path`.probe", in
 * the way rows are written; each reads what its neighbour wrote. The probe is removed.
 * ERROR_SYSTEM, naming file system and remedy. A full disk is only warned of: an existing
 * result file has its space already, and creation looks by itself. Collective, between
 * ranks that agree on `path`; nobody else may use the probe meanwhile. */
enum error preflight_check(const char *path);

/* A kind of file system, and what to do where it does not keep what is written. Static
 * texts. */
struct preflight_system {
    const char *name, *remedy;
};

/* That of a magic number of statfs. */
struct preflight_system preflight_system_of(unsigned long magic);

#endif

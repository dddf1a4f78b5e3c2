/* The lock of a result file: "F.h5.lock" beside it, never the file itself, which readers
 * may lock.
 *
 * Byte 0 is held exclusively by rank 0 of the job that writes. Byte 1 is held shared by
 * every rank of it, a fence: ranks may outlive a killed launcher and still write, so a
 * new job waits until no one holds byte 1. Both are locks of open file descriptions: they
 * end with the process, whatever ends it.
 *
 * A file system without locks: the lock file's exclusive creation is the lock, and a
 * left-over one is taken over when its process on this host is gone. On another host only
 * a person can tell. There is no fence then.
 */
#ifndef DUFM_STORE_LOCK_H
#define DUFM_STORE_LOCK_H

#include "dufm/error.h"
#include "dufm/launch.h"

enum { LOCK_PATH = 4096 };

struct lock {
    int fd;               /* of the lock file; -1: not held */
    char path[LOCK_PATH]; /* of the lock file */
};

/* Rank 0: take the lock of result file `path`, wait up to two seconds for ranks of a dead
 * job, and write who holds it. ERROR_INPUT when another job holds it, with its host,
 * process and job in the message; or when the folder is missing or not writable. */
enum error lock_take(struct lock *lock, const char *path, const struct launch *launch);

/* Every rank, after rank 0 has the lock: join the fence. */
enum error lock_join(struct lock *fence, const char *path);

/* Leave the fence. */
void lock_leave(struct lock *fence);

/* Rank 0, after all have left: remove the lock file and give the lock back. */
void lock_release(struct lock *lock);

#endif

/* The lock of a result file: "F.h5.lock" beside it, or beside what it is a link to; never
 * the file itself, which readers may lock.
 *
 * Byte 0 is held exclusively by rank 0 of the job that writes. Byte 1 is held shared by
 * every rank of it, a fence: ranks may outlive a killed launcher and still write, so a
 * new job waits until no one holds byte 1, nor byte 0 where its holder is one of these:
 * its parent is no longer the one that the lock file names. Both are locks of open file
 * descriptions: they end with the process, whatever ends it.
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
    int fd;                /* of the lock file; -1: not held */
    char path[LOCK_PATH];  /* of the lock file */
    char given[LOCK_PATH]; /* the result file, as it was named */
};

/* Rank 0: take the lock of result file `path`, wait up to ten seconds for ranks of a job
 * whose launcher is gone, and write who holds it. ERROR_INPUT when another job holds it,
 * with its host, process and job in the message; or when the folder is missing or not
 * writable. ERROR_INTERRUPTED. */
enum error lock_take(struct lock *lock, const char *path, const struct launch *launch);

/* Every rank, after rank 0 has the lock: join the fence. */
enum error lock_join(struct lock *fence, const char *path);

/* Leave the fence. */
void lock_leave(struct lock *fence);

/* Rank 0, after all have left: remove the lock file and give the lock back. */
void lock_release(struct lock *lock);

/* In a child process: close the copies of the locks' descriptors that it was given, since a
 * lock is held as long as one of them is open. */
void lock_disown(void);

#endif

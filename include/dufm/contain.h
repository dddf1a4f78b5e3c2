/* HDF5's decoder is not proof against damaged files: it may fall over one, take all memory, or
 * come to no end. So it is let loose on a file in a child process with limits, whose death
 * is a finding. All calls are local; none calls MPI. */
#ifndef DUFM_CONTAIN_H
#define DUFM_CONTAIN_H

#include <stdint.h>
#include <sys/types.h>

#include "dufm/error.h"

/* Work on a file. */
struct containment {
    const char *path;          /* of the file, for messages */
    int (*run)(void *context); /* in the child; returns the exit code */
    void *context;
};

/* Run it in a child and wait; *code: what it returned. Its output is flushed, no exit
 * handlers run. Limits: as many bytes of memory as the file has eight times, and a GiB, more
 * than now; a minute of processor time, and ten of waiting, without contain_progress. Time
 * that the reader of the standard output takes is not waiting. A signal that others send
 * to end the child (INT, TERM, HUP, PIPE, QUIT) ends this process, too.
 *
 * ERROR_STORE when the child dies, with the reason and the remedy; ERROR_SYSTEM when there
 * can be no child, or nothing came of it for so long. */
enum error contain(const struct containment *work, int *code);

/* A part of the work is done: the minutes begin anew. Does nothing in other processes. */
void contain_progress(void);

/* In a child that `parent` has just forked: end when that ends, hold none of its locks, leave
 * no core, and take at most so many bytes of memory more, and a minute of processor time. */
void contain_child(pid_t parent, uint64_t memory);

/* Raise ERROR_STORE: reading the file killed a child by this signal. */
enum error contain_death(const char *path, int number);

#endif

/* What coordinator and workers tell each other. Plain bytes: all ranks run one program.
 *
 *     worker       -> HELLO      its machine; ready for work
 *     coordinator  -> ROWS       run these                            (to a ready worker)
 *     coordinator  -> RETRY      run this one in a child              (to a ready worker)
 *     worker       -> REPORT     what became of them; ready again
 *     worker       -> INTERRUPT  a signal came here; its REPORT follows if it was at work
 *     worker       -> ERROR      cannot go on, text; takes part in the end only
 *     coordinator  -> STOP       leave the point under way, commit, report
 *     coordinator  -> FINISH     the last message to a worker
 *     coordinator  -> LEAVE      the same, where a worker was lost
 *     worker       -> BYE        the last message from a worker
 *
 * A barrier ends the conversation after FINISH; after LEAVE workers sleep until rank 0 ends
 * the job.
 */
#ifndef DUFM_MESSAGE_H
#define DUFM_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dufm/effort.h"
#include "dufm/error.h"
#include "dufm/launch.h"
#include "dufm/tally.h"

enum message_tag {
    MESSAGE_HELLO = 1, /* struct message_hello */
    MESSAGE_ROWS,      /* uint32_t a row, at most MESSAGE_ROWS_MAX */
    MESSAGE_RETRY,     /* uint32_t: one row */
    MESSAGE_REPORT,    /* struct message_report */
    MESSAGE_INTERRUPT, /* empty */
    MESSAGE_ERROR,     /* struct message_error */
    MESSAGE_STOP,      /* empty */
    MESSAGE_FINISH,    /* empty */
    MESSAGE_LEAVE,     /* empty */
    MESSAGE_BYE,       /* empty */
};

/* Keeps every message small enough for MPI to send it without waiting for the receiver:
 * 2 KiB. */
enum { MESSAGE_ROWS_MAX = 512, MESSAGE_TEXT = 1024 };

struct message_hello {
    char host[LAUNCH_TEXT];
    char cpu[LAUNCH_TEXT];
    char fingerprint[LAUNCH_TEXT];
};

struct message_report {
    struct tally tally;   /* of the rows assigned last */
    struct effort effort; /* of these */
};

struct message_error {
    int32_t code; /* enum error */
    char text[MESSAGE_TEXT];
};

/* A message that has arrived. */
struct message {
    int from;
    enum message_tag tag;
    size_t bytes;
    union {
        struct message_hello hello;
        struct message_report report;
        struct message_error error;
        uint32_t rows[MESSAGE_ROWS_MAX];
    } body;
};

/* Take the next message if there is one: *found. Never blocks. */
enum error message_take(struct message *out, bool *found);

/* Send; an empty message has bytes 0. */
enum error message_send(int to, enum message_tag tag, const void *body, size_t bytes);

/* Send the recorded error to `to`. */
enum error message_send_error(int to, enum error code);

#endif

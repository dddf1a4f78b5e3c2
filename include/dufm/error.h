/* Errors: one code, one message, the place where it was raised.
 *
 * Every fallible function returns `enum error`; ERROR_NONE (0) means success and the
 * outputs are valid.  On failure the message of the innermost cause is kept in a buffer
 * of the calling thread until the next error_raise.  Nothing in this project exits or
 * aborts on its own: the command prints error_message() and returns error_exit_code().
 */
#ifndef DUFM_ERROR_H
#define DUFM_ERROR_H

enum { ERROR_MESSAGE_SIZE = 4096 }; /* longer ones are cut */

enum error {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* the command line: exit code 2 */
    ERROR_INPUT,       /* a sweep file, an option's value or a result file: exit code 2 */
    ERROR_SYSTEM,      /* the operating system: files, memory, signals */
    ERROR_NUMERIC,     /* LAPACK failed to converge, or a library is set up wrongly */
    ERROR_MPI,         /* an MPI call failed */
    ERROR_STORE,       /* an HDF5 call failed, or the file is damaged */
    ERROR_FAILURES,    /* more points failed than was allowed */
    ERROR_INTERRUPTED, /* asked to stop; nothing is wrong */
};

/* Exit codes of the program (a contract: scripts rely on them). */
enum exit_code {
    EXIT_CODE_OK = 0,          /* every point finished */
    EXIT_CODE_ERROR = 1,       /* something failed */
    EXIT_CODE_USAGE = 2,       /* bad usage or bad input; nothing was done */
    EXIT_CODE_SOME_FAILED = 3, /* finished, but some points failed */
    EXIT_CODE_UNFINISHED = 75, /* stopped with work left: run again to go on */
};

/* Record a message (printf format, no newline at the end) and where it was raised;
 * returns `code`, so that `return RAISE(...)` is one statement.  Use the macro. */
enum error error_raise(enum error code, const char *file, int line, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));

/* Put "context: " before the recorded message; returns `code`. */
enum error error_prefix(enum error code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The recorded message, "" when there is none; owned by this module. */
const char *error_message(void);

/* "file.c:123" where the recorded message was raised, for tests and debuggers; owned by
 * this module. */
const char *error_place(void);

/* Exit code of a failed command: 2 for usage and input, 75 for an interruption, else 1.
 */
int error_exit_code(enum error code);

#define RAISE(code, ...) error_raise((code), __FILE__, __LINE__, __VA_ARGS__)

/* Return from the calling function when `call` fails. */
#define TRY(call)                                                                        \
    do {                                                                                 \
        enum error try_error_ = (call);                                                  \
        if (try_error_ != ERROR_NONE) return try_error_;                                 \
    } while (0)

/* Leave for `label` with `result` set when `call` fails; where resources are owned. */
#define TRY_OR(label, result, call)                                                      \
    do {                                                                                 \
        (result) = (call);                                                               \
        if ((result) != ERROR_NONE) goto label;                                          \
    } while (0)

#endif

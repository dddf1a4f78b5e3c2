/* Checks of the MPI tests: silent on success; a failed one is told and counted. */
#ifndef DUFM_TEST_CHECK_H
#define DUFM_TEST_CHECK_H

#include <stdio.h>

#include "dufm/comm.h"
#include "dufm/error.h"

static int check_failures;

#define CHECK(condition, ...)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: rank %d of %d: %s: ", __FILE__, __LINE__,            \
                    comm_rank(), comm_size(), #condition);                               \
            fprintf(stderr, __VA_ARGS__);                                                \
            fputc('\n', stderr);                                                         \
            check_failures++;                                                            \
        }                                                                                \
    } while (0)

/* The call succeeds. */
#define CHECK_OK(call) CHECK((call) == ERROR_NONE, "%s", error_message())

/* The call fails with that error and a message that contains `text`. */
#define CHECK_ERROR(call, code, text)                                                    \
    do {                                                                                 \
        enum error check_error_ = (call);                                                \
        CHECK(check_error_ == (code), "error %d: %s", (int)check_error_,                 \
              error_message());                                                          \
        CHECK(strstr(error_message(), (text)) != NULL, "'%s' is not in: %s", (text),     \
              error_message());                                                          \
    } while (0)

#endif

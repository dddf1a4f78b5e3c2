/* Reading a result file from another process, also while a job writes it. Serial, no
 * lock. */
#ifndef DUFM_READER_H
#define DUFM_READER_H

#include <stddef.h>
#include <stdint.h>

#include "dufm/error.h"

struct reader;

/* Open for reading. ERROR_INPUT when it is missing, not HDF5, or not a file of this
 * program. */
enum error reader_open(const char *path, struct reader **out);
void reader_close(struct reader **reader);

/* Length of dimension `config`. */
uint64_t reader_count(const struct reader *reader);

/* Root attribute as text; owned by the caller (free). */
enum error reader_text(struct reader *reader, const char *attribute, char **out);

/* Rows first .. first + count - 1 of a variable on (config), converted to double. */
enum error reader_doubles(struct reader *reader, const char *variable, uint64_t first,
                          uint64_t count, double *out);

/* The same as int32 (choices, statuses, ranks). */
enum error reader_integers(struct reader *reader, const char *variable, uint64_t first,
                           uint64_t count, int *out);

/* Char variable (config, length): `size` bytes a row, each closed with a zero. */
enum error reader_strings(struct reader *reader, const char *variable, uint64_t first,
                          uint64_t count, char *out, size_t size);

/* Name behind a flag value of a CF flag variable (status, outcome, ...); static text. */
const char *reader_flag_name(const char *variable, int value);

/* Recompute the checksum of each done row in first .. first+count-1 and compare; bad[i] =
 * 1 where it differs. */
enum error reader_verify_rows(struct reader *reader, uint64_t first, uint64_t count,
                              int8_t *bad);

#endif
